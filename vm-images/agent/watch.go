package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

func init() { operations["watch"] = watchFolder }

// gathering joins the many events of one save, build or unpacking into one report.
const gathering = 50 * time.Millisecond

// reportLimit bounds the changes of one frame.
const reportLimit = 200

type change struct {
	Kind string `json:"kind"` // "changed" or "removed"
	Path string `json:"path"`
}

func watchFolder(c *call) error {
	var options pathOptions
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.check(); err != nil {
		return err
	}
	root, err := filepath.EvalSymlinks(options.Path)
	if err != nil {
		return err
	}
	if info, err := os.Stat(root); err != nil {
		return err
	} else if !info.IsDir() {
		return failure{"agent.not-a-folder", options.Path + " is not a folder"}
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	w := &treeWatch{root: root, watcher: watcher, kinds: map[string]string{}, ours: map[string]fs.FileInfo{}}
	defer follow(w)()
	if err := w.add(root, false); err != nil {
		return err
	}
	if err := c.reply(nil); err != nil {
		return err
	}
	c.watchCancel()
	return w.run(c)
}

// treeWatch watches a folder with all folders below it.
type treeWatch struct {
	root    string
	watcher *fsnotify.Watcher
	kinds   map[string]string // changes to report, by path
	order   []string

	mutex sync.Mutex
	// Files as the page wrote them, by path. Their appearing is no news to it.
	ours map[string]fs.FileInfo
}

// watches are those under way.
var watches = struct {
	sync.Mutex
	list map[*treeWatch]bool
}{list: map[*treeWatch]bool{}}

// follow has w learn of what the page writes, until the returned function is called.
func follow(w *treeWatch) func() {
	watches.Lock()
	defer watches.Unlock()
	watches.list[w] = true
	return func() {
		watches.Lock()
		defer watches.Unlock()
		delete(watches.list, w)
	}
}

// expectOwn tells the watches that the file described by info is about to get the name path. To be called before the renaming:
// the event may be there before it returns.
func expectOwn(path string, info fs.FileInfo) {
	watches.Lock()
	defer watches.Unlock()
	for w := range watches.list {
		if strings.HasPrefix(path, w.root+"/") {
			w.mutex.Lock()
			w.ours[path] = info
			w.mutex.Unlock()
		}
	}
}

// isOwn says whether a file that appeared at path is the very one that the page wrote, unchanged. Whoever changes it later
// makes an event of another kind, which does not come here; whoever puts another in its place, one with another inode.
func (w *treeWatch) isOwn(path string, found fs.FileInfo) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	own, known := w.ours[path]
	if !known {
		return false
	}
	if os.SameFile(own, found) && own.Size() == found.Size() && own.ModTime().Equal(found.ModTime()) {
		return true
	}
	delete(w.ours, path)
	return false
}

// forgetOwn is for a path whose file went: when it comes back that is news.
func (w *treeWatch) forgetOwn(path string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.ours, path)
}

// add watches folder and all below it. With report, what is found there counts as changed: it may have come before the watch.
func (w *treeWatch) add(folder string, report bool) error {
	return filepath.WalkDir(folder, func(path string, item fs.DirEntry, err error) error {
		if err != nil {
			if path == w.root {
				return err
			}
			return nil // gone meanwhile
		}
		if item.IsDir() {
			if err := w.watcher.Add(path); err != nil && path == w.root {
				return err
			}
		}
		if report {
			w.note(path, "changed")
		}
		return nil
	})
}

func (w *treeWatch) note(path, kind string) {
	relative, err := filepath.Rel(w.root, path)
	if err != nil || strings.HasPrefix(filepath.Base(path), unfinished) {
		return
	}
	if _, known := w.kinds[relative]; !known {
		w.order = append(w.order, relative)
	}
	w.kinds[relative] = kind
}

func (w *treeWatch) run(c *call) error {
	var due <-chan time.Time
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case err := <-w.watcher.Errors:
			return failure{"agent.watch-lost", "changes were missed: " + err.Error()}
		case event, open := <-w.watcher.Events:
			if !open {
				return nil
			}
			w.take(event)
			if due == nil && len(w.order) > 0 {
				due = time.After(gathering)
			}
		case <-due:
			due = nil
			if err := w.report(c); err != nil {
				return err
			}
		}
	}
}

func (w *treeWatch) take(event fsnotify.Event) {
	if event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename) {
		if event.Name == w.root {
			return
		}
		w.forgetOwn(event.Name)
		if _, err := os.Lstat(event.Name); err != nil {
			w.note(event.Name, "removed")
			return
		}
	}
	if event.Has(fsnotify.Create) {
		if info, err := os.Lstat(event.Name); err == nil {
			if info.IsDir() {
				w.add(event.Name, true)
				return
			}
			if w.isOwn(event.Name, info) {
				return
			}
		}
	}
	w.note(event.Name, "changed")
}

func (w *treeWatch) report(c *call) error {
	for len(w.order) > 0 {
		count := min(len(w.order), reportLimit)
		changes := make([]change, 0, count)
		for _, path := range w.order[:count] {
			changes = append(changes, change{w.kinds[path], path})
			delete(w.kinds, path)
		}
		w.order = w.order[count:]
		body, err := json.Marshal(changes)
		if err != nil {
			return err
		}
		if err := c.frames.write(frameData, body); err != nil {
			return err
		}
	}
	w.order = nil
	return nil
}
