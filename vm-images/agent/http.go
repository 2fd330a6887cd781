package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

func init() { operations["http"] = runHTTP }

// hopByHop headers belong to one connection and are not passed on. Content-Length goes by its own field.
var hopByHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Proxy-Authenticate": true, "Proxy-Authorization": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Content-Length": true, "Host": true,
}

// passedOn gives the end-to-end headers as pairs; those that Connection names are left out too.
func passedOn(headers http.Header) [][2]string {
	named := map[string]bool{}
	for _, value := range headers.Values("Connection") {
		for _, name := range strings.Split(value, ",") {
			named[http.CanonicalHeaderKey(strings.TrimSpace(name))] = true
		}
	}
	pairs := [][2]string{}
	for name, values := range headers {
		if hopByHop[name] || named[name] {
			continue
		}
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	return pairs
}

// transports keep connections to sockets (the engine's) open between requests. Ports are the student's servers, of which a
// simple one serves a single connection at a time: there each request has its own.
var transports = struct {
	sync.Mutex
	byPath map[string]*http.Transport
}{byPath: map[string]*http.Transport{}}

const (
	transportLimit  = 16
	idleConnections = 4
	idleTimeout     = 2 * time.Minute
)

func transportFor(a address) *http.Transport {
	if a.Network != "unix" {
		return newTransport(a, true)
	}
	transports.Lock()
	defer transports.Unlock()
	if kept := transports.byPath[a.Path]; kept != nil {
		return kept
	}
	if len(transports.byPath) >= transportLimit {
		return newTransport(a, true)
	}
	made := newTransport(a, false)
	transports.byPath[a.Path] = made
	return made
}

func newTransport(a address, once bool) *http.Transport {
	return &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return a.dial(ctx) },
		DisableCompression:  true,
		DisableKeepAlives:   once,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleTimeout,
		ReadBufferSize:      16 << 10,
	}
}

// closeTransports forgets the connections of a page that is gone.
func closeTransports() {
	transports.Lock()
	defer transports.Unlock()
	for _, kept := range transports.byPath {
		kept.CloseIdleConnections()
	}
}

// runHTTP makes one request. Header: address, method, url (path and query), host, headers, body ("none", "frames") and
// length (-1 unknown). Reply: status, headers, then the body in frames.
func runHTTP(c *call) error {
	var options struct {
		Address address     `json:"address"`
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Host    string      `json:"host"`
		Headers [][2]string `json:"headers"`
		Body    bool        `json:"body"`
		Length  int64       `json:"length"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.Address.check(); err != nil {
		return err
	}
	target, err := url.ParseRequestURI(options.URL)
	if err != nil || !strings.HasPrefix(options.URL, "/") {
		return failure{"agent.bad-request", "url must be a path with its query"}
	}
	target.Scheme, target.Host = "http", options.Host
	if target.Host == "" {
		target.Host = "localhost"
	}
	request, err := http.NewRequestWithContext(c.ctx, options.Method, target.String(), nil)
	if err != nil {
		return failure{"agent.bad-request", err.Error()}
	}
	for _, pair := range options.Headers {
		if name := http.CanonicalHeaderKey(pair[0]); !hopByHop[name] {
			request.Header.Add(name, pair[1])
		}
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "") // none of the client's own
	}
	if options.Body {
		// The stream's next frames are the body; whatever follows its end means that the page gives up.
		request.Body = &watchedBody{bodyReader: bodyReader{from: c.input}, whenRead: c.watchCancel}
		request.ContentLength = options.Length
	} else {
		c.watchCancel()
	}
	response, err := transportFor(options.Address).RoundTrip(request)
	if err != nil {
		var f failure
		switch {
		case errors.As(err, &f):
			return f
		case c.ctx.Err() != nil:
			return failure{"agent.cancelled", "the request was given up"}
		}
		return failure{"agent.bad-reply", options.Address.String() + ": " + err.Error()}
	}
	defer response.Body.Close()
	if err := c.reply(map[string]any{"status": response.StatusCode, "headers": passedOn(response.Header), "length": response.ContentLength}); err != nil {
		return err
	}
	if err := sendBody(&c.frames, response.Body); err != nil {
		return failure{"agent.bad-reply", options.Address.String() + " broke off: " + err.Error()}
	}
	return nil
}

// watchedBody calls whenRead once the body has been read to its end.
type watchedBody struct {
	bodyReader
	whenRead func()
	once     sync.Once
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.bodyReader.Read(p)
	if err == io.EOF {
		b.once.Do(b.whenRead)
	}
	return n, err
}

// Close does not wait: a server may answer before it has read everything.
func (b *watchedBody) Close() error { return nil }
