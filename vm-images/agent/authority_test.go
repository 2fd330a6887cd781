package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
)

// makeAuthority writes an authority like that of the image's build.
func makeAuthority(t *testing.T) (folder string, trusted *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Unix(946684800, 0), NotAfter: time.Unix(2145916799, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	for name, block := range map[string]*pem.Block{"ca.crt": {Type: "CERTIFICATE", Bytes: der}, "ca.key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted = x509.NewCertPool()
	trusted.AddCert(certificate)
	return folder, trusted
}

// startSecure serves the page's answers over TLS and returns the address and the trusted certificates.
func startSecure(t *testing.T, answer pageAnswer) (address string, trusted *x509.CertPool) {
	t.Helper()
	folder, trusted := makeAuthority(t)
	authority, err := readAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	server := startHandler(t, answer)
	address = server.Listener.Addr().String()
	server.Listener = tls.NewListener(server.Listener, authority.config())
	server.Start()
	return address, trusted
}

// sayURL answers with the requested address.
func sayURL(header map[string]any, stream *yamux.Stream, _ *bufio.Reader) {
	frames := head(stream, http.StatusOK)
	frames.write(frameData, []byte(fmt.Sprint(header["url"])))
	frames.write(frameEnd, nil)
}

// clientTo makes a client that reaches every host at one address.
func clientTo(t *testing.T, address string, config *tls.Config) *http.Client {
	transport := &http.Transport{
		TLSClientConfig:   config,
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestSecureRequestsReachThePage(t *testing.T) {
	address, trusted := startSecure(t, sayURL)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := clientTo(t, address, &tls.Config{RootCAs: trusted, MaxVersion: version})
		for _, url := range []string{"https://registry-1.docker.io/v2/", "https://Unknown.Example/a?b=c", "https://198.18.0.2/"} {
			response, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if !strings.EqualFold(string(body), url) || err != nil || response.Proto != "HTTP/1.1" || response.TLS.Version != version {
				t.Errorf("%s: %q %v %s %x", url, body, err, response.Proto, response.TLS.Version)
			}
		}
	}
}

func TestWhomACertificateIsFor(t *testing.T) {
	address, trusted := startSecure(t, sayURL)
	shake := func(config *tls.Config) (tls.ConnectionState, error) {
		conn, err := tls.Dial("tcp", address, config)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close()
		return conn.ConnectionState(), nil
	}
	state, err := shake(&tls.Config{RootCAs: trusted, ServerName: "a.example"})
	if err != nil {
		t.Fatal(err)
	}
	leaf := state.PeerCertificates[0]
	if err := leaf.VerifyHostname("b.example"); err == nil {
		t.Error("a certificate for a.example serves b.example too")
	}
	again, err := shake(&tls.Config{RootCAs: trusted, ServerName: "A.example"})
	if err != nil || !again.PeerCertificates[0].Equal(leaf) {
		t.Errorf("a second certificate for one host: %v", err)
	}
	if _, err := shake(&tls.Config{ServerName: "a.example", RootCAs: x509.NewCertPool()}); err == nil {
		t.Error("trusted by one who does not know the authority")
	}
	// what OpenSSL's strict mode, Python's default, requires
	if len(leaf.AuthorityKeyId) == 0 || len(leaf.ExtKeyUsage) != 1 || leaf.IsCA || leaf.NotBefore.Year() != 2000 {
		t.Errorf("%+v", leaf)
	}
}

func TestManyNames(t *testing.T) {
	folder, _ := makeAuthority(t)
	authority, err := readAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2*leafLimit+1; i++ {
		if _, err := authority.leaf(fmt.Sprintf("host-%d.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(authority.leaves) > leafLimit {
		t.Errorf("%d certificates are kept", len(authority.leaves))
	}
}

func TestSessionsResume(t *testing.T) {
	address, trusted := startSecure(t, sayURL)
	config := &tls.Config{RootCAs: trusted, ServerName: "a.example", ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	for turn := 0; turn < 2; turn++ {
		conn, err := tls.Dial("tcp", address, config)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
		io.Copy(io.Discard, conn) // a ticket comes after the handshake
		if resumed := conn.ConnectionState().DidResume; resumed != (turn == 1) {
			t.Errorf("turn %d: resumed %v", turn, resumed)
		}
		conn.Close()
	}
}

func TestMalformedTLS(t *testing.T) {
	address, trusted := startSecure(t, sayURL)
	hello := clientHello(t)
	rubbish := make([]byte, 4096)
	rand.Read(rubbish)
	damaged := append([]byte{}, hello...)
	for at := 5; at < len(damaged); at += 7 {
		damaged[at] ^= 0x55
	}
	for name, sent := range map[string][]byte{
		"nothing":            {},
		"plain HTTP":         []byte("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
		"rubbish":            rubbish,
		"half a hello":       hello[:len(hello)/2],
		"a damaged hello":    damaged,
		"a hello, then not":  append(append([]byte{}, hello...), rubbish...),
		"an oversize record": append([]byte{22, 3, 1, 0xff, 0xff}, rubbish...),
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		conn.Write(sent)
		conn.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(conn)
		var failed net.Error
		if errors.As(err, &failed) && failed.Timeout() {
			t.Errorf("%s: the connection stays open", name)
		}
		if name == "plain HTTP" && !strings.Contains(string(answer), "HTTPS server") {
			t.Errorf("%s: %q", name, answer)
		}
		conn.Close()
	}
	response, err := clientTo(t, address, &tls.Config{RootCAs: trusted}).Get("https://a.example/")
	if err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	response.Body.Close()
}

// clientHello is the first message of a client.
func clientHello(t *testing.T) []byte {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		tls.Client(there, &tls.Config{ServerName: "a.example"}).Handshake()
		there.Close()
	}()
	hello := make([]byte, 16<<10)
	n, err := here.Read(hello)
	if err != nil {
		t.Fatal(err)
	}
	return hello[:n]
}

func TestNoAuthority(t *testing.T) {
	folder, _ := makeAuthority(t)
	if err := os.WriteFile(filepath.Join(folder, "ca.key"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{t.TempDir(), folder} {
		if _, err := readAuthority(folder); err == nil {
			t.Errorf("an authority was read from %s", folder)
		}
	}
}
