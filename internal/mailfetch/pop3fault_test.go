package mailfetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

func TestPOP3Certificates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cert *mailtest.Cert
		want Kind
		tls  func(*tls.Config)
	}{
		"self-signed": {cert: mailtest.SelfSigned(t), want: CertificateUntrusted},
		"wrong host":  {cert: mailtest.NewCert(t, mailtest.ForHost("mail.example.net")), want: CertificateWrongHost},
		"expired":     {cert: mailtest.NewCert(t, mailtest.Expired), want: CertificateExpired},
		"TLS 1.1":     {cert: mailtest.NewCert(t), want: TLSFailed, tls: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }},
	} {
		for _, security := range []Security{ImplicitTLS, STARTTLS} {
			t.Run(name+" "+string(security), func(t *testing.T) {
				t.Parallel()
				port := mailtest.NewLines(t, mailtest.Lines{Cert: c.cert, Implicit: security == ImplicitTLS, Greeting: "+OK hello", TLS: c.tls},
					func(line string) (string, bool) { return popAnswer(1, line), true })
				p, f, a := through(t, fetcher(c.cert.Roots, port), popAccount(0, security), port, mailtest.Spoil{})
				expect(t, f, a, c.want, StepTLS)
				noSecret(t, p)
			})
		}
	}
}

func TestPOP3SendsNothingBeforeTLS(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	plain := mailtest.NewDovecot(t, mailtest.DovecotOptions{})
	secure := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	after := func(command, said string) func([]byte) []byte { // the server's greeting passes
		return func(b []byte) []byte {
			if bytes.HasPrefix(b, []byte(command)) {
				return []byte(said)
			}
			return b
		}
	}
	greeted := func(said string) mailtest.Spoil { return mailtest.Spoil{FromServer: after("+OK Dovecot", said)} }
	begun := func(said string) mailtest.Spoil { return mailtest.Spoil{FromServer: after("+OK Begin TLS", said)} }
	for name, c := range map[string]struct {
		port  uint16
		spoil mailtest.Spoil
		want  Kind
	}{
		"plain-text only":         {plain.POP3, mailtest.Spoil{}, TLSNotOffered},
		"command stripped":        {secure.POP3, mailtest.Spoil{FromClient: after("STLS", "XXXX\r\n")}, TLSNotOffered},
		"answered by the middle":  {plain.POP3, mailtest.Spoil{FromServer: after("-ERR", "+OK begin\r\n")}, Interference},
		"injected after +OK":      {secure.POP3, begun("+OK begin\r\n+OK\r\nSASL PLAIN\r\n.\r\n"), Interference},
		"injected with greeting":  {secure.POP3, greeted("+OK hello\r\n+OK begin\r\n"), TLSFailed},
		"no POP3 at all":          {secure.POP3, greeted("220 smtp ready\r\n"), TLSFailed},
		"busy":                    {secure.POP3, greeted("-ERR [SYS/TEMP] come back\r\n"), Unavailable},
		"turned away":             {secure.POP3, greeted("-ERR go away\r\n"), Dropped},
		"closed at once":          {secure.POP3, mailtest.Spoil{CutAfter: 1}, Dropped},
		"endless line":            {secure.POP3, greeted(strings.Repeat("+OK ", 4000)), Odd},
		"TLS from the first byte": {secure.POP3S, mailtest.Spoil{}, TimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, f, a := through(t, fetcher(cert.Roots, c.port), popAccount(0, STARTTLS), c.port, c.spoil)
			f.Limits.Silence = time.Second
			var last Step
			_, err := f.Open(t.Context(), a, func(s Step) { last = s })
			if err == nil || KindOf(err) != c.want || last.Name != StepTLS {
				t.Errorf("%s at %s: %v", KindOf(err), last.Name, err)
			}
			noSecret(t, p)
		})
	}
	expect(t, fetcher(cert.Roots, plain.POP3), popAccount(plain.POP3, ImplicitTLS), TLSNotOffered, StepTLS)
	mute := mailtest.NewProxy(t, 0, mailtest.Spoil{Mute: true})
	f := fetcher(nil, mute.Port)
	f.Limits.Silence = 200 * time.Millisecond
	expect(t, f, popAccount(mute.Port, STARTTLS), TimedOut, StepTLS)
}

