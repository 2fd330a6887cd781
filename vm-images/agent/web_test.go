package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
)

type pageAnswer func(header map[string]any, stream *yamux.Stream, input *bufio.Reader)

// startWeb returns the address of a web server whose requests go to the page; answer gets each stream with its header.
func startWeb(t *testing.T, answer pageAnswer) string {
	t.Helper()
	server := startHandler(t, answer)
	server.Start()
	return server.URL
}

// startHandler returns a server that has not been started.
func startHandler(t *testing.T, answer pageAnswer) *httptest.Server {
	t.Helper()
	before := startLinkFor(t)
	server := httptest.NewUnstartedServer(webHandler{before.link})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	p := open(t, before.conn)
	t.Cleanup(func() {
		p.mux.Close()
		before.conn.SetReadDeadline(time.Time{})
		go io.Copy(io.Discard, before.conn) // a request still under way sends its last output
	})
	eventually(t, "the session is there", func() bool { return before.link.current() != nil })
	go func() {
		for {
			stream, err := p.mux.AcceptStream()
			if err != nil {
				return
			}
			go func() {
				input := bufio.NewReader(stream)
				line, err := input.ReadBytes('\n')
				if err != nil {
					return
				}
				var header map[string]any
				if json.Unmarshal(line, &header) == nil {
					answer(header, stream, input)
				}
				stream.Close()
			}()
		}
	}()
	return server
}

func TestRequestsReachThePage(t *testing.T) {
	url := startWeb(t, func(header map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		body := ""
		if header["body"] == true {
			all, err := io.ReadAll(&bodyReader{from: input})
			body = fmt.Sprint(string(all), err)
		}
		fmt.Fprintf(stream, "{\"ok\":true,\"status\":201,\"headers\":[[\"X-Page\",\"1\"],[\"Transfer-Encoding\",\"rot13\"]]}\n")
		frames := &frameWriter{to: stream}
		frames.write(frameData, []byte(fmt.Sprint(header["method"], " ", header["url"], " ")))
		frames.write(frameData, []byte(body))
		frames.write(frameEnd, nil)
	})
	request, _ := http.NewRequest("POST", url+"/a?b=c", strings.NewReader("payload"))
	request.Host = "python.lab"
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "POST http://python.lab/a?b=c payload<nil>" || response.StatusCode != 201 || response.Header.Get("X-Page") != "1" {
		t.Errorf("%v %q %v %v", response.StatusCode, body, response.Header, err)
	}
}

func TestThePageFails(t *testing.T) {
	answers := map[string]string{
		"/error":   "{\"error\":{\"code\":\"internet.none\",\"message\":\"there is no such place\"}}\n",
		"/rubbish": "nonsense\n",
		"/status":  "{\"ok\":true,\"status\":7}\n",
		"/nothing": "",
	}
	url := startWeb(t, func(header map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		for path, answer := range answers {
			if strings.HasSuffix(header["url"].(string), path) {
				stream.Write([]byte(answer))
			}
		}
		if strings.HasSuffix(header["url"].(string), "/half") {
			fmt.Fprintf(stream, "{\"ok\":true,\"status\":200}\n")
			(&frameWriter{to: stream}).write(frameData, []byte("half"))
		}
	})
	for path := range answers {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusBadGateway || !strings.HasPrefix(string(body), "drydock: ") {
			t.Errorf("%s: %d %q", path, response.StatusCode, body)
		}
	}
	response, err := http.Get(url + "/half")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer passed for a whole one")
	}
}

func TestNoPage(t *testing.T) {
	server := httptest.NewServer(webHandler{newLink(newStarter(""))})
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), "no page") {
		t.Errorf("%d %q", response.StatusCode, body)
	}
}

func TestGuestGivesUp(t *testing.T) {
	ended := make(chan error, 1)
	url := startWeb(t, func(header map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		_, err := input.ReadByte() // the stream's end tells the page
		ended <- err
	})
	client := http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Get(url + "/slow"); err == nil {
		t.Fatal("answered")
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a byte instead of the end")
		}
	case <-time.After(10 * time.Second):
		t.Error("the page was not told")
	}
}

// head sends the reply line of an answer that is then written in frames.
func head(stream *yamux.Stream, status int) *frameWriter {
	fmt.Fprintf(stream, "{\"ok\":true,\"status\":%d}\n", status)
	return &frameWriter{to: stream}
}

func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Errorf("did not happen: %s", what)
	}
}

// endless is a body without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAnswerBeforeTheBodyIsTaken(t *testing.T) {
	url := startWeb(t, func(_ map[string]any, stream *yamux.Stream, _ *bufio.Reader) {
		frames := head(stream, http.StatusUnauthorized)
		frames.write(frameData, []byte("who are you?"))
		frames.write(frameEnd, nil)
	})
	const bytes = 8 << 20
	for name, length := range map[string]int64{"of known length": bytes, "in chunks": -1} {
		request, _ := http.NewRequest("PUT", url, io.LimitReader(endless{}, bytes))
		request.ContentLength = length
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized || string(body) != "who are you?" || err != nil {
			t.Errorf("%s: %d %q %v", name, response.StatusCode, body, err)
		}
	}
}

