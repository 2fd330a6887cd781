package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"
)

// headerLimit bounds the JSON line that opens a stream.
const headerLimit = 64 << 10

// callLimit bounds the streams in work at a time; more are answered "agent.busy".
const callLimit = 512

// session is the conversation with one page.
type session struct {
	link   *link
	mux    *yamux.Session
	ctx    context.Context
	cancel context.CancelFunc
	calls  sync.WaitGroup
	active atomic.Int32
}

func newSession(l *link, conn io.ReadWriteCloser) (*session, error) {
	mux, err := yamux.Server(conn, yamuxConfig())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{link: l, mux: mux, ctx: ctx, cancel: cancel}
	s.calls.Add(1) // run's own
	return s, nil
}

// run, to be called once, accepts streams until the session ends. A protocol error ends the session only: the page sees its streams reset by the
// silence, and opens another.
func (s *session) run() {
	defer s.calls.Done()
	defer s.cancel()
	for {
		stream, err := s.mux.AcceptStream()
		if err != nil {
			return
		}
		s.calls.Add(1)
		s.active.Add(1)
		go func() {
			defer s.calls.Done()
			defer s.active.Add(-1)
			s.handle(stream)
		}()
	}
}

// drop ends the session with all that it started and waits for that, up to timeout.
func (s *session) drop(timeout time.Duration) {
	s.cancel()
	s.mux.Close()
	closeTransports()
	ended := make(chan struct{})
	go func() { s.calls.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(timeout):
		log.Printf("%d calls of the last session have not ended", s.active.Load())
	}
}

// call is one operation on one stream.
type call struct {
	session *session
	stream  *yamux.Stream
	input   *bufio.Reader
	header  []byte
	// ctx ends with the session, and with the stream once watchCancel runs.
	ctx     context.Context
	cancel  context.CancelFunc
	frames  frameWriter
	replied bool
}

type operation func(c *call) error

var operations = map[string]operation{}

func (s *session) handle(stream *yamux.Stream) {
	ctx, cancel := context.WithCancel(s.ctx)
	c := &call{session: s, stream: stream, input: bufio.NewReaderSize(stream, 4096), ctx: ctx, cancel: cancel}
	c.frames.to = stream
	defer func() {
		if caught := recover(); caught != nil {
			log.Printf("panic: %v\n%s", caught, debug.Stack())
			c.fail(failure{"agent.failed", fmt.Sprintf("internal error: %v", caught)})
		}
		cancel()
		// Ends a reader that still waits for the page.
		stream.SetReadDeadline(time.Unix(1, 0))
		stream.Close()
	}()
	if err := c.run(); err != nil {
		c.fail(asFailure(err))
	}
}

func (c *call) run() error {
	if c.session.active.Load() > callLimit {
		return failure{"agent.busy", "too many operations at a time"}
	}
	header, err := readLine(c.input, headerLimit)
	if err != nil {
		return err
	}
	var named struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(header, &named); err != nil {
		return failure{"agent.bad-request", "the header is no JSON: " + err.Error()}
	}
	run, known := operations[named.Op]
	if !known {
		return failure{"agent.unknown-operation", fmt.Sprintf("unknown operation %q", named.Op)}
	}
	c.header = header
	return run(c)
}

// decode fills options from the header line.
func (c *call) decode(options any) error {
	if err := json.Unmarshal(c.header, options); err != nil {
		return failure{"agent.bad-request", err.Error()}
	}
	return nil
}

// reply sends the line {"ok":true, ...}.
func (c *call) reply(fields map[string]any) error {
	if fields == nil {
		fields = map[string]any{}
	}
	fields["ok"] = true
	line, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	c.replied = true
	_, err = c.stream.Write(append(line, '\n'))
	return err
}

// fail sends the error as the reply line, or as a frame when the reply is already out.
func (c *call) fail(f failure) {
	if c.replied {
		body, _ := json.Marshal(f)
		c.frames.write(frameError, body)
		return
	}
	c.replied = true
	line, _ := json.Marshal(map[string]any{"error": f})
	c.stream.Write(append(line, '\n'))
}

// watchCancel ends c.ctx when the page closes or resets the stream; the page sends nothing more that is wanted.
func (c *call) watchCancel() {
	go func() {
		io.Copy(io.Discard, c.input)
		c.cancel()
	}()
}

var errLineTooLong = failure{"agent.bad-request", fmt.Sprintf("the header is longer than %d bytes", headerLimit)}

func readLine(input *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := input.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > limit {
			return nil, errLineTooLong
		}
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, failure{"agent.bad-request", "the stream ended before its header"}
		}
		if len(line) == limit {
			return nil, errLineTooLong // there is no room for its end
		}
	}
}
