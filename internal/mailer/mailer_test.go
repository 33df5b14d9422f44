package mailer_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/mailtest"
)

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
	for scheme, implicit := range map[string]bool{"smtps": true, "smtp": false} {
		b := mailtest.NewInbox(t, cert, implicit)
		if err := send(t, scheme+"://me:correct@"+b.Addr, cert); err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		mails, users := b.Taken()
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
	plain, untrusted := mailtest.NewInbox(t, nil, false), mailtest.NewInbox(t, stranger, false)
	for name, url := range map[string]string{
		"a server without STARTTLS":        "smtp://me:correct@" + plain.Addr,
		"a certificate of somebody else's": "smtp://me:correct@" + untrusted.Addr,
	} {
		if err := send(t, url, cert); !fault.Is(err, fault.Temporary) {
			t.Errorf("%s: %v, want a failure that is tried again", name, err)
		}
	}
	for _, b := range []*mailtest.Inbox{plain, untrusted} {
		if mails, users := b.Taken(); len(mails)+len(users) != 0 {
			t.Errorf("it took %d mails from %v", len(mails), users)
		}
	}
}

func TestWrongPasswordIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	if err := send(t, "smtp://me:wrong@"+mailtest.NewInbox(t, cert, false).Addr, cert); !fault.Is(err, fault.Temporary) {
		t.Errorf("%v", err)
	}
}
