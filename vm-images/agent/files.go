package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func init() {
	operations["read"] = readFile
	operations["write"] = writeFile
	operations["list"] = listFolder
	operations["stat"] = statFile
	operations["mkdir"] = onPath(func(path string) error { return os.MkdirAll(path, 0o755) })
	operations["remove"] = onPath(os.RemoveAll)
	operations["rename"] = renameFile
}

// Name of a file that is being written; lists and watches leave it out.
const unfinished = ".drydock-write-"

type pathOptions struct {
	Path string `json:"path"`
}

func (o pathOptions) check() error { return checkPath(o.Path) }

func checkPath(path string) error {
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return failure{"agent.bad-request", fmt.Sprintf("%q is no absolute path", path)}
	}
	return nil
}

func onPath(action func(path string) error) operation {
	return func(c *call) error {
		var options pathOptions
		if err := c.decode(&options); err != nil {
			return err
		}
		if err := options.check(); err != nil {
			return err
		}
		if filepath.Clean(options.Path) == "/" {
			return failure{"agent.bad-request", "not the root of the file system"}
		}
		if err := action(options.Path); err != nil {
			return err
		}
		return c.reply(nil)
	}
}

type entry struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Size     int64  `json:"size"`
	Mode     uint32 `json:"mode"`
	Modified int64  `json:"modified"`
}

func entryOf(path string, info fs.FileInfo) entry {
	kind := "other"
	switch {
	case info.Mode().IsRegular():
		kind = "file"
	case info.IsDir():
		kind = "folder"
	case info.Mode()&fs.ModeSymlink != 0:
		kind = "link"
	}
	mode := uint32(info.Mode().Perm())
	if info.Mode()&fs.ModeSetuid != 0 {
		mode |= 0o4000
	}
	if info.Mode()&fs.ModeSetgid != 0 {
		mode |= 0o2000
	}
	if info.Mode()&fs.ModeSticky != 0 {
		mode |= 0o1000
	}
	return entry{path, kind, info.Size(), mode, info.ModTime().UnixMilli()}
}

func statFile(c *call) error {
	var options pathOptions
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		return err
	}
	info, err := os.Lstat(options.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return c.reply(map[string]any{"entry": nil})
	}
	if err != nil {
		return err
	}
	return c.reply(map[string]any{"entry": entryOf(filepath.Base(options.Path), info)})
}

func listFolder(c *call) error {
	var options struct {
		pathOptions
		Recursive bool `json:"recursive"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		return err
	}
	if info, err := os.Stat(options.Path); err != nil {
		return err
	} else if !info.IsDir() {
		return failure{"agent.not-a-folder", options.Path + " is not a folder"}
	}
	if err := c.reply(nil); err != nil {
		return err
	}
	// A trailing slash lists what a link points to.
	root := filepath.Clean(options.Path) + "/"
	var lines []byte
	send := func() error {
		if len(lines) == 0 {
			return nil
		}
		err := c.frames.write(frameData, lines)
		lines = lines[:0]
		return err
	}
	err := filepath.WalkDir(root, func(path string, item fs.DirEntry, err error) error {
		if path == root {
			return err
		}
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if err != nil || strings.HasPrefix(item.Name(), unfinished) {
			return nil // gone or unreadable meanwhile
		}
		info, err := item.Info()
		if err != nil {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		line, err := json.Marshal(entryOf(relative, info))
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
		if len(lines) > 32<<10 {
			if err := send(); err != nil {
				return err
			}
		}
		if item.IsDir() && !options.Recursive {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := send(); err != nil {
		return err
	}
	return c.frames.write(frameEnd, nil)
}

func readFile(c *call) error {
	var options struct {
		pathOptions
		Limit int64 `json:"limit"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		return err
	}
	// Opening a pipe must not wait for its writer.
	file, err := os.OpenFile(options.Path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return failure{"agent.not-a-file", options.Path + " is not a file"}
	}
	tooLarge := failure{"agent.file-too-large", fmt.Sprintf("%s has more than %d bytes", options.Path, options.Limit)}
	if info.Size() > options.Limit {
		return tooLarge
	}
	if err := c.reply(map[string]any{"size": info.Size()}); err != nil {
		return err
	}
	// A file of /proc says 0 bytes, and a log grows while it is read.
	limited := &io.LimitedReader{R: file, N: options.Limit + 1}
	buffer := make([]byte, 32<<10)
	for {
		n, err := limited.Read(buffer)
		if limited.N == 0 {
			return tooLarge
		}
		if n > 0 {
			if err := c.frames.write(frameData, buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return c.frames.write(frameEnd, nil)
		}
		if err != nil {
			return err
		}
	}
}

func renameFile(c *call) error {
	var options struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	for _, path := range []string{options.From, options.To} {
		if err := checkPath(path); err != nil {
			return err
		}
	}
	if err := os.Rename(options.From, options.To); err != nil {
		return err
	}
	return c.reply(nil)
}

// writeFile replaces a file in one step: nobody sees half of it, and a page that gives up changes nothing.
func writeFile(c *call) error {
	var options struct {
		pathOptions
		Mode *uint32 `json:"mode"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		return err
	}
	target := filepath.Clean(options.Path)
	if resolved, err := filepath.EvalSymlinks(target); err == nil {
		target = resolved // a link stays a link
	}
	mode, owner, group := fs.FileMode(0o644), -1, -1
	if info, err := os.Stat(target); err == nil {
		if info.IsDir() {
			return failure{"agent.not-a-file", options.Path + " is a folder"}
		}
		mode = info.Mode().Perm()
		if status, ok := info.Sys().(*syscall.Stat_t); ok {
			owner, group = int(status.Uid), int(status.Gid)
		}
	}
	if options.Mode != nil {
		mode = fs.FileMode(*options.Mode) & fs.ModePerm
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(target), unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails once it has its final name
	defer file.Close()
	if _, err := io.Copy(file, &bodyReader{from: c.input}); err != nil {
		return err
	}
	if owner >= 0 {
		file.Chown(owner, group)
	}
	if err := file.Chmod(mode); err != nil {
		return err
	}
	written, err := file.Stat()
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	expectOwn(target, written)
	if err := os.Rename(file.Name(), target); err != nil {
		return err
	}
	return c.reply(nil)
}
