package mailfetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// popMails are mails that test the way POP3 carries them, at the places where
// a reader may go wrong.
func popMailAt(n int) string {
	switch n % 8 {
	case 0:
		return "Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n. \r\n"
	case 1:
		return "Subject: long\r\n\r\n" + strings.Repeat("x", 20_000) + "\r\n." + strings.Repeat("y", popLine-1) + "\r\n"
	case 2:
		return "Subject: no line end\r\n\r\nlast"
	case 3:
		return "Subject: bare LF\n\n.one\ntwo\n.\nthree\n"
	case 4:
		return "Subject: nothing else\r\n\r\n"
	case 5:
		return "Subject: only dots\r\n\r\n" + strings.Repeat(".\r\n", 3000)
	case 6:
		return fmt.Sprintf("Subject: buffer\r\n\r\n%s\r\n.%d\r\n", strings.Repeat("z", popLine-60+n%120), n)
	default:
		return string(mail(n))
	}
}

// asPOP3 is a mail as Dovecot hands it out: it turns LF into CR LF, and ends
// the last line.
func asPOP3(raw string) string {
	s := strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
	if !strings.HasSuffix(s, "\n") {
		s += "\r\n"
	}
	return s
}

func popAccount(port uint16, security Security) Account {
	a := account(port, security)
	a.Protocol = POP3
	return a
}

