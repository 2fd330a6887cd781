package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const headerTimeout = 30 * time.Second

// answerTimeout bounds the wait for the page's first word, once it has taken the body. It may have to fetch something itself.
const answerTimeout = 5 * time.Minute

var errSilent = failure{"internet.silent", "the page gave no answer"}

// webHandler turns each request to the sandbox's internet into a stream to the page: one JSON line (op "fetch", method, url,
// headers, body), the body in frames; back a line with status, its words if they are not the usual ones, and headers, and the body in
// frames.
type webHandler struct{ link *link }

func (h webHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := &sentBody{from: r.Body}
	answered, err := h.pass(w, r, body)
	if err != nil && answered {
		panic(http.ErrAbortHandler) // broken off in the middle: the guest must see that
	} else if err != nil {
		http.Error(w, "drydock: "+err.Error(), http.StatusBadGateway)
	}
	body.drain(w)
}

// pass tells whether a status went out to the guest.
func (h webHandler) pass(w http.ResponseWriter, r *http.Request, body *sentBody) (answered bool, err error) {
	session := h.link.current()
	if session == nil {
		return false, failure{"internet.closed", "no page is connected that could answer; the sandbox's internet lives in the browser"}
	}
	stream, err := session.mux.OpenStream()
	if err != nil {
		return false, failure{"internet.closed", "the page that answers is gone"}
	}
	// A guest that gives up, and a session that ends, end the stream; the page sees an end without an end frame.
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { stream.SetDeadline(time.Unix(1, 0)) })()
	defer func() {
		stream.SetReadDeadline(time.Unix(1, 0))
		stream.Close() // ends the sending of a body that the page did not want
	}()

	hasBody := r.ContentLength != 0
	headers := passedOn(r.Header)
	if length := r.Header.Get("Content-Length"); length != "" {
		headers = append(headers, [2]string{"Content-Length", length})
	}
	header, err := json.Marshal(map[string]any{
		"op": "fetch", "method": r.Method, "url": scheme(r) + "://" + r.Host + r.URL.RequestURI(), "headers": headers, "body": hasBody,
	})
	if err != nil {
		return false, failure{"internet.bad-request", err.Error()}
	}
	if _, err := stream.Write(append(header, '\n')); err != nil {
		return false, failure{"internet.closed", "the page that answers is gone"}
	}
	silence := newSilence(answerTimeout, func() { cancel(errSilent) })
	defer silence.end()
	if hasBody {
		// the page may answer before it has taken everything
		http.NewResponseController(w).EnableFullDuplex()
		body.send(heardWriter{stream, silence}, cancel)
	}
	input := bufio.NewReaderSize(stream, 16<<10)
	line, err := readLine(input, headerLimit)
	if err != nil {
		if context.Cause(ctx) == errSilent {
			return false, errSilent
		}
		return false, failure{"internet.closed", "the page gave up the request"}
	}
	silence.end()
	var reply struct {
		OK      bool        `json:"ok"`
		Error   *failure    `json:"error"`
		Status  int         `json:"status"`
		Reason  string      `json:"reason"`
		Headers [][2]string `json:"headers"`
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return false, failure{"internet.failed", "the page's answer is no JSON"}
	}
	if reply.Error != nil {
		return false, *reply.Error
	}
	if reply.Status < 200 || reply.Status > 599 {
		return false, failure{"internet.failed", fmt.Sprintf("the page answered with status %d", reply.Status)}
	}
	for _, pair := range reply.Headers {
		// Here the length is true, unlike that of a request: the page sends what it has.
		if name := http.CanonicalHeaderKey(pair[0]); !hopByHop[name] || name == "Content-Length" {
			w.Header().Add(name, pair[1])
		}
	}
	if reply.Reason != "" && !hasBody && r.ProtoMajor == 1 {
		return answerWithReason(w, r, reply.Status, reply.Reason, &bodyReader{from: input})
	}
	if hasBody && !body.whole.Load() {
		w.Header().Set("Connection", "close") // where the next request would begin is not known
	}
	w.WriteHeader(reply.Status)
	return true, copyBody(w, &bodyReader{from: input})
}

// answerWithReason writes the answer itself, since net/http's server knows only the usual words of a status line. Where the answer to
// a HEAD says no, those words are all that clients show.
func answerWithReason(w http.ResponseWriter, r *http.Request, status int, reason string, body io.Reader) (answered bool, err error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false, failure{"internet.failed", err.Error()}
	}
	defer conn.Close()
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1 // the end of the connection is the end of the body
	}
	answer := &http.Response{
		Status:        fmt.Sprintf("%d %s", status, reason),
		StatusCode:    status,
		ProtoMajor:    1,
		ProtoMinor:    1,
		Request:       r,
		Header:        w.Header(),
		Body:          io.NopCloser(body),
		ContentLength: length,
		Close:         true,
	}
	return true, answer.Write(conn)
}

// sentBody is a request's body on its way to the page.
type sentBody struct {
	from  io.Reader
	done  chan struct{} // nil when there is no body
	whole atomic.Bool   // read to its end
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if err == io.EOF {
		b.whole.Store(true)
	}
	return n, err
}

// send starts; fail hears of a body that broke off: half of one must not pass for the whole.
func (b *sentBody) send(to io.Writer, fail func(error)) {
	b.done = make(chan struct{})
	go func() {
		defer close(b.done)
		if err := sendBody(&frameWriter{to: to}, b); err != nil {
			fail(err)
			io.Copy(io.Discard, b.from)
		}
	}()
}

// drainTimeout is how long a guest may go on sending what the page does not want. Most read the answer only afterwards; whoever
// does not come to an end loses the connection.
const drainTimeout = 3 * time.Second

func (b *sentBody) drain(w http.ResponseWriter) {
	if b.done == nil {
		return
	}
	select {
	case <-b.done:
		return
	default:
	}
	control := http.NewResponseController(w)
	control.Flush()
	control.SetReadDeadline(time.Now().Add(drainTimeout))
	<-b.done
}

// silence calls a function when nothing was heard for a time.
type silence struct {
	limit time.Duration
	timer *time.Timer
	over  atomic.Bool
}

func newSilence(limit time.Duration, then func()) *silence {
	s := &silence{limit: limit}
	s.timer = time.AfterFunc(limit, func() {
		if !s.over.Load() {
			then()
		}
	})
	return s
}

func (s *silence) heard() { s.timer.Reset(s.limit) }

func (s *silence) end() {
	s.over.Store(true)
	s.timer.Stop()
}

// heardWriter counts what the other side takes as a word from it.
type heardWriter struct {
	to      io.Writer
	silence *silence
}

func (w heardWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err == nil {
		w.silence.heard()
	}
	return n, err
}

// copyBody flushes what came when nothing more is at hand, so that a slow answer is seen as it comes.
func copyBody(w http.ResponseWriter, body io.Reader) error {
	control := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			control.Flush()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
