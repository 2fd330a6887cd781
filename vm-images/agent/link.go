package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

// magic opens a session. The page writes it with a nonce of 8 bytes; wherever it turns up in the input, even within a frame
// of the present session, that session is dropped with everything it started, and the agent answers with the same bytes.
// A snapshot freezes the agent amid a session whose page is gone: this is the way out of it.
//
// 0xFF occurs only at the start: it is no byte of UTF-8 and no first byte of a yamux header.
var magic = []byte("\xff\xfeDRYDOCK\x91\xe3\x07\xc8\x5d\xb2\x1a\xf4\x86\x3b\xd9\x60\xae\x72\x15")

const nonceBytes = 8

// Bytes of the magic that reach the old session before the rest is held back. Holding back from the first byte would hang a
// session whose last byte happens to be 0xFF.
const heldFrom = 8

// How long a new session waits for what the old one started to end.
const dropTimeout = 2 * time.Second

type link struct {
	starter *starter
	mu      sync.Mutex
	session *session
	done    chan struct{} // closed when serve returns
}

func newLink(starter *starter) *link { return &link{starter: starter, done: make(chan struct{})} }

// current is the session with a page, or nil.
func (l *link) current() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

func (l *link) setCurrent(s *session) {
	l.mu.Lock()
	l.session = s
	l.mu.Unlock()
}

// serve reads the port until it ends and runs one session after the other over it.
func (l *link) serve(port io.ReadWriter) error {
	defer close(l.done)
	out := &portWriter{port: port}
	// A page in the middle of a session with an agent that died sees by this that another one has come.
	if err := out.write(append(append([]byte{}, magic...), make([]byte, nonceBytes)...)); err != nil {
		return err
	}
	in := &scanner{}
	var conn *sessionConn
	drop := func() {
		if conn == nil {
			return
		}
		conn.Close()
		if s := l.current(); s != nil {
			l.setCurrent(nil)
			s.drop(dropTimeout)
		}
		conn = nil
	}
	defer drop()
	buffer := make([]byte, 32<<10)
	for {
		n, err := port.Read(buffer)
		rest := buffer[:n]
		for len(rest) > 0 {
			var data, nonce []byte
			data, nonce, rest = in.next(rest)
			if len(data) > 0 && conn != nil {
				conn.feed(data)
			}
			if nonce != nil {
				drop()
				// Whatever the page has not seen yet of the old session comes before the answer, and it discards that.
				if err := out.write(append(append([]byte{}, magic...), nonce...)); err != nil {
					return err
				}
				conn = newSessionConn(out)
				s, err := newSession(l, conn)
				if err != nil {
					return err
				}
				l.setCurrent(s)
				go s.run()
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return err
		}
	}
}

// scanner finds the magic in a stream of bytes that comes in pieces.
type scanner struct {
	matched int    // bytes of magic that the input so far ends with
	nonce   []byte // being collected while not nil
}

// next consumes a part of input: data for the present session, or a complete nonce that opens a new one.
func (s *scanner) next(input []byte) (data, nonce, rest []byte) {
	if s.nonce == nil && s.matched == 0 {
		at := bytes.IndexByte(input, magic[0])
		if at < 0 {
			return input, nil, nil
		}
		if at > 0 {
			return input[:at], nil, input[at:]
		}
	}
	for i, b := range input {
		if b == magic[s.matched] {
			s.matched++
		} else {
			// The first byte of the magic occurs in it only once, so a mismatch falls back to one or none.
			held := s.matched
			s.matched = 0
			if b == magic[0] {
				s.matched = 1
			}
			if s.nonce == nil {
				late := append([]byte{}, magic[min(held, heldFrom):held]...)
				return append(late, b), nil, input[i+1:]
			}
		}
		if s.matched == len(magic) {
			s.matched = 0
			s.nonce = make([]byte, 0, nonceBytes)
			continue
		}
		if s.nonce != nil {
			s.nonce = append(s.nonce, b)
			if len(s.nonce) == nonceBytes {
				nonce, s.nonce = s.nonce, nil
				return nil, nonce, input[i+1:]
			}
			continue
		}
		if s.matched <= heldFrom {
			return input[i : i+1], nil, input[i+1:]
		}
	}
	return nil, nil, nil
}

// portWriter writes whole pieces one after the other, whoever writes them.
type portWriter struct {
	mu   sync.Mutex
	port io.Writer
}

func (w *portWriter) write(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.port.Write(p)
	return err
}

// sessionConn is what a yamux session takes for its connection: the part of the port's bytes that belongs to it.
type sessionConn struct {
	out     *portWriter
	mu      sync.Mutex
	more    *sync.Cond
	input   []byte
	closed  bool
	pending []byte // a data header that waits for its body
}

func newSessionConn(out *portWriter) *sessionConn {
	c := &sessionConn{out: out}
	c.more = sync.NewCond(&c.mu)
	return c
}

// Unread input at which feed waits for the session. The session itself never waits for its streams' readers.
const inputLimit = 256 << 10

func (c *sessionConn) feed(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.input) > inputLimit && !c.closed {
		c.more.Wait()
	}
	if !c.closed {
		c.input = append(c.input, data...)
		c.more.Broadcast()
	}
}

func (c *sessionConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.input) == 0 {
		if c.closed {
			return 0, io.EOF
		}
		c.more.Wait()
	}
	n := copy(p, c.input)
	c.input = c.input[n:]
	if len(c.input) == 0 {
		c.input = nil
	}
	c.more.Broadcast()
	return n, nil
}

const yamuxHeaderBytes = 12

// Write joins a data frame's header, which yamux writes alone, with its body: each write costs the guest a call into the
// emulator.
func (c *sessionConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return 0, io.ErrClosedPipe
	}
	n := len(p)
	if c.pending != nil {
		p, c.pending = append(c.pending, p...), nil
	} else if len(p) == yamuxHeaderBytes && p[1] == 0 && !bytes.Equal(p[8:12], []byte{0, 0, 0, 0}) {
		c.pending = append(make([]byte, 0, yamuxHeaderBytes+4096), p...)
		return n, nil
	}
	if err := c.out.write(p); err != nil {
		return 0, err
	}
	return n, nil
}

func (c *sessionConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.more.Broadcast()
	return nil
}

func yamuxConfig() *yamux.Config {
	config := yamux.DefaultConfig()
	config.EnableKeepAlive = false // cheap at rest; a vanished page announces its successor by the magic
	config.AcceptBacklog = 256
	config.StreamOpenTimeout = 0
	config.ConnectionWriteTimeout = 1000 * time.Hour // a tab may sleep; its stream waits
	config.LogOutput = nil
	config.Logger = log.New(io.Discard, "", 0)
	return config
}
