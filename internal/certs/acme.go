package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// challengeProto is what an authority speaks when it tests who answers for a
// name (RFC 8737).
const challengeProto = acme.ALPNProto

const (
	// orderTime bounds an order, with the authority's look at us in between.
	orderTime = 5 * time.Minute
	// turnTime is how long a visitor waits while the first certificate is ordered.
	turnTime = 10 * time.Second
	// askTime bounds one request to the authority.
	askTime = 30 * time.Second
)

// Order says what an ACME authority is asked for.
type Order struct {
	Host      string         // the only name that certificates are asked for
	Directory string         // address of the authority's directory
	Email     string         // where it writes to; may be empty
	Roots     *x509.CertPool // that its own certificate may come from; nil = the system's
}

// ACME is a Source that orders certificates and renews them in time.
type ACME struct {
	store   *Store
	host    string
	manager *autocert.Manager

	first chan struct{} // who asks before there is a certificate waits here for a turn
	got   atomic.Bool   // there is one
}

// NewACME makes a Source of what an authority gives for a host; it is asked
// with the first connection. Its terms are accepted.
func NewACME(store *Store, o Order) *ACME {
	a := &ACME{store: store, host: strings.ToLower(o.Host), first: make(chan struct{}, 1)}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: store, HostPolicy: a.isOurs, Email: o.Email,
		Client: &acme.Client{
			DirectoryURL: o.Directory, UserAgent: "sendvery",
			HTTPClient: &http.Client{Timeout: askTime, Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: askTime,
			}},
		},
	}
	return a
}

// errStranger refuses names that are not ours, with no word of them: it is
// shown to whoever asked.
var errStranger = errors.New("this server does not answer for that name")

// errOrdering is told to who comes too early.
var errOrdering = errors.New("the first certificate is being ordered")

// isOurs lets the authority be asked for our own name only.
func (a *ACME) isOurs(_ context.Context, name string) error {
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if !strings.EqualFold(strings.TrimSuffix(name, "."), a.host) {
		return errStranger
	}
	return nil
}

// GetCertificate implements Source. The first certificate is ordered by one
// replica while the others wait for it.
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	// Whoever speaks TLS 1.3 knows ECDSA on P-256 (RFC 8446 section 9.1), which
	// the library looks for among the cipher suites of older versions.
	asked := &tls.ClientHelloInfo{
		ServerName: hello.ServerName, SupportedProtos: hello.SupportedProtos,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	}
	ctx, cancel := context.WithTimeout(context.Background(), orderTime)
	defer cancel()
	if err := a.isOurs(ctx, hello.ServerName); err != nil { // before the database is asked
		return nil, err
	}
	challenge := len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == challengeProto
	if challenge || a.got.Load() {
		return a.manager.GetCertificate(asked)
	}
	select {
	case a.first <- struct{}{}:
		defer func() { <-a.first }()
	case <-time.After(turnTime):
		return nil, errOrdering
	}
	var cert *tls.Certificate
	err := a.store.DB.Alone(ctx, "the first certificate", func(context.Context) (err error) {
		cert, err = a.manager.GetCertificate(asked)
		return err
	})
	if err != nil {
		a.store.Log.Error("there is no certificate", "error", err)
		return nil, err
	}
	a.got.Store(true)
	return cert, nil
}

// Plain answers the authority's questions over plain HTTP, and has other
// answer everything else.
func (a *ACME) Plain(other http.Handler) http.Handler { return a.manager.HTTPHandler(other) }
