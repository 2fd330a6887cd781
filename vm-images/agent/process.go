package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

var baseEnvironment = map[string]string{
	"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME": "/root",
	"TERM": "xterm-256color",
	"LANG": "C.UTF-8",
}

// starter starts programs outside the agent's own cgroup and out-of-memory protection.
type starter struct {
	cgroup *os.File // nil when there is none
	mu     sync.Mutex
}

func newStarter(cgroup string) *starter {
	s := &starter{}
	if cgroup != "" {
		if folder, err := os.Open(cgroup); err == nil {
			s.cgroup = folder
			endOrphans(cgroup)
		}
	}
	return s
}

// endOrphans ends what an agent that died has left: no page can reach it any more. Not by cgroup.kill: after a write to that,
// Linux 6.12 kills every program that is started right into the group, as start does.
func endOrphans(cgroup string) {
	for round := 0; round < killRounds; round++ {
		members, err := os.ReadFile(filepath.Join(cgroup, "cgroup.procs"))
		if err != nil || len(members) == 0 {
			return
		}
		for _, field := range strings.Fields(string(members)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 1 && pid != os.Getpid() {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

type programOptions struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`
	Cwd  string            `json:"cwd"`
}

func (o programOptions) command() (*exec.Cmd, error) {
	if len(o.Argv) == 0 || o.Argv[0] == "" {
		return nil, failure{"agent.bad-request", "argv is empty"}
	}
	if o.Cwd == "" {
		o.Cwd = "/"
	}
	if info, err := os.Stat(o.Cwd); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, failure{"agent.not-a-folder", o.Cwd + " is not a folder"}
	}
	command := exec.Command(o.Argv[0], o.Argv[1:]...)
	if command.Err != nil {
		return nil, failure{"agent.not-found", fmt.Sprintf("there is no program %q", o.Argv[0])}
	}
	command.Dir = o.Cwd
	command.Env = os.Environ()
	for name, value := range o.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	// A session of its own: what the program leaves behind can be found and killed.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return command, nil
}

const oomFile = "/proc/self/oom_score_adj"

// start forks with the agent's own out-of-memory score set back for the moment, since a child inherits it.
func (s *starter) start(command *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own, err := os.ReadFile(oomFile); err == nil {
		if score := strings.TrimSpace(string(own)); score != "0" && os.WriteFile(oomFile, []byte("0"), 0) == nil {
			defer os.WriteFile(oomFile, []byte(score), 0)
		}
	}
	if s.cgroup != nil {
		command.SysProcAttr.UseCgroupFD = true
		command.SysProcAttr.CgroupFD = int(s.cgroup.Fd())
	}
	return command.Start()
}

// exitCode is what a shell reports: the status, or 128 + the signal's number.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// killSession sends the signal to every process of the session that the program with this pid leads: its own process group
// and the jobs that a shell made. A daemon with a session of its own is left alone. A killing is repeated while it finds
// anything: the members may be forking.
func killSession(pid int, signal syscall.Signal) {
	syscall.Kill(-pid, signal)
	for round := 0; round < killRounds; round++ {
		if found := signalMembers(pid, signal); found == 0 || signal != syscall.SIGKILL {
			return
		}
	}
}

const killRounds = 20

// signalMembers tells how many living members the session had.
func signalMembers(pid int, signal syscall.Signal) (found int) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, file := range entries {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// pid (name) state ppid pgrp session; the name may hold blanks and brackets
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 3 && fields[3] == strconv.Itoa(pid) && fields[0] != "Z" {
			if member, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && syscall.Kill(member, signal) == nil {
				found++
			}
		}
	}
	return found
}