func TestPOP3(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	const mails = 640
	for n := range mails {
		d.Deliver(t, []byte(popMailAt(n)), time.Date(2026, 1, 1, 10, n, 0, 0, time.UTC), []string{"", "S", "F", "ST"}[n%4])
	}
	before := d.Snapshot(t)
	for security, port := range map[Security]uint16{ImplicitTLS: d.POP3S, STARTTLS: d.POP3} {
		f, a := fetcher(cert.Roots, port), popAccount(port, security)
		s := open(t, f, a)
		all, err := s.List(t.Context(), Query{})
		if err != nil || len(all.IDs) != mails || all.Reset {
			t.Fatalf("%s: %d mails, %v", security, len(all.IDs), err)
		}
		for at := 0; at < mails; at += 300 {
			ids := all.IDs[at:min(at+300, mails)]
			got, outcomes, err := readPOP3(t, s, ids)
			if err != nil || len(got) != len(ids) {
				t.Fatalf("%s: %d mails, %v", security, len(got), err)
			}
			for i, id := range ids {
				if want := asPOP3(popMailAt(at + i)); got[id] != want {
					t.Errorf("%s: mail %d is %.80q, want %.80q", security, at+i, got[id], want)
				}
				if o := outcomes[i]; o.State != Delivered || o.Size != int64(len(got[id])) {
					t.Errorf("%s: outcome %+v", security, o)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(before, d.Snapshot(t)); d != "" {
			t.Errorf("%s: the mailbox changed: %.2000s", security, d)
		}
	}
}

// readPOP3 fetches ids and returns bodies by id.
func readPOP3(t *testing.T, s Session, ids []MailID) (map[MailID]string, []Outcome, error) {
	t.Helper()
	got := map[MailID]string{}
	outcomes, err := s.Fetch(t.Context(), ids, func(m Mail) error {
		var body bytes.Buffer
		_, err := body.ReadFrom(m.Body)
		if err == nil {
			got[m.ID] = body.String()
		}
		return err
	})
	return got, outcomes, err
}

func TestPOP3Steps(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: "mail_max_userip_connections = 2\n"})
	for n := range 3 {
		d.Deliver(t, mail(n), time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC), "")
	}
	f, a := fetcher(cert.Roots, d.POP3), popAccount(d.POP3, STARTTLS)
	var seen []string
	s, err := f.Open(t.Context(), a, func(s Step) {
		seen = append(seen, fmt.Sprintf("%s %s %d", s.Name, s.State, s.Mails))
		if s.Sentence == "" || s.Advice != "" {
			t.Errorf("step %+v", s)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"resolve running 0", "resolve ok 0", "connect running 0", "connect ok 0", "tls running 0", "tls ok 0",
		"sign-in running 0", "sign-in ok 0", "folder running 0", "folder ok 0", "count running 0", "count ok 3",
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Error(d)
	}
	if got := s.Folder(); got.Mails != 3 || got.Name != "INBOX" || got.Generation != "pop3" {
		t.Errorf("folder %+v", got)
	}
	all, err := s.List(t.Context(), Query{After: Cursor{validity: 1, uid: 99}, Since: time.Now()})
	if err != nil || len(all.IDs) != 3 || all.Reset {
		t.Errorf("list: %+v %v", all, err)
	}
	newest, err := s.List(t.Context(), Query{Newest: 2})
	if d := cmp.Diff([]MailID{all.IDs[2], all.IDs[1]}, newest.IDs); err != nil || d != "" {
		t.Errorf("newest: %v %s", err, d)
	}
	if c, err := s.CursorAt(all.IDs[0]); err != nil || !c.IsZero() || POP3.Ordered() {
		t.Errorf("cursor %v %v", c, err)
	}
	if s.CanWatch() {
		t.Error("POP3 tells of new mail")
	}
	if _, err := s.Watch(t.Context(), time.Minute); KindOf(err) != BadAccount {
		t.Errorf("watch: %v", err)
	}
	_ = open(t, f, a)
	expect(t, f, a, Throttled, StepSignIn)
	d.Kick(t)
	for until := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(until); { // it takes a moment to arrive
		_, _, err = readPOP3(t, s, all.IDs)
	}
	if err == nil || KindOf(err) != Dropped {
		t.Errorf("after a kick: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wrong := a
	wrong.Password = "wrong"
	expect(t, f, wrong, WrongPassword, StepSignIn)
}

func TestPOP3TooLargeIsNotDownloaded(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	d.Deliver(t, mail(1), time.Now(), "")
	d.Deliver(t, bytes.Repeat([]byte("x: 3456789012345678901234567890\r\n"), 10_000), time.Now(), "")
	_, f, a := through(t, fetcher(cert.Roots, d.POP3S), popAccount(0, ImplicitTLS), d.POP3S, mailtest.Spoil{CutAfter: 100_000})
	f.Limits.MailBytes = 100_000
	s := open(t, f, a)
	all, err := s.List(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	got, outcomes, err := readPOP3(t, s, all.IDs)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d mails, %v", len(got), err)
	}
	if o := outcomes[1]; o.State != TooLarge || o.Size != 330_000 {
		t.Errorf("outcome %+v", o)
	}
}

// TestPOP3MemoryIsBounded reads a mail of 60 MB. It runs alone, since it counts
// what the whole program allocates.
//
//nolint:paralleltest // see above
func TestPOP3MemoryIsBounded(t *testing.T) {
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	line := []byte(".23456789012345678901234567890123456789012345678901234567890\r\n")
	d.Deliver(t, bytes.Repeat(line, 60<<20/len(line)), time.Now(), "")
	f := fetcher(cert.Roots, d.POP3S)
	f.Limits.MailBytes = 100 << 20
	s := open(t, f, popAccount(d.POP3S, ImplicitTLS))
	all, err := s.List(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	outcomes, err := s.Fetch(t.Context(), all.IDs, func(m Mail) error {
		_, err := io.Copy(io.Discard, m.Body)
		return err
	})
	runtime.ReadMemStats(&after)
	if err != nil || outcomes[0].State != Delivered || outcomes[0].Size < 59<<20 {
		t.Fatalf("%+v %v", outcomes, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("a mail of 60 MB took %d bytes of memory", took)
	}
}

func TestPOP3CallbackErrorEndsSession(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	for n := range 5 {
		d.Deliver(t, mail(n), time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC), "")
	}
	s := open(t, fetcher(cert.Roots, d.POP3S), popAccount(d.POP3S, ImplicitTLS))
	all, err := s.List(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	mine, calls := errors.New("disk full"), 0
	outcomes, err := s.Fetch(t.Context(), append(all.IDs, all.IDs[0]), func(Mail) error { // the first two are not read at all
		if calls++; calls == 3 {
			return mine
		}
		return nil
	})
	var states []OutcomeState
	for _, o := range outcomes {
		states = append(states, o.State)
	}
	if d := cmp.Diff([]OutcomeState{Delivered, Delivered, Undelivered, Undelivered, Undelivered}, states); !errors.Is(err, mine) || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if _, err := s.List(t.Context(), Query{}); err == nil {
		t.Error("the session went on")
	}
	if _, err := s.Finish(t.Context(), all.IDs, Disposal{Action: Delete}); err == nil || len(d.Snapshot(t)) != 5 {
		t.Errorf("a broken session deletes: %v", err)
	}
}
