package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// authority is the image's own: it certifies whatever name a client in the guest asks for. Its key comes with the image, so
// it proves nothing to anyone; the guest's programs speak TLS because they insist on it.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	// One key for all names: a new certificate then costs one signature.
	leafKey *ecdsa.PrivateKey
	mu      sync.Mutex
	leaves  map[string]*tls.Certificate
}

// leafLimit bounds the certificates kept. A guest that asks for more names pays for them again.
const leafLimit = 256

// readAuthority reads ca.crt and ca.key (PEM).
func readAuthority(folder string) (*authority, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "ca.crt"), filepath.Join(folder, "ca.key"))
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &authority{certificate: certificate, key: pair.PrivateKey.(crypto.Signer), leafKey: leafKey, leaves: map[string]*tls.Certificate{}}, nil
}

// config is for a server. What it leaves to the library is right for a processor without AES instructions: ChaCha20 comes
// first, session tickets are on. Measured on 386, a handshake's two sides together: X25519 4.0 ms, P-256 4.8 ms, RSA-2048
// instead of ECDSA 12.6 ms; ChaCha20 62 MB/s, AES-GCM 27 MB/s. The post-quantum exchanges cost time and protect nothing here.
func (a *authority) config() *tls.Config {
	return &tls.Config{
		MinVersion:       tls.VersionTLS12,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256},
		// small records first would be a call to the kernel each; nothing here waits for a first byte
		DynamicRecordSizingDisabled: true,
		// without h2: nothing is far away, and its framing is work
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.leaf(strings.ToLower(hello.ServerName))
		},
	}
}

// leaf gives the certificate of a host; "" is for clients that name none, and ask for the address itself.
func (a *authority) leaf(name string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if kept := a.leaves[name]; kept != nil {
		return kept, nil
	}
	made, err := a.certify(name)
	if err != nil {
		return nil, err
	}
	if len(a.leaves) >= leafLimit {
		clear(a.leaves)
	}
	a.leaves[name] = made
	return made, nil
}

func (a *authority) certify(name string) (*tls.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// as long as the authority: the guest's clock is the visitor's, right or wrong
		NotBefore:             a.certificate.NotBefore,
		NotAfter:              a.certificate.NotAfter.Add(-time.Second),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if name == "" {
		template.IPAddresses = []net.IP{internetAddress}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.leafKey.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.leafKey}, nil
}