func TestPOP3SignInChoosesTheMethod(t *testing.T) {
	t.Parallel()
	for caps, want := range map[string]string{
		"+OK\r\nUIDL\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n": "AUTH PLAIN",
		"+OK\r\nuidl\r\nsasl login plain\r\n.\r\n":         "AUTH PLAIN",
		"+OK\r\nUIDL\r\nUSER\r\nSASL XOAUTH2\r\n.\r\n":     "USER",
		"+OK\r\nUIDL\r\n.\r\n":                             "USER",
		"+OK\r\n\r\n.\r\n":                                 "USER",
		"-ERR what?\r\n":                                   "USER",
		"+OK\r\nUIDL\r\nSASL XOAUTH2\r\n.\r\n":             "",
	} {
		p, f, a := scriptedPOP3(t, 1, func(line string) string {
			switch verb, _, _ := strings.Cut(line, " "); verb {
			case "CAPA":
				return caps
			case "AUTH":
				return "+ \r\n"
			case "USER":
				return "+OK\r\n"
			case "PASS", "AHJlcG9ydHNAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==":
				return "-ERR [AUTH] no\r\n"
			}
			return ""
		})
		kind := WrongPassword
		if want == "" {
			kind = PasswordsRefused
		}
		expect(t, f, a, kind, StepSignIn)
		if used := slices.Concat(p.lines("AUTH"), p.lines("USER")); want == "" && len(used) != 0 || want != "" && (len(used) != 1 || !strings.HasPrefix(used[0], want)) {
			t.Errorf("%q: used %q, want %q", caps, used, want)
		}
	}
}

func TestPOP3NeedsUniqueIDs(t *testing.T) {
	t.Parallel()
	for uidl, want := range map[string]Kind{"-ERR unknown command\r\n": NoUniqueIDs, "-ERR [SYS/TEMP] busy\r\n": Unavailable} {
		_, f, a := scriptedPOP3(t, 1, func(line string) string {
			return map[string]string{"CAPA": "-ERR unknown command\r\n", "UIDL": uidl}[line]
		})
		expect(t, f, a, want, StepFolder)
	}
	_, f, a := scriptedPOP3(t, 1, func(line string) string { return map[string]string{"CAPA": "-ERR unknown command\r\n"}[line] })
	if got, _, err := readPOP3(t, open(t, f, a), []MailID{"id1"}); err != nil || got["id1"] != "mail1\r\n" {
		t.Errorf("a server from before CAPA: %q %v", got, err)
	}
}

