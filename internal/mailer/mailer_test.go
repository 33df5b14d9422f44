package mailer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/mailtest"
)

// inbox is a submission server that keeps what it takes.
type inbox struct {
	mu    sync.Mutex
	mails []string
	users []string
}

// NewSession implements smtp.Backend.
func (b *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{b}, nil }

type session struct{ *inbox }

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "correct" {
			return errors.New("no")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.users = append(s.users, user)
		return nil
	}), nil
}

func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(content))
	return err
}

func (b *inbox) taken() (mails, users []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mails, b.users
}

// serve starts the server on loopback; wrap may put TLS around it from the
// first byte, tlsConfig offers STARTTLS.
func (b *inbox) serve(t *testing.T, wrap func(net.Listener) net.Listener, tlsConfig *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if wrap != nil {
		l = wrap(l)
	}
	s := smtp.NewServer(b)
	s.Domain, s.TLSConfig, s.ReadTimeout, s.WriteTimeout = "localhost", tlsConfig, 10*time.Second, 10*time.Second
	s.ErrorLog = discard{}
	go func() { _ = s.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = s.Close() })
	return strings.Replace(at, "127.0.0.1", "localhost", 1)
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

var letter = mailer.Message{To: "you@example.org", Subject: "Your link – here", Text: "text twin\r\n.dot\r\n", HTML: "<p>html twin</p>", ID: "unique"}

func send(t *testing.T, url string, cert *mailtest.Cert) error {
	t.Helper()
	s, err := mailer.NewSMTP(url, "Sendvery <sendvery@example.org>", cert.Roots)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return s.Send(ctx, letter)
}

func TestMailGoesOutOverTLSFromTheStartOrBySTARTTLS(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert.TLS}, MinVersion: tls.VersionTLS12}
	for scheme, wrap := range map[string]func(net.Listener) net.Listener{
		"smtps": func(l net.Listener) net.Listener { return tls.NewListener(l, config) },
		"smtp":  nil,
	} {
		var b inbox
		at := b.serve(t, wrap, config)
		if err := send(t, scheme+"://me:correct@"+at, cert); err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		mails, users := b.taken()
		if len(mails) != 1 || len(users) != 1 || users[0] != "me" {
			t.Errorf("%s: %d mails by %v", scheme, len(mails), users)
			continue
		}
		for _, want := range []string{"text twin", ".dot", "html twin", "Message-Id: <unique@example.org>", "To: <you@example.org>"} {
			if !bytes.Contains(bytes.ToLower([]byte(mails[0])), []byte(strings.ToLower(want))) {
				t.Errorf("%s: the mail lacks %q:\n%s", scheme, want, mails[0])
			}
		}
	}
}

func TestNothingIsSentWithoutTrustedTLS(t *testing.T) {
	t.Parallel()
	cert, stranger := mailtest.NewCert(t), mailtest.NewCert(t)
	config := &tls.Config{Certificates: []tls.Certificate{stranger.TLS}, MinVersion: tls.VersionTLS12}
	var plain, untrusted inbox
	for name, url := range map[string]string{
		"a server without STARTTLS":        "smtp://me:correct@" + plain.serve(t, nil, nil),
		"a certificate of somebody else's": "smtp://me:correct@" + untrusted.serve(t, nil, config),
	} {
		if err := send(t, url, cert); !fault.Is(err, fault.Temporary) {
			t.Errorf("%s: %v, want a failure that is tried again", name, err)
		}
	}
	for _, b := range []*inbox{&plain, &untrusted} {
		if mails, users := b.taken(); len(mails)+len(users) != 0 {
			t.Errorf("it took %d mails from %v", len(mails), users)
		}
	}
}

func TestWrongPasswordIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	var b inbox
	at := b.serve(t, nil, &tls.Config{Certificates: []tls.Certificate{cert.TLS}, MinVersion: tls.VersionTLS12})
	if err := send(t, "smtp://me:wrong@"+at, cert); !fault.Is(err, fault.Temporary) {
		t.Errorf("%v", err)
	}
}
