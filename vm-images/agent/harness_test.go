package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
)

// page is the page's end of a link, using the module's own client.
type page struct {
	t    *testing.T
	conn net.Conn
	mux  *yamux.Session
}

type startedLink struct {
	link *link
	conn net.Conn
}

func startLink(t *testing.T) net.Conn {
	t.Helper()
	return startLinkFor(t).conn
}

// startLinkFor serves one end of a pair of sockets and returns the other. Nothing may be left running when the test ends.
func startLinkFor(t *testing.T) startedLink {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := runtime.NumGoroutine()
	here, there := net.Pipe()
	link := newLink(newStarter(""))
	ended := make(chan error, 1)
	go func() { ended <- link.serve(there) }()
	t.Cleanup(func() {
		here.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("the link did not end with its port")
		}
		closeTransports()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		eventually(t, "every goroutine ends", func() bool { return runtime.NumGoroutine() <= before })
		if t.Failed() {
			stacks := make([]byte, 1<<20)
			t.Logf("%s", stacks[:runtime.Stack(stacks, true)])
		}
	})
	return startedLink{link, here}
}

// open sends the preamble and waits for its answer, whatever comes before.
func open(t *testing.T, conn net.Conn) *page {
	t.Helper()
	nonce := make([]byte, nonceBytes)
	rand.Read(nonce)
	wanted := append(append([]byte{}, magic...), nonce...)
	go conn.Write(wanted)
	heard := make([]byte, 0, 1024)
	one := make([]byte, 1)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for !bytes.HasSuffix(heard, wanted) {
		if _, err := conn.Read(one); err != nil {
			t.Fatalf("no answer to the preamble: %v", err)
		}
		heard = append(heard, one[0])
	}
	conn.SetReadDeadline(time.Time{})
	mux, err := yamux.Client(&keptOpen{conn}, yamuxConfig())
	if err != nil {
		t.Fatal(err)
	}
	return &page{t, conn, mux}
}

// keptOpen lets a session end while its connection stays open, as the page does.
type keptOpen struct{ net.Conn }

func (k *keptOpen) Close() error { return k.Conn.SetReadDeadline(time.Unix(1, 0)) }

func newPage(t *testing.T) *page {
	t.Helper()
	p := open(t, startLink(t))
	t.Cleanup(func() { p.mux.Close() })
	return p
}

type reply struct {
	OK    bool     `json:"ok"`
	Error *failure `json:"error"`
	Entry *entry   `json:"entry"`
}

// ask sends raw bytes on a new stream and reads the reply line.
func (p *page) ask(header string) (reply, *yamux.Stream, *bufio.Reader) {
	p.t.Helper()
	stream, err := p.mux.OpenStream()
	if err != nil {
		p.t.Fatal(err)
	}
	go stream.Write([]byte(header))
	input := bufio.NewReader(stream)
	stream.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := input.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("no reply to %.80q: %v", header, err)
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		p.t.Fatalf("reply %q: %v", line, err)
	}
	return r, stream, input
}

func (p *page) refuses(header, code string) {
	p.t.Helper()
	r, stream, input := p.ask(header)
	if r.Error == nil || r.Error.Code != code {
		p.t.Errorf("%.80q gave %+v, wanted %s", header, r, code)
	}
	if _, err := input.ReadByte(); err != io.EOF {
		p.t.Errorf("%.80q: the stream goes on after its error: %v", header, err)
	}
	stream.Close()
}

// works proves that the session still works.
func (p *page) works() {
	p.t.Helper()
	r, stream, _ := p.ask("{\"op\":\"stat\",\"path\":\"/\"}\n")
	if !r.OK || r.Entry == nil || r.Entry.Kind != "folder" {
		p.t.Fatalf("stat gave %+v", r)
	}
	stream.Close()
}

func eventually(t *testing.T, what string, look func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !look(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("did not happen: %s", what)
			return
		}
	}
}
