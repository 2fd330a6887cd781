package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

const headerTimeout = 30 * time.Second

// answerTimeout bounds the wait for the page's first word. It may have to fetch something itself.
const answerTimeout = 5 * time.Minute

// webHandler turns each request to the sandbox's internet into a stream to the page: one JSON line (op "fetch", method, url,
// headers, body), the body in frames; back a line with status and headers, and the body in frames.
type webHandler struct{ link *link }

func (h webHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answered, err := h.pass(w, r)
	if err != nil && answered {
		panic(http.ErrAbortHandler) // broken off in the middle: the guest must see that
	} else if err != nil {
		http.Error(w, "drydock: "+err.Error(), http.StatusBadGateway)
	}
}

// pass tells whether a status went out to the guest.
func (h webHandler) pass(w http.ResponseWriter, r *http.Request) (answered bool, err error) {
	session := h.link.current()
	if session == nil {
		return false, failure{"internet.closed", "no page is connected that could answer; the sandbox's internet lives in the browser"}
	}
	stream, err := session.mux.OpenStream()
	if err != nil {
		return false, failure{"internet.closed", "the page that answers is gone"}
	}
	// A guest that gives up, and a session that ends, end the stream; the page sees an end without an end frame.
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { stream.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer func() {
		stream.SetReadDeadline(time.Unix(1, 0))
		stream.Close()
	}()

	hasBody := r.ContentLength != 0
	header, err := json.Marshal(map[string]any{
		"op": "fetch", "method": r.Method, "url": scheme(r) + "://" + r.Host + r.URL.RequestURI(), "headers": passedOn(r.Header), "body": hasBody,
	})
	if err != nil {
		return false, failure{"internet.bad-request", err.Error()}
	}
	if _, err := stream.Write(append(header, '\n')); err != nil {
		return false, failure{"internet.closed", "the page that answers is gone"}
	}
	frames := &frameWriter{to: stream}
	if hasBody {
		// The page may answer before it has taken everything; the body's reader ends with the request.
		http.NewResponseController(w).EnableFullDuplex()
		go sendBody(frames, r.Body)
	}
	input := bufio.NewReaderSize(stream, 16<<10)
	line, err := readLine(input, headerLimit)
	if err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			return false, failure{"internet.silent", "the page gave no answer"}
		}
		return false, failure{"internet.closed", "the page gave up the request"}
	}
	var reply struct {
		OK      bool        `json:"ok"`
		Error   *failure    `json:"error"`
		Status  int         `json:"status"`
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
	w.WriteHeader(reply.Status)
	stop() // from here on the body may take its time; a failing write ends it
	stream.SetDeadline(time.Time{})
	defer context.AfterFunc(r.Context(), func() { stream.SetDeadline(time.Unix(1, 0)) })()
	return true, copyBody(w, &bodyReader{from: input})
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
