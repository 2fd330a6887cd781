// The guest agent: the page's hands inside the guest. It speaks yamux over a raw virtio port; see link.go for how a page
// takes the port over, session.go for how a stream names its operation, internet.go for the way back from guest to page.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"syscall"
	"time"
)

const version = "1"

// The guest has one core and 512 MB, and a snapshot carries every page the agent ever touched.
const (
	gcPercent   = 50
	memoryLimit = 32 << 20
)

func main() {
	port := flag.String("port", "virtio-1", "name of the virtio port to serve")
	stdio := flag.Bool("stdio", false, "serve standard input and output, for native tests")
	fd := flag.Int("fd", -1, "serve this file descriptor, for native tests")
	cgroup := flag.String("cgroup", "/sys/fs/cgroup/terminals", "cgroup folder that started programs go into")
	internet := flag.Bool("internet", false, "make the network namespace \"internet\" and answer names and requests there")
	authority := flag.String("authority", "/etc/drydock/authority", "folder of the certificate authority for -internet: ca.crt, ca.key")
	flag.Parse()

	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	log.SetFlags(0)
	log.SetPrefix("agent: ")
	// A page that closed its end of a native pipe must not end the agent by a signal.
	ignoreBrokenPipe()
	for name, value := range baseEnvironment {
		if os.Getenv(name) == "" || name == "PATH" {
			os.Setenv(name, value)
		}
	}

	native := *stdio || *fd >= 0
	if native {
		*cgroup = "" // the host's groups are none of ours
	}
	starter := newStarter(*cgroup)
	link := newLink(starter)
	if *internet {
		if err := startInternet(link, *authority); err != nil {
			// Without its internet the guest is still worth having.
			log.Printf("internet: %v", err)
		}
	}

	var err error
	switch {
	case *stdio:
		err = link.serve(stdioConn{})
	case *fd >= 0:
		err = link.serve(os.NewFile(uintptr(*fd), "link"))
	default:
		err = servePort(link, *port)
	}
	if err != nil && err != io.EOF {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

type stdioConn struct{}

func (stdioConn) Read(p []byte) (int, error)  { return os.Stdin.Read(p) }
func (stdioConn) Write(p []byte) (int, error) { return os.Stdout.Write(p) }

// servePort never returns while the port exists: end of file on it means "no page there now".
func servePort(link *link, name string) error {
	device, err := findPort(name)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(device, os.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	return link.serve(patientPort{file})
}

// patientPort turns the port's "host not connected" (end of file) into waiting.
type patientPort struct{ *os.File }

func (p patientPort) Read(buffer []byte) (int, error) {
	for {
		n, err := p.File.Read(buffer)
		if n > 0 || (err != nil && err != io.EOF) {
			return n, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
