package main

import (
	"errors"
	"io/fs"
	"os/exec"
	"syscall"
)

// failure is an error with a code that the page matches on.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f failure) Error() string { return f.Message }

func asFailure(err error) failure {
	var f failure
	if errors.As(err, &f) {
		return f
	}
	code := "agent.failed"
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		code = "agent.not-found"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = "agent.no-space"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		code = "agent.denied"
	case errors.Is(err, syscall.EISDIR):
		code = "agent.not-a-file"
	case errors.Is(err, syscall.ENOTDIR):
		code = "agent.not-a-folder"
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTEMPTY):
		code = "agent.exists"
	case errors.Is(err, syscall.ECONNREFUSED):
		code = "agent.refused"
	}
	return failure{code, err.Error()}
}
