package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"google.golang.org/protobuf/encoding/protowire"
)

// buildkit is a server of the gRPC that BuildKit speaks, with another HTTP/2 than this program's own.
type buildkit struct {
	answers map[string]func(w http.ResponseWriter)
	calls   []string
	got     map[string][]byte
}

func (b *buildkit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	body, _ := io.ReadAll(r.Body)
	b.calls = append(b.calls, method)
	b.got[method] = body[5:]
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
	b.answers[method](w)
}

func message(content []byte) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(content))), content...))
		w.Header().Set("Grpc-Status", "0")
	}
}

func run(t *testing.T, answers map[string]func(http.ResponseWriter), environment ...string) (*buildkit, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	server := &buildkit{answers: answers, got: map[string][]byte{}}
	go (&http2.Server{}).ServeConn(theirs, &http2.ServeConnOpts{Handler: server})
	// a pipe has no room: what one side writes, the other must read; a real one has some
	buffered := newBuffered(ours)
	defer ours.Close()
	return server, forward(buffered, environment)
}

// newBuffered writes in the background, as a pipe of the kernel does.
func newBuffered(conn net.Conn) io.ReadWriter {
	out := make(chan []byte, 1000)
	go func() {
		for part := range out {
			if _, err := conn.Write(part); err != nil {
				return
			}
		}
	}()
	return streams{conn, writerFunc(func(p []byte) (int, error) { out <- bytes.Clone(p); return len(p), nil })}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func fieldsOf(t *testing.T, message []byte, number protowire.Number) []string {
	t.Helper()
	var found []string
	if err := each(message, number, func(value []byte) { found = append(found, string(value)) }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestResultIsHandedBack(t *testing.T) {
	// larger than any window: a result has the image's whole configuration
	result := bytes.Repeat([]byte("result "), 300_000)
	definition := []byte("a definition")
	server, err := run(t, map[string]func(http.ResponseWriter){
		"Inputs": message(field(nil, inputsDefinition, definition)),
		"Solve":  message(field(field(nil, 1, []byte("old")), solvedResult, result)),
		"Return": message(nil),
	}, "PATH=/bin", "BUILDKIT_FRONTEND_OPT_0=cmdline=docker/dockerfile:1", "BUILDKIT_FRONTEND_OPT_1=source=docker/dockerfile:1", "BUILDKIT_FRONTEND_OPT_2=build-arg:A=b=c")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(server.calls, " "); got != "Inputs Solve Return" {
		t.Error(got)
	}
	solve := server.got["Solve"]
	if got := fieldsOf(t, solve, solveFrontend); len(got) != 1 || got[0] != "dockerfile.v0" {
		t.Error(got)
	}
	options := fieldsOf(t, solve, solveOption)
	if len(options) != 2 || fieldsOf(t, []byte(options[0]), 1)[0] != "cmdline" || fieldsOf(t, []byte(options[1]), 2)[0] != "b=c" {
		t.Errorf("%q", options)
	}
	if got := fieldsOf(t, solve, solveInput); len(got) != 1 || got[0] != string(definition) {
		t.Errorf("%q", got)
	}
	if got := fieldsOf(t, server.got["Return"], returnResult); len(got) != 1 || got[0] != string(result) {
		t.Errorf("%d bytes of result", len(got[0]))
	}
}

func TestErrorIsHandedBackWithItsPlace(t *testing.T) {
	status := []byte("everything, with the line, and long enough to come in pieces " + strings.Repeat("x", 40_000))
	server, err := run(t, map[string]func(http.ResponseWriter){
		"Inputs": message(nil),
		"Solve": func(w http.ResponseWriter) {
			w.Header().Set("Grpc-Status", "2")
			w.Header().Set("Grpc-Message", "unknown instruction%3A RUNN")
			w.Header().Set("Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(status))
		},
		"Return": message(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fieldsOf(t, server.got["Return"], returnError); len(got) != 1 || got[0] != string(status) {
		t.Errorf("%d", len(got))
	}
}

func TestErrorWithoutDetails(t *testing.T) {
	server, err := run(t, map[string]func(http.ResponseWriter){
		"Inputs": message(nil),
		"Solve": func(w http.ResponseWriter) {
			w.Header().Set("Grpc-Status", "5")
			w.Header().Set("Grpc-Message", "no such stage%3A %C3%A4")
		},
		"Return": message(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	returned := fieldsOf(t, server.got["Return"], returnError)
	if len(returned) != 1 || fieldsOf(t, []byte(returned[0]), statusMessage)[0] != "no such stage: ä" {
		t.Errorf("%q", returned)
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	for name, solve := range map[string]func(http.ResponseWriter){
		"no result": message(field(nil, 1, []byte("old"))),
		"cut off":   message([]byte{0x1a, 0x7f, 0x01}),
		"no gRPC":   func(w http.ResponseWriter) { w.WriteHeader(500) },
		"no status": func(w http.ResponseWriter) { w.Write([]byte("12345")) },
	} {
		server, err := run(t, map[string]func(http.ResponseWriter){"Inputs": message(nil), "Solve": solve})
		if err == nil {
			t.Errorf("%s: %v", name, server.calls)
		}
	}
}