func TestPOP3OddServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command, answer string
		want            Kind
	}{
		"STAT without numbers":      {"STAT", "+OK\r\n", Odd},
		"STAT of many":              {"STAT", "+OK 1001 1\r\n", Odd},
		"STAT of fewer than none":   {"STAT", "+OK -1 1\r\n", Odd},
		"no POP3":                   {"STAT", "* OK hello\r\n", Odd},
		"UIDL of one field":         {"UIDL", "+OK\r\n1\r\n.\r\n", Odd},
		"UIDL of three fields":      {"UIDL", "+OK\r\n1 a b\r\n.\r\n", Odd},
		"UIDL of nothing":           {"UIDL", "+OK\r\n\r\n.\r\n", Odd},
		"UIDL of mail 0":            {"UIDL", "+OK\r\n0 a\r\n.\r\n", Odd},
		"UIDL of letters":           {"UIDL", "+OK\r\na b\r\n.\r\n", Odd},
		"a number twice":            {"UIDL", "+OK\r\n1 a\r\n1 b\r\n.\r\n", Odd},
		"bytes that are no text":    {"UIDL", "+OK\r\n1 a\x00\xff\r\n.\r\n", Odd},
		"an id of 300 bytes":        {"UIDL", "+OK\r\n1 " + strings.Repeat("a", 300) + "\r\n.\r\n", Odd},
		"more mails than allowed":   {"UIDL", "+OK\r\n" + manyIDs(1001) + ".\r\n", Odd},
		"a line of 9 KB":            {"UIDL", "+OK\r\n1 " + strings.Repeat("a", 9<<10) + "\r\n.\r\n", Odd},
		"more bytes than allowed":   {"UIDL", "+OK " + strings.Repeat(strings.Repeat("a", 4000)+"\r\n", 2000), Odd},
		"unasked":                   {"UIDL", "+OK\r\n.\r\n+OK\r\n+OK\r\n", Odd},
		"half a listing":            {"UIDL", "+OK\r\n1 a\r\n2", TimedOut},
		"LIST without sizes":        {"LIST", "+OK\r\n1\r\n.\r\n", Odd},
		"LIST of words":             {"LIST", "+OK\r\n1 big\r\n.\r\n", Odd},
		"LIST of less than nothing": {"LIST", "+OK\r\n1 -5\r\n.\r\n", Odd},
		"LIST refused":              {"LIST", "-ERR [LOGIN-DELAY] no\r\n", Throttled},
		"no mail":                   {"RETR 1", "mail\r\n", Odd},
		"half a mail":               {"RETR 1", "+OK\r\nhalf\r\n", TimedOut},
		"a mail without an end":     {"RETR 1", "+OK\r\nhalf\r\n.\n", TimedOut},
		"gone":                      {"RETR 1", hangUp, Dropped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, f, a := scriptedPOP3(t, 3, func(line string) string {
				if line == c.command {
					return c.answer
				}
				return ""
			})
			f.Limits.Mails, f.Limits.Silence = 1000, 2*time.Second
			s, err := f.Open(t.Context(), a, nil)
			if err == nil {
				defer s.Close()
				_, _, err = readPOP3(t, s, []MailID{"id1", "a"})
				if _, again := s.List(t.Context(), Query{}); c.want != Throttled && KindOf(again) != c.want {
					t.Errorf("then %v", again)
				}
			}
			if err == nil || KindOf(err) != c.want {
				t.Errorf("got %s: %v", KindOf(err), err)
			}
		})
	}
}

// TestPOP3ListingOfMany: a POP3 server may list fewer mails than Limits.Mails
// says for IMAP, and its numbers hold in whatever order they come.
func TestPOP3ListingOfMany(t *testing.T) {
	t.Parallel()
	for command, answer := range map[string]string{
		"STAT": fmt.Sprintf("+OK %d 1\r\n", popMails+1),
		"UIDL": "+OK\r\n" + manyIDs(popMails+1) + ".\r\n",
	} {
		_, f, a := scriptedPOP3(t, 3, func(line string) string { return map[string]string{command: answer}[line] })
		s, err := f.Open(t.Context(), a, nil)
		if err == nil {
			_, err = s.List(t.Context(), Query{})
			_ = s.Close()
		}
		if !errors.Is(err, errTooMuch) {
			t.Errorf("%s of too many: %v", command, err)
		}
	}
	_, f, a := scriptedPOP3(t, 3, func(line string) string {
		return map[string]string{"UIDL": "+OK\r\n3 id3\r\n1 id1\r\n2 id2\r\n.\r\n", "LIST": "+OK\r\n2 20000\r\n3 7\r\n1 7\r\n9 7\r\n.\r\n"}[line]
	})
	f.Limits.MailBytes = 10_000
	s := open(t, f, a)
	if l, err := s.List(t.Context(), Query{}); err != nil || !slices.Equal(l.IDs, []MailID{"id1", "id2", "id3"}) {
		t.Errorf("out of order: %v, %v", l.IDs, err)
	}
	if _, outcomes, err := readPOP3(t, s, []MailID{"id1", "id2", "id3"}); err != nil || outcomes[0].State != Delivered || outcomes[1].State != TooLarge || outcomes[2].State != Delivered {
		t.Errorf("out of order: %+v, %v", outcomes, err)
	}
}

