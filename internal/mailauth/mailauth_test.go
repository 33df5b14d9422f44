package mailauth_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"sendvery.com/sendvery/internal/mailauth"
)

const plain = "From: Reports <dmarc@reporter.example>\r\nTo: dmarc@example.org\r\nSubject: Report Domain: example.org\r\n\r\nA report.\r\n"

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// signed is a mail with the signature of a domain.
func signed(t *testing.T, mail, domain string) string {
	t.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(mail), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: key, HeaderKeys: []string{"From", "Subject"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var errTemporary, errAbsent = errors.New("no answer"), errors.New("no such name")

// checker knows the keys of two domains, and one whose DNS does not answer.
func checker(asked *atomic.Int32) *mailauth.Checker {
	public := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	return &mailauth.Checker{
		Temporary: func(err error) bool { return errors.Is(err, errTemporary) },
		LookupTXT: func(_ context.Context, name string) ([]string, error) {
			asked.Add(1)
			switch name {
			case "s._domainkey.reporter.example", "s._domainkey.mail.reporter.example", "s._domainkey.other.example":
				return []string{public}, nil
			case "s._domainkey.silent.example":
				return nil, errTemporary
			}
			return nil, errAbsent
		},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	field := func(value string) string { return "Authentication-Results: " + value + "\r\n" }
	honest := signed(t, plain, "reporter.example")
	for _, test := range []struct{ name, mail, trusted, want string }{
		{"signed by the sender", honest, "", "dkim pass reporter.example"},
		{"signed by a host of the sender", signed(t, plain, "mail.reporter.example"), "", "dkim pass mail.reporter.example"},
		{"unsigned", plain, "", "dkim none "},
		{"body changed", strings.Replace(honest, "A report", "A forgery", 1), "", "dkim fail "},
		{"subject changed", strings.Replace(honest, "Domain: example.org", "Domain: example.net", 1), "", "dkim fail "},
		{"signed by somebody else", signed(t, plain, "other.example"), "", "dkim fail "},
		{"signed by both", signed(t, honest, "other.example"), "", "dkim pass reporter.example"},
		{"no such key", signed(t, plain, "absent.example"), "", "dkim fail "},
		{"DNS does not answer", signed(t, strings.Replace(plain, "reporter.example", "silent.example", 1), "silent.example"), "", "dkim temperror "},
		{"two From addresses", signed(t, strings.Replace(plain, "<dmarc@reporter.example>", "<dmarc@reporter.example>, a@google.example", 1), "reporter.example"), "", "dkim fail "},
		{"two From fields", "From: a@google.example\r\n" + honest, "", "dkim fail "},
		{"no mail at all", "\x00\x01", "", "dkim none "},

		{"the server says DMARC passed", field("mx.example.org; dmarc=pass header.from=reporter.example") + plain, "mx.example.org", "header pass reporter.example"},
		{"the server says SPF passed", field("mx.example.org; spf=pass smtp.mailfrom=bounce@b.reporter.example") + plain, "MX.example.org", "header pass b.reporter.example"},
		{"the server says DKIM passed", field("mx.example.org; dkim=pass header.i=@reporter.example header.s=s") + plain, "mx.example.org", "header pass reporter.example"},
		{"SPF passed for somebody else", field("mx.example.org; spf=pass smtp.mailfrom=other.example") + plain, "mx.example.org", "header fail "},
		{"the server found nothing", field("mx.example.org; dkim=none; spf=none") + plain, "mx.example.org", "header none "},
		{"the topmost counts", field("mx.example.org; dmarc=fail header.from=reporter.example") + field("mx.example.org; dmarc=pass header.from=reporter.example") + plain, "mx.example.org", "header fail "},
		{"a quoted local part", field(`mx.example.org; spf=pass smtp.mailfrom="x@reporter.example"@evil.example`) + plain, "mx.example.org", "header fail "},
		{"a quoted identity", field(`mx.example.org; dkim=pass header.i="x@reporter.example"@evil.example`) + plain, "mx.example.org", "header fail "},
		{"the server says DMARC failed", field("mx.example.org; spf=pass smtp.mailfrom=b.reporter.example; dmarc=fail header.from=reporter.example") + plain, "mx.example.org", "header fail "},
		{"the server's word cannot be read", field(`mx.example.org; spf=fail smtp.mailfrom="a(@evil.example`) + field("mx.example.org; dmarc=pass header.from=reporter.example") + plain, "mx.example.org", "dkim none "},
		{"another server's word", field("evil.example; dmarc=pass header.from=reporter.example") + plain, "mx.example.org", "dkim none "},
		{"no server is trusted", field("mx.example.org; dmarc=pass header.from=reporter.example") + plain, "", "dkim none "},
		{"a server without a name", field("spf=pass smtp.mailfrom=reporter.example; dmarc=pass header.from=reporter.example") + plain, "-", "header pass reporter.example"},
		{"a named server where none is expected", field("evil.example; dmarc=pass header.from=reporter.example") + plain, "-", "dkim none "},
	} {
		var asked atomic.Int32
		v := checker(&asked).Check(t.Context(), strings.NewReader(test.mail), int64(len(test.mail)), test.trusted)
		if v == nil {
			t.Errorf("%s: no verdict", test.name)
			continue
		}
		if got := string(v.Method) + " " + string(v.Result) + " " + v.Domain.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if v.Method == mailauth.ByHeader && asked.Load() > 0 {
			t.Errorf("%s: DNS was asked", test.name)
		}
	}
}

func TestWithoutDNSOnlyTrustedServersCount(t *testing.T) {
	t.Parallel()
	c := &mailauth.Checker{}
	mail := signed(t, plain, "reporter.example")
	if v := c.Check(t.Context(), strings.NewReader(mail), int64(len(mail)), ""); v != nil {
		t.Errorf("%+v", v)
	}
	mail = "Authentication-Results: mx.example.org; dmarc=pass header.from=reporter.example\r\n" + plain
	if v := c.Check(t.Context(), strings.NewReader(mail), int64(len(mail)), "mx.example.org"); v == nil || v.Result != mailauth.Pass {
		t.Errorf("%+v", v)
	}
}

func TestManySignaturesAskFewQuestions(t *testing.T) {
	t.Parallel()
	mail := strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=absent.example; s=s; h=from; bh=AA==; b=AA==\r\n", 500) + plain
	var asked atomic.Int32
	if v := checker(&asked).Check(t.Context(), strings.NewReader(mail), int64(len(mail)), ""); v == nil || v.Result != mailauth.Fail || asked.Load() > 5 {
		t.Errorf("%+v after %d questions", v, asked.Load())
	}
}
