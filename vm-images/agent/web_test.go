package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
)

// startWeb gives the address of a web server whose requests go to the page; answer gets each stream with its header.
func startWeb(t *testing.T, answer func(header map[string]any, stream *yamux.Stream, input *bufio.Reader)) string {
	t.Helper()
	before := startLinkFor(t)
	server := httptest.NewServer(webHandler{before.link})
	t.Cleanup(server.Close)
	p := open(t, before.conn)
	t.Cleanup(func() { p.mux.Close() })
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
	return server.URL
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
