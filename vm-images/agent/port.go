package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The port appears some milliseconds after boot; its device number varies from boot to boot.
const portTimeout = 20 * time.Second

// findPort gives the device of the virtio port called name, "/dev/vport2p1".
func findPort(name string) (string, error) {
	for end := time.Now().Add(portTimeout); ; time.Sleep(50 * time.Millisecond) {
		files, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(text)) == name {
				return "/dev/" + filepath.Base(filepath.Dir(file)), nil
			}
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("no virtio port is called %q (%d ports found)", name, len(files))
		}
	}
}

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }
