package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBadHeadersAreRefused(t *testing.T) {
	p := newPage(t)
	for header, code := range map[string]string{
		"\n":                                   "agent.bad-request",
		"{\n":                                  "agent.bad-request",
		"null\n":                               "agent.unknown-operation",
		"[]\n":                                 "agent.bad-request",
		"\xff\x00\n":                           "agent.bad-request",
		"{}\n":                                 "agent.unknown-operation",
		"{\"op\":\"format\"}\n":                "agent.unknown-operation",
		"{\"op\":7}\n":                         "agent.bad-request",
		"{\"op\":\"read\",\"path\":7}\n":       "agent.bad-request",
		"{\"op\":\"read\",\"path\":\"x\"}\n":   "agent.bad-request",
		"{\"op\":\"exec\",\"argv\":\"x\"}\n":   "agent.bad-request",
		"{\"op\":\"dial\"}\n":                  "agent.bad-request",
		"{\"op\":\"http\",\"url\":\"\"}\n":     "agent.bad-request",
		"{\"op\":\"time\"}\n":                  "agent.bad-request",
		"{\"op\":\"entropy\"}\n":               "agent.bad-request",
		"{\"op\":\"remove\",\"path\":\"/\"}\n": "agent.bad-request",
		strings.Repeat("x", headerLimit+1):     "agent.bad-request",
	} {
		p.refuses(header, code)
	}
	p.works()
}

func TestHeaderOfTheLargestSize(t *testing.T) {
	p := newPage(t)
	header := "{\"op\":\"stat\",\"path\":\"/\",\"x\":\"\"}\n"
	padded := strings.Replace(header, "\"\"}", "\""+strings.Repeat("x", headerLimit-len(header))+"\"}", 1)
	if r, stream, _ := p.ask(padded); !r.OK {
		t.Errorf("refused: %+v", r)
	} else {
		stream.Close()
	}
}

func TestHeaderThatNeverEnds(t *testing.T) {
	p := newPage(t)
	for i := 0; i < 20; i++ {
		stream, err := p.mux.OpenStream()
		if err != nil {
			t.Fatal(err)
		}
		stream.Write([]byte("{\"op\":"))
		if i%2 == 0 {
			stream.Close()
		}
	}
	p.works()
}

