package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Inbox is a submission server that keeps what it takes. Its only password is
// "correct".
type Inbox struct {
	Addr string // localhost:port

	mu    sync.Mutex
	mails []string
	users []string
	came  chan string
}

// NewInbox starts one. With a certificate it speaks TLS: from the first byte,
// or else when it is asked to (STARTTLS).
func NewInbox(tb TB, cert *Cert, implicit bool) *Inbox {
	tb.Helper()
	l := listen(tb)
	b := &Inbox{Addr: strings.Replace(l.Addr().String(), "127.0.0.1", Host, 1), came: make(chan string, 100)}
	s := smtp.NewServer(b)
	s.Domain, s.ReadTimeout, s.WriteTimeout, s.ErrorLog = Host, 10*time.Second, 10*time.Second, quiet{}
	if cert != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert.TLS}, MinVersion: tls.VersionTLS12}
	}
	if implicit {
		l = tls.NewListener(l, s.TLSConfig)
	}
	go func() { _ = s.Serve(l) }() // ends with Close
	tb.Cleanup(func() { _ = s.Close() })
	return b
}

// Taken returns the mails that it took, and who signed in.
func (b *Inbox) Taken() (mails, users []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mails, b.users
}

// Next waits for the next mail.
func (b *Inbox) Next(tb TB) string {
	tb.Helper()
	select {
	case mail := <-b.came:
		return mail
	case <-time.After(30 * time.Second):
		tb.Fatal("no mail came")
		return ""
	}
}

// NewSession implements smtp.Backend.
func (b *Inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &submission{b}, nil }

type submission struct{ *Inbox }

// AuthMechanisms implements smtp.AuthSession.
func (*submission) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (s *submission) Auth(string) (sasl.Server, error) {
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

// Mail implements smtp.Session.
func (*submission) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (*submission) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Reset implements smtp.Session.
func (*submission) Reset() {}

// Logout implements smtp.Session.
func (*submission) Logout() error { return nil }

// Data implements smtp.Session.
func (s *submission) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(content))
	s.came <- string(content)
	return nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
