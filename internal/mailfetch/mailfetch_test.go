package mailfetch

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/netguard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fetcher reaches loopback, which production refuses, and trusts roots.
func fetcher(roots *x509.CertPool, port uint16) *Fetcher {
	return &Fetcher{
		Dialer: netguard.New(netguard.Config{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, AllowPorts: []uint16{port}}),
		Roots:  roots,
		Limits: Limits{Silence: 5 * time.Second},
	}
}

func account(port uint16, security Security) Account {
	return Account{Protocol: IMAP, Host: mailtest.Host, Port: port, Security: security, Username: mailtest.User, Password: mailtest.Password}
}

// mail is an ordinary mail with a line that POP3 would have to stuff.
func mail(n int) []byte {
	return fmt.Appendf(nil, "From: a@example.com\r\nSubject: mail %d\r\n\r\n.dot\r\n%s\r\n", n, strings.Repeat("x", n))
}

func memory(t *testing.T, security Security, mails int) (*mailtest.Memory, *Fetcher, Account) {
	t.Helper()
	cert := mailtest.NewCert(t)
	m := mailtest.NewMemory(t, mailtest.Options{Cert: cert, Implicit: security == ImplicitTLS})
	for n := range mails {
		m.Append(t, mail(n), time.Date(2026, 3, 1+n, 12, 0, 0, 0, time.UTC))
	}
	return m, fetcher(cert.Roots, m.Port), account(m.Port, security)
}

func open(t *testing.T, f *Fetcher, a Account) Session {
	t.Helper()
	s, err := f.Open(t.Context(), a, nil)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// readAll fetches ids and returns bodies by id.
func readAll(t *testing.T, s Session, ids []MailID) (map[MailID]string, []Outcome, error) {
	t.Helper()
	got := map[MailID]string{}
	outcomes, err := s.Fetch(t.Context(), ids, func(m Mail) error {
		body, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		if int64(len(body)) != m.Size {
			t.Errorf("mail %s: %d bytes of %d", m.ID, len(body), m.Size)
		}
		got[m.ID] = string(body)
		return nil
	})
	return got, outcomes, err
}

func TestOpenReportsSteps(t *testing.T) {
	t.Parallel()
	for _, security := range []Security{ImplicitTLS, STARTTLS} {
		_, f, a := memory(t, security, 3)
		a.Since = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		var seen []string
		s, err := f.Open(t.Context(), a, func(s Step) {
			seen = append(seen, fmt.Sprintf("%s %s", s.Name, s.State))
			if s.Sentence == "" || s.Advice != "" {
				t.Errorf("%s: step %+v", security, s)
			}
			if s.Name == StepTLS && s.State == Done && (s.TLS == nil || s.TLS.Version != "TLS 1.3" || s.TLS.Subject != "localhost" || s.TLS.Issuer != "Test authority" || s.TLS.Expires.Before(time.Now())) {
				t.Errorf("%s: TLS facts %+v", security, s.TLS)
			}
			if s.Name == StepCount && s.State == Done && s.Mails != 2 {
				t.Errorf("%s: counted %d mails since the second day", security, s.Mails)
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", security, err)
		}
		want := []string{
			"resolve running", "resolve ok", "connect running", "connect ok", "tls running", "tls ok",
			"sign-in running", "sign-in ok", "folder running", "folder ok", "count running", "count ok",
		}
		if d := cmp.Diff(want, seen); d != "" {
			t.Errorf("%s: %s", security, d)
		}
		if got := s.Folder(); got.Mails != 3 || got.Name != "INBOX" || got.Generation != "1" {
			t.Errorf("%s: folder %+v", security, got)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: close: %v", security, err)
		}
		if _, err := s.List(t.Context(), Query{}); KindOf(err) != Cancelled {
			t.Errorf("%s: list after close: %v", security, err)
		}
	}
}

func TestFetchAndCursor(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, STARTTLS, 5)
	s := open(t, f, a)
	all, err := s.List(t.Context(), Query{})
	if d := cmp.Diff([]MailID{"1", "2", "3", "4", "5"}, all.IDs); err != nil || d != "" {
		t.Fatalf("list: %v %s", err, d)
	}
	newest, err := s.List(t.Context(), Query{Newest: 2})
	if d := cmp.Diff([]MailID{"5", "4"}, newest.IDs); err != nil || d != "" {
		t.Fatalf("newest: %v %s", err, d)
	}
	since, err := s.List(t.Context(), Query{Since: time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC)})
	if d := cmp.Diff([]MailID{"4", "5"}, since.IDs); err != nil || d != "" {
		t.Fatalf("since: %v %s", err, d)
	}
	got, outcomes, err := readAll(t, s, append(all.IDs, "77", "2"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if id := MailID(fmt.Sprint(n + 1)); got[id] != string(mail(n)) {
			t.Errorf("mail %s: %q", id, got[id])
		}
		if o := outcomes[n]; o.State != Delivered || o.Size != int64(len(mail(n))) || o.Received.Day() != n+1 {
			t.Errorf("outcome %+v", o)
		}
	}
	if len(outcomes) != 6 || outcomes[5].State != Gone || outcomes[5].ID != "77" {
		t.Errorf("outcome of a mail that is not there: %+v", outcomes)
	}

	cursor, err := s.CursorAt("5")
	if err != nil {
		t.Fatal(err)
	}
	if cursor, err = ParseCursor(cursor.String()); err != nil {
		t.Fatal(err)
	}
	// A range that begins above the last mail is answered with the last mail.
	if l, err := s.List(t.Context(), Query{After: cursor}); err != nil || len(l.IDs) != 0 || l.Reset {
		t.Fatalf("after the last: %+v %v", l, err)
	}
	m.Append(t, mail(9), time.Now())
	if l, err := s.List(t.Context(), Query{After: cursor}); err != nil || !cmp.Equal(l.IDs, []MailID{"6"}) {
		t.Fatalf("after one more: %+v %v", l, err)
	}
	m.Renumber(t)
	m.Append(t, mail(1), time.Now())
	if l, err := open(t, f, a).List(t.Context(), Query{After: cursor}); err != nil || !l.Reset || !cmp.Equal(l.IDs, []MailID{"1"}) {
		t.Fatalf("after renumbering: %+v %v", l, err)
	}
}

func TestCursorForms(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"imap:1", "imap:1:2:3", "pop3:1:2", "imap:x:1", "imap:1:-1", "imap:1:4294967296", "1:2"} {
		if c, err := ParseCursor(bad); err == nil {
			t.Errorf("ParseCursor(%q) = %v", bad, c)
		}
	}
	if c, err := ParseCursor(""); err != nil || !c.IsZero() || c.String() != "" {
		t.Errorf("empty cursor: %v %v", c, err)
	}
}

func TestTooLargeIsNotDownloaded(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 2)
	m.Append(t, append(mail(0), make([]byte, 300_000)...), time.Now())
	f.Limits.MailBytes = 100_000
	p := mailtest.NewProxy(t, m.Port, mailtest.Spoil{CutAfter: 100_000})
	a.Port = p.Port
	f.Dialer = fetcher(nil, p.Port).Dialer
	s := open(t, f, a)
	got, outcomes, err := readAll(t, s, []MailID{"1", "2", "3"})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d mails, %v", len(got), err)
	}
	if o := outcomes[2]; o.State != TooLarge || o.Size < 300_000 {
		t.Errorf("outcome %+v", o)
	}
}

