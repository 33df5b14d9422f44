package demo

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// The account of the demonstration mailbox. Fixed, because a mailbox that was
// connected yesterday has to open today; worth nothing, because the server
// listens on loopback and holds invented mail.
const (
	Username = "dmarc@example.org"
	Password = "demonstration"
)

// ServeConfig says what to serve, and where.
type ServeConfig struct {
	Story Story
	Now   time.Time
	Addr  string // loopback; "127.0.0.1:0" picks a port. Keep it across restarts, as the mailbox does
}

// Server is a running demonstration mail server: IMAP with TLS from the first
// byte. UIDVALIDITY and UIDs are the same at every start of the same story, so
// a mailbox goes on where it stopped.
type Server struct {
	Host     string // name for the connection; in the certificate
	Port     uint16
	Roots    *x509.CertPool // the system's and the throw-away certificate; for development only
	Manifest Manifest
	Mails    int

	done chan struct{}
}

// Serve starts the server; it ends with ctx. It refuses to listen on anything
// but loopback.
func Serve(ctx context.Context, c ServeConfig) (*Server, error) {
	cert, roots, err := throwAway(c.Now)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the demonstration mailbox: %w", err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		_ = l.Close() // nothing was served
		return nil, fmt.Errorf("demonstration mailbox on %s: loopback only", l.Addr())
	}
	s := &Server{Host: "localhost", Port: at.AddrPort().Port(), Roots: roots, done: make(chan struct{})}
	store, err := s.load(c)
	if err != nil {
		_ = l.Close() // nothing was served
		return nil, err
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		Caps:   imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapESearch: {}},
		Logger: log.New(io.Discard, "", 0),
	})
	tlsListener := tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		defer close(s.done)
		defer stop()
		_ = server.Serve(tlsListener) // ends with ctx, or with the listener
	}()
	return s, nil
}

func (s *Server) load(c ServeConfig) (*imapmemserver.Server, error) {
	user := imapmemserver.NewUser(Username, Password)
	if err := user.Create("INBOX", nil); err != nil {
		return nil, fmt.Errorf("create the demonstration mailbox: %w", err)
	}
	mails, manifest := c.Story.Mails(c.Now)
	s.Manifest, s.Mails = manifest, len(mails)
	for _, m := range mails {
		if _, err := user.Append("INBOX", literal{bytes.NewReader(m.Raw)}, &imap.AppendOptions{Time: m.Received}); err != nil {
			return nil, fmt.Errorf("fill the demonstration mailbox: %w", err)
		}
	}
	store := imapmemserver.New()
	store.AddUser(user)
	return store, nil
}

// Wait returns once the server has ended.
func (s *Server) Wait() { <-s.done }

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// throwAway makes a certificate for loopback that lives as long as the process.
func throwAway(now time.Time) (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the demonstration key: %w", err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "localhost", Organization: []string{"Sendvery demonstration"}},
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the demonstration certificate: %w", err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("read the demonstration certificate: %w", err)
	}
	// Real mailboxes are connected beside the demonstration: what the system
	// trusts stays trusted. Where it has no list, only the demonstration is.
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AddCert(c)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: c}, roots, nil
}
