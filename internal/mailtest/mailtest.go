// Package mailtest is the mail servers that tests talk to: a real Dovecot, the
// IMAP library's own server with faults, a server that follows a script, a
// proxy that spoils what passes through it, and an inbox for the program's own
// mail. Everything listens on loopback and ends with the test. Never imported
// by production code.
package mailtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// TB is whoever starts a server: *testing.T, or a program that measures.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Host is the name in the certificates; it resolves to loopback everywhere.
const Host = "localhost"

// Cert is a server certificate and the authority that signed it.
type Cert struct {
	TLS   tls.Certificate
	Roots *x509.CertPool // trusts the authority; the certificate of SelfSigned is in no pool

	Authority []byte // the authority's own certificate in PEM form; nil of SelfSigned

	chain, key []byte // PEM
}

// CertOption changes a certificate before it is signed.
type CertOption func(*x509.Certificate)

// ForHost names another host than localhost.
func ForHost(name string) CertOption {
	return func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{name}, nil }
}

// Expired ended yesterday.
func Expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
}

// NewCert makes a certificate for localhost and 127.0.0.1 under an authority
// of its own.
func NewCert(tb TB, options ...CertOption) *Cert {
	tb.Helper()
	caKey, ca := newKey(tb), certTemplate("Test authority")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		tb.Fatal(err)
	}
	root, err := x509.ParseCertificate(caDER)
	if err != nil {
		tb.Fatal(err)
	}
	c := sign(tb, root, caKey, options)
	c.Roots = x509.NewCertPool()
	c.Roots.AddCert(root)
	c.Authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	return c
}

// SelfSigned makes a certificate that nobody signed but itself.
func SelfSigned(tb TB) *Cert {
	tb.Helper()
	c := sign(tb, nil, nil, nil)
	c.Roots = x509.NewCertPool()
	return c
}

func sign(tb TB, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, options []CertOption) *Cert {
	tb.Helper()
	key, leaf := newKey(tb), certTemplate("Test server")
	leaf.DNSNames, leaf.IPAddresses = []string{Host}, []net.IP{net.IPv4(127, 0, 0, 1)}
	for _, o := range options {
		o(leaf)
	}
	if parent == nil {
		parent, parentKey = leaf, key
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, &key.PublicKey, parentKey)
	if err != nil {
		tb.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	c := &Cert{
		chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:   pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}),
	}
	if c.TLS, err = tls.X509KeyPair(c.chain, c.key); err != nil {
		tb.Fatal(err)
	}
	return c
}

func newKey(tb TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func certTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: []string{name}},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

// Files puts certificate and key into dir and returns their paths.
func (c *Cert) Files(tb TB, dir string) (chain, key string) {
	tb.Helper()
	chain, key = filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	for path, data := range map[string][]byte{chain: c.chain, key: c.key} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return chain, key
}

func listen(tb TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func portOf(l net.Listener) uint16 { return netip.MustParseAddrPort(l.Addr().String()).Port() }

func dial(port uint16) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
}