func TestWrongFramesEndTheOperation(t *testing.T) {
	p := newPage(t)
	long := binary.BigEndian.AppendUint32([]byte{frameData}, frameLimit+1)
	for name, frame := range map[string][]byte{"type": {99, 0, 0, 0, 0}, "length": long} {
		target := filepath.Join(t.TempDir(), "file")
		r, stream, _ := p.ask(fmt.Sprintf("{\"op\":\"write\",\"path\":%q}\n%s", target, frame))
		if r.Error == nil || r.Error.Code != "agent.bad-request" {
			t.Errorf("%s: %+v", name, r)
		}
		stream.Close()
		if left, _ := os.ReadDir(filepath.Dir(target)); len(left) != 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
	r, stream, input := p.ask("{\"op\":\"exec\",\"argv\":[\"sleep\",\"4741\"]}\n")
	if !r.OK {
		t.Fatalf("%+v", r)
	}
	stream.Write([]byte{77, 0, 0, 0, 0})
	kind, _, err := readFrame(input)
	if err != nil || kind != frameError {
		t.Errorf("frame %d, %v", kind, err)
	}
	stream.Close()
	eventually(t, "the program ends", func() bool { return !running("4741") })
	p.works()
}

func TestUnfinishedWriteLeavesNothing(t *testing.T) {
	p := newPage(t)
	folder := t.TempDir()
	stream, err := p.mux.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(stream, "{\"op\":\"write\",\"path\":%q}\n", folder+"/file")
	stream.Write([]byte{frameData, 0, 0, 0, 3, 'a', 'b', 'c'})
	eventually(t, "the write begins", func() bool { left, _ := os.ReadDir(folder); return len(left) == 1 })
	stream.Close()
	eventually(t, "the half file goes", func() bool { left, _ := os.ReadDir(folder); return len(left) == 0 })
	p.works()
}

func TestPanicIsContained(t *testing.T) {
	operations["panic"] = func(*call) error { panic("on purpose") }
	defer delete(operations, "panic")
	p := newPage(t)
	p.refuses("{\"op\":\"panic\"}\n", "agent.failed")
	p.works()
}

func TestTooManyOperationsAreRefused(t *testing.T) {
	hold := make(chan struct{})
	operations["hold"] = func(c *call) error {
		if err := c.reply(nil); err != nil {
			return err
		}
		<-hold
		return nil
	}
	defer delete(operations, "hold")
	p := newPage(t)
	defer close(hold)
	for i := 0; i < callLimit; i++ {
		if r, _, _ := p.ask("{\"op\":\"hold\"}\n"); !r.OK {
			t.Fatalf("operation %d: %+v", i, r)
		}
	}
	p.refuses("{\"op\":\"hold\"}\n", "agent.busy")
}

func TestVanishedPageEndsItsPrograms(t *testing.T) {
	conn := startLink(t)
	p := open(t, conn)
	for _, header := range []string{
		"{\"op\":\"exec\",\"argv\":[\"sh\",\"-c\",\"sleep 4742 & exec sleep 4742\"]}\n",
		"{\"op\":\"pty\",\"columns\":80,\"rows\":24,\"argv\":[\"sh\",\"-c\",\"trap '' HUP; sleep 4742 & exec sleep 4742\"]}\n",
	} {
		if r, _, _ := p.ask(header); !r.OK {
			t.Fatalf("%+v", r)
		}
	}
	eventually(t, "the programs start", func() bool { return running("4742") })
	conn.Close()
	eventually(t, "the programs end", func() bool { return !running("4742") })
	p.mux.Close()
}

// A page may send anything at all.
func TestRandomBytes(t *testing.T) {
	conn := startLink(t)
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 60; round++ {
		p := open(t, conn)
		switch round % 3 {
		case 0: // in place of yamux
			rubbish := make([]byte, random.Intn(2000))
			random.Read(rubbish)
			p.mux.Close()
			write(t, conn, rubbish)
		case 1: // yamux headers of all kinds
			p.mux.Close()
			for i := 0; i < 20; i++ {
				header := []byte{0, byte(random.Intn(5)), 0, byte(random.Intn(16)), 0, 0, 0, byte(random.Intn(6)), 0, 0, 0, byte(random.Intn(40))}
				write(t, conn, header)
			}
		case 2: // after a valid header
			for i := 0; i < 10; i++ {
				stream, err := p.mux.OpenStream()
				if err != nil {
					t.Fatal(err)
				}
				rubbish := make([]byte, random.Intn(500))
				random.Read(rubbish)
				ops := []string{"write", "read", "list", "watch", "usage", "hello", "dial"}
				fmt.Fprintf(stream, "{\"op\":%q,\"path\":%q}\n%s", ops[random.Intn(len(ops))], "/nonexistent/x", rubbish)
			}
			p.mux.Close()
		}
	}
	last := open(t, conn)
	last.works()
	last.mux.Close()
}

// write also reads what the agent sends meanwhile, since a page always reads.
func write(t *testing.T, conn interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
}, bytes []byte) {
	t.Helper()
	drained := make(chan struct{})
	conn.SetReadDeadline(time.Time{})
	go func() {
		buffer := make([]byte, 4096)
		for {
			if _, err := conn.Read(buffer); err != nil {
				close(drained)
				return
			}
		}
	}()
	if _, err := conn.Write(bytes); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Unix(1, 0))
	<-drained
	conn.SetReadDeadline(time.Time{})
}

// running looks for a `sleep` with this argument that is not a zombie.
func running(seconds string) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && string(text) == "sleep\x00"+seconds+"\x00" {
			return true
		}
	}
	return false
}

func TestSignalsReachTheProgram(t *testing.T) {
	p := newPage(t)
	r, stream, input := p.ask("{\"op\":\"exec\",\"argv\":[\"sleep\",\"4743\"]}\n")
	if !r.OK {
		t.Fatalf("%+v", r)
	}
	frames := &frameWriter{to: stream}
	frames.write(frameSignal, []byte("{\"signal\":\"nonsense\"}"))
	frames.write(frameSignal, []byte("{\"signal\":\"INT\"}"))
	kind, payload, err := readFrame(input)
	if err != nil || kind != frameExit || string(payload) != fmt.Sprintf("{\"code\":%d}", 128+int(syscall.SIGINT)) {
		t.Errorf("frame %d %s, %v", kind, payload, err)
	}
	stream.Close()
}