func TestAnswerToOneWhoStopsSending(t *testing.T) {
	url := startWeb(t, func(_ map[string]any, stream *yamux.Stream, _ *bufio.Reader) {
		head(stream, http.StatusRequestedRangeNotSatisfiable).write(frameEnd, nil)
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(conn, "PATCH / HTTP/1.1\r\nHost: x.lab\r\nContent-Length: 1000\r\n\r\nhalf")
	all, err := io.ReadAll(conn)
	if !strings.HasPrefix(string(all), "HTTP/1.1 416 ") || err != nil {
		t.Errorf("%q %v", all, err)
	}
}

// takeBody reads the guest's body to its end, and reports how it ended.
func takeBody(ended chan<- error) pageAnswer {
	return func(_ map[string]any, _ *yamux.Stream, input *bufio.Reader) {
		_, err := io.Copy(io.Discard, &bodyReader{from: input})
		ended <- err
	}
}

func TestBodiesThatBreakOff(t *testing.T) {
	for name, sent := range map[string]string{
		"the guest leaves":    "PUT / HTTP/1.1\r\nHost: x.lab\r\nContent-Length: 1000\r\n\r\nhalf",
		"a chunk is no chunk": "PUT / HTTP/1.1\r\nHost: x.lab\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno number\r\n",
	} {
		ended := make(chan error, 1)
		url := startWeb(t, takeBody(ended))
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, sent)
		if strings.Contains(name, "leaves") {
			conn.Close()
		} else {
			defer conn.Close()
		}
		select {
		case err := <-ended:
			if err == nil {
				t.Errorf("%s: half a body passed for a whole one", name)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the page was not told", name)
		}
	}
}

func TestGuestLeavesAmidTheAnswer(t *testing.T) {
	ended := make(chan struct{})
	url := startWeb(t, func(_ map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		frames := head(stream, http.StatusOK)
		go func() {
			input.ReadByte() // the end of the stream
			close(ended)
		}()
		for frames.write(frameData, make([]byte, frameLimit)) == nil {
		}
	})
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(response.Body, make([]byte, 1<<20))
	response.Body.Close()
	within(t, "the page learns that the guest has left", ended)
}

func TestPageGivesUpAmidTheBody(t *testing.T) {
	url := startWeb(t, func(_ map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		io.ReadFull(input, make([]byte, 1<<20))
	})
	response, err := http.Post(url, "", io.LimitReader(endless{}, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusBadGateway {
		t.Errorf("%d %q", response.StatusCode, body)
	}
}

// Bytes that may be on their way between a writer and a reader that does not read: windows and buffers.
const inFlight = 2 << 20

// blocked is how long a write waits until it counts as stopped.
const blocked = 500 * time.Millisecond

func TestAnswerWaitsForTheGuest(t *testing.T) {
	stopped := make(chan int, 1)
	conn := startPiped(t, func(_ map[string]any, stream *yamux.Stream, _ *bufio.Reader) {
		frames, sent := head(stream, http.StatusOK), 0
		for stream.SetWriteDeadline(time.Now().Add(blocked)); frames.write(frameData, make([]byte, frameLimit)) == nil; sent += frameLimit {
		}
		stopped <- sent
	})
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x.lab\r\n\r\n")
	if sent := <-stopped; sent > inFlight {
		t.Errorf("%d bytes of an answer that nobody reads were taken", sent)
	}
}

func TestBodyWaitsForThePage(t *testing.T) {
	over := make(chan struct{})
	conn := startPiped(t, func(map[string]any, *yamux.Stream, *bufio.Reader) { <-over })
	defer conn.Close()
	fmt.Fprintf(conn, "PUT / HTTP/1.1\r\nHost: x.lab\r\nContent-Length: %d\r\n\r\n", 64<<20)
	sent, piece := 0, make([]byte, 32<<10)
	for {
		conn.SetWriteDeadline(time.Now().Add(blocked))
		n, err := conn.Write(piece)
		if sent += n; err != nil {
			break
		}
	}
	if sent > inFlight {
		t.Errorf("%d bytes of a body that nobody reads were taken", sent)
	}
	close(over)
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { // keeps sending, like a guest that reads the answer afterwards
		for {
			if _, err := conn.Write(piece); err != nil {
				return
			}
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusBadGateway {
		t.Errorf("%v %v", response, err)
	}
}

// startPiped returns a connection without kernel buffers.
func startPiped(t *testing.T, answer pageAnswer) net.Conn {
	t.Helper()
	server := startHandler(t, answer)
	here, there := net.Pipe()
	server.Listener.Close()
	server.Listener = &oneConnection{conn: there, closed: make(chan struct{})}
	server.Start()
	return here
}

type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}
func (l *oneConnection) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func TestWordsOfTheStatusLine(t *testing.T) {
	url := startWeb(t, func(header map[string]any, stream *yamux.Stream, input *bufio.Reader) {
		fmt.Fprintf(stream, "{\"ok\":true,\"status\":403,\"reason\":\"ubuntu is not here: try debian\",\"headers\":[[\"X-Page\",\"1\"],[\"Content-Length\",\"5\"]]}\n")
		frames := &frameWriter{to: stream}
		if header["method"] != "HEAD" {
			frames.write(frameData, []byte("words"))
		}
		frames.write(frameEnd, nil)
	})
	for _, method := range []string{"HEAD", "GET"} {
		request, _ := http.NewRequest(method, url+"/v2/library/ubuntu/manifests/latest", nil)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Error(err)
		}
		if response.Status != "403 ubuntu is not here: try debian" || response.Header.Get("X-Page") != "1" || response.ContentLength != 5 {
			t.Errorf("%s: %s, %v, %d bytes", method, response.Status, response.Header, response.ContentLength)
		}
		if want := map[string]string{"HEAD": "", "GET": "words"}[method]; string(body) != want {
			t.Errorf("%s: %q", method, body)
		}
	}
}
