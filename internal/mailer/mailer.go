// Package mailer composes and sends the program's own mail: by SMTP over TLS,
// or into a captured outbox for development and tests.
package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"sendvery.com/sendvery/internal/fault"
)

// Message is one mail to one person, said twice: in text and in HTML.
type Message struct {
	To      string
	Subject string
	Text    string
	HTML    string
	ID      string // unique part of the Message-ID
}

// Sender takes a mail for delivery. An error means that nothing was accepted.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SMTP sends through a submission server. TLS is never optional.
type SMTP struct {
	client *mail.Client
	from   string
	domain string
}

// sendTimeout bounds each command of a delivery.
const sendTimeout = 10 * time.Second

// NewSMTP makes a sender from an address like smtps://user:password@host:465
// (implicit TLS) or smtp://user:password@host:587 (STARTTLS, required).
// from is the sender as it stands in the mail: an address, or "Name <address>".
// roots are the authorities that the server's certificate may come from; nil
// means the system's.
func NewSMTP(server, from string, roots *x509.CertPool) (*SMTP, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, fmt.Errorf("the mail server's address should look like smtps://user:password@host:465")
	}
	opts := []mail.Option{mail.WithTimeout(sendTimeout), mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12})}
	port := "587"
	if u.Scheme == "smtps" {
		port = "465"
		opts = append(opts, mail.WithSSL())
	} else {
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		port = u.Port()
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the mail server's port is not a number")
	}
	opts = append(opts, mail.WithPort(n))
	if u.User != nil {
		password, _ := u.User.Password()
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), opts...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	_, domain, ok := strings.Cut(strings.TrimSuffix(from, ">"), "@")
	if !ok {
		return nil, fmt.Errorf("the sender's address has no domain")
	}
	return &SMTP{client: client, from: from, domain: domain}, nil
}

// Send implements Sender. A failure to deliver is Temporary: it is tried again.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.from); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return fault.Wrap(fault.Invalid, "This e-mail address cannot be written to.", err)
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDate()
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	if err := s.client.DialAndSendWithContext(ctx, msg); err != nil {
		return fault.Wrap(fault.Temporary, "The mail could not be sent just now; it is tried again.", err)
	}
	return nil
}