func manyIDs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d id%d\r\n", i+1, i+1)
	}
	return b.String()
}

// TestPOP3CutAtAnyByte cuts the connection at many places of a session;
// whatever was handed over was whole, and the next session gets the rest.
func TestPOP3CutAtAnyByte(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	for n := range 8 {
		d.Deliver(t, []byte(popMailAt(n)), time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), "")
	}
	before := unflagged(t, d)
	f, a := fetcher(cert.Roots, d.POP3S), popAccount(d.POP3S, ImplicitTLS)
	all, err := open(t, f, a).List(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	complete := 0
	for cut := 500; cut < 65_000; cut += 100 + cut/40 {
		_, g, b := through(t, f, a, d.POP3S, mailtest.Spoil{CutAfter: cut})
		s, err := g.Open(t.Context(), b, nil)
		if err != nil {
			if k := KindOf(err); !k.Retry() {
				t.Errorf("cut at %d: %v", cut, err)
			}
			continue
		}
		got, outcomes, err := readPOP3(t, s, all.IDs)
		delivered := 0
		for i, o := range outcomes {
			if body, came := got[o.ID]; came && body != asPOP3(popMailAt(i)) {
				t.Errorf("cut at %d: mail %d is %.80q", cut, i, body)
			}
			if o.State == Delivered {
				delivered++
			}
		}
		if delivered != len(got) || err == nil && delivered != 8 || err != nil && KindOf(err) != Dropped {
			t.Errorf("cut at %d: %d of %d delivered, %v", cut, delivered, len(got), err)
		}
		if err == nil {
			complete++
		}
		_ = s.Close()
	}
	if complete == 0 {
		t.Error("no session was complete")
	}
	if d := cmp.Diff(before, unflagged(t, d)); d != "" {
		t.Errorf("the mailbox changed: %.1000s", d)
	}
}

// unflagged are the mails without their flags, sorted: when a session breaks,
// Dovecot marks what it handed out as seen.
func unflagged(t *testing.T, d *mailtest.Dovecot) []string {
	t.Helper()
	return slices.Sorted(maps.Values(d.Snapshot(t)))
}

func TestPOP3SilenceAndCancel(t *testing.T) {
	t.Parallel()
	_, f, a := scriptedPOP3(t, 3, func(string) string { return "" })
	f.Limits.Silence = time.Second
	s := open(t, f, a)
	slow := time.After(2 * f.Limits.Silence)
	if _, err := s.Fetch(t.Context(), []MailID{"id1", "id2", "id3"}, func(m Mail) error {
		<-slow
		slow = time.After(0)
		_, err := io.Copy(io.Discard, m.Body)
		return err
	}); err != nil {
		t.Errorf("slow callback: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f.Limits.Silence = time.Minute
	_, f, a = scriptedPOP3(t, 3, func(line string) string {
		switch line {
		case "RETR 2":
			cancel()
			return "+OK\r\nhalf"
		case "RETR 3": // asked for together with it: its answer would be the other half
			<-t.Context().Done()
		}
		return ""
	})
	s = open(t, f, a)
	outcomes, err := s.Fetch(ctx, []MailID{"id1", "id2", "id3"}, func(m Mail) error {
		_, err := io.Copy(io.Discard, m.Body)
		return err
	})
	if KindOf(err) != Cancelled || !errors.Is(err, context.Canceled) || len(outcomes) != 3 || outcomes[1].State != Undelivered {
		t.Errorf("cancelled fetch: %+v %v", outcomes, err)
	}
	if _, err := f.Open(ctx, a, nil); KindOf(err) != Cancelled {
		t.Errorf("cancelled open: %v", err)
	}
}