func TestCallbackErrorEndsSession(t *testing.T) {
	t.Parallel()
	_, f, a := memory(t, ImplicitTLS, 5)
	s := open(t, f, a)
	mine := errors.New("disk full")
	calls := 0
	outcomes, err := s.Fetch(t.Context(), []MailID{"1", "2", "3", "4", "5"}, func(Mail) error {
		if calls++; calls == 3 {
			return mine
		}
		return nil
	})
	if !errors.Is(err, mine) || calls != 3 {
		t.Fatalf("after %d calls: %v", calls, err)
	}
	states := []OutcomeState{}
	for _, o := range outcomes {
		states = append(states, o.State)
	}
	if d := cmp.Diff([]OutcomeState{Delivered, Delivered, Undelivered, Undelivered, Undelivered}, states); d != "" {
		t.Error(d)
	}
	if _, err := s.List(t.Context(), Query{}); err == nil {
		t.Error("the session went on")
	}
}

func TestReadingLeavesFlagsAlone(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 2)
	m.Append(t, mail(2), time.Now(), imap.FlagFlagged, imap.FlagDeleted)
	before := contents(t, f, a, "INBOX")
	s := open(t, f, a)
	if got, _, err := readAll(t, s, []MailID{"1", "2", "3"}); err != nil || len(got) != 3 {
		t.Fatal(err)
	}
	_ = s.Close()
	if d := cmp.Diff(before, contents(t, f, a, "INBOX")); d != "" {
		t.Error(d)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 3)
	p := mailtest.NewProxy(t, m.Port, mailtest.Spoil{})
	a.Port, f.Dialer = p.Port, fetcher(nil, p.Port).Dialer
	s := open(t, f, a)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Fetch(ctx, []MailID{"1", "2", "3"}, func(m Mail) error {
		cancel()
		_, err := io.Copy(io.Discard, m.Body)
		return err
	})
	if KindOf(err) != Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled fetch: %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Open(done, a, nil); KindOf(err) != Cancelled {
		t.Errorf("cancelled open: %v", err)
	}
}

func TestKindsSpeak(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for k := range Kind(len(texts)) {
		e := &Error{Kind: k, Host: "mail.example.org", Port: 993, Folder: "INBOX"}
		if names[k.String()] || k.String() == "" || !strings.HasSuffix(e.Sentence(), ".") || !strings.HasSuffix(e.Advice(), ".") || strings.ContainsAny(e.Sentence()+e.Advice(), "{}") {
			t.Errorf("%d %q: %s %s", k, k, e.Sentence(), e.Advice())
		}
		names[k.String()] = true
		if e.Protocol, e.Port = POP3, 995; strings.ContainsAny(e.Sentence()+e.Advice(), "{}") || strings.Contains(e.Sentence()+e.Advice(), "993") {
			t.Errorf("%s of POP3: %s %s", k, e.Sentence(), e.Advice())
		}
		kept, err := json.Marshal(Step{Kind: k})
		var back Step
		if err = errors.Join(err, json.Unmarshal(kept, &back)); err != nil || back.Kind != k {
			t.Errorf("%s: kept as %s: %v", k, kept, err)
		}
	}
	gmail := &Error{Kind: WrongPassword, Host: "imap.gmail.com"}
	if !strings.Contains(gmail.Advice(), "app password") {
		t.Error(gmail.Advice())
	}
}
