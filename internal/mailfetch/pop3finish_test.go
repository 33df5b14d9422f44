package mailfetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// subjects are those of the mails that are in the mailbox, sorted.
func subjects(t *testing.T, d *mailtest.Dovecot) []string {
	t.Helper()
	var out []string
	for _, raw := range d.Snapshot(t) {
		_, rest, _ := strings.Cut(raw, "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		out = append(out, subject)
	}
	slices.Sort(out)
	return out
}

func TestPOP3Deletes(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: "pop3_lock_session = yes\n"})
	for n := range 6 {
		d.Deliver(t, mail(n), time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC), []string{"", "T"}[n%2])
	}
	before := d.Snapshot(t)
	f, a := fetcher(cert.Roots, d.POP3S), popAccount(d.POP3S, ImplicitTLS)
	s := open(t, f, a)
	all, err := s.List(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []Action{Move, MarkSeen} {
		if _, err := s.Finish(t.Context(), all.IDs, Disposal{Action: action}); KindOf(err) != BadAccount {
			t.Errorf("action %d: %v", action, err)
		}
	}
	if _, err := s.Finish(t.Context(), all.IDs, Disposal{Action: Leave}); err != nil {
		t.Error(err)
	}
	if _, _, err := readPOP3(t, s, all.IDs); err != nil {
		t.Error(err)
	}
	for range 2 { // doing it again does no harm, nor does a mail that is gone
		marked, err := s.Finish(t.Context(), []MailID{all.IDs[1], all.IDs[4], all.IDs[4], "gone"}, Disposal{Action: Delete})
		if err != nil || marked {
			t.Fatal(marked, err)
		}
	}
	if d := cmp.Diff([]string{"mail 0", "mail 2", "mail 3", "mail 5"}, subjects(t, d)); d != "" {
		t.Error(d)
	}
	for name, content := range d.Snapshot(t) {
		if before[name] != content {
			t.Errorf("%s is new or changed", name)
		}
	}
	if _, err := s.List(t.Context(), Query{}); KindOf(err) != Cancelled {
		t.Errorf("list after finishing: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestPOP3DeleteCut cuts the connection at many bytes of reading and deleting.
// Mails that nobody asked to delete stay, and doing it again completes it.
func TestPOP3DeleteCut(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	for n := range 3 {
		d.Deliver(t, mail(n), time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC), "")
	}
	kept := subjects(t, d)
	f, a := fetcher(cert.Roots, d.POP3S), popAccount(d.POP3S, ImplicitTLS)
	failed := 0
	for cut := 1000; ; cut += 31 {
		for n := range 3 {
			d.Deliver(t, mail(10+n), time.Date(2026, 2, 1, 0, 0, n, 0, time.UTC), "")
		}
		direct := open(t, f, a)
		all, err := direct.List(t.Context(), Query{})
		if err != nil || len(all.IDs) != 6 {
			t.Fatal(len(all.IDs), err)
		}
		victims := all.IDs[3:]
		_, g, b := through(t, f, a, d.POP3S, mailtest.Spoil{CutAfter: cut})
		s, err := g.Open(t.Context(), b, nil)
		if err == nil {
			_, err = s.Finish(t.Context(), victims, Disposal{Action: Delete})
			_ = s.Close()
		}
		if err != nil && !KindOf(err).Retry() {
			t.Errorf("cut at %d: %v", cut, err)
		}
		if now := subjects(t, d); slices.ContainsFunc(kept, func(k string) bool { return !slices.Contains(now, k) }) || err == nil && len(now) != 3 {
			t.Errorf("cut at %d: %v: %v", cut, err, now)
		}
		if _, again := direct.Finish(t.Context(), victims, Disposal{Action: Delete}); again != nil {
			t.Errorf("cut at %d: then %v", cut, again)
		}
		if d := cmp.Diff(kept, subjects(t, d)); d != "" {
			t.Fatalf("cut at %d: after repeating: %s", cut, d)
		}
		if err == nil {
			break
		}
		failed++
	}
	if failed < 20 {
		t.Errorf("cut only %d times", failed)
	}
}

// popScript is a POP3 server that holds n mails and answers by rest, unless it
// says "".
type popScript struct {
	mu   sync.Mutex
	said []string // by clients, without what they say to sign in
}

func (p *popScript) lines(verb string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, line := range p.said {
		if strings.HasPrefix(line, verb) {
			out = append(out, line)
		}
	}
	return out
}

func scriptedPOP3(t *testing.T, n int, rest func(line string) string) (*popScript, *Fetcher, Account) {
	t.Helper()
	p, cert := &popScript{}, mailtest.NewCert(t)
	port := mailtest.NewLines(t, mailtest.Lines{Cert: cert, Implicit: true, Greeting: "+OK hello"}, func(line string) (string, bool) {
		p.mu.Lock()
		p.said = append(p.said, line)
		p.mu.Unlock()
		answer := rest(line)
		if answer == "" {
			answer = popAnswer(n, line)
		}
		if answer == hangUp {
			return "", false
		}
		return answer, true
	})
	return p, fetcher(cert.Roots, port), popAccount(port, ImplicitTLS)
}

// hangUp is what a scripted server says when it says no more.
const hangUp = "hang up"

func popAnswer(n int, line string) string {
	verb, number, _ := strings.Cut(line, " ")
	var list strings.Builder
	for i := range n {
		switch line {
		case "UIDL":
			fmt.Fprintf(&list, "%d id%d\r\n", i+1, i+1)
		case "LIST":
			fmt.Fprintf(&list, "%d 7\r\n", i+1)
		}
	}
	switch verb {
	case "CAPA":
		return "+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.\r\n"
	case "STAT":
		return fmt.Sprintf("+OK %d %d\r\n", n, n*7)
	case "UIDL", "LIST":
		return "+OK\r\n" + list.String() + ".\r\n"
	case "RETR":
		return "+OK\r\nmail" + number + "\r\n.\r\n"
	}
	return "+OK\r\n"
}

// TestPOP3UnconfirmedDeletion: only the +OK to QUIT says that mails are gone.
func TestPOP3UnconfirmedDeletion(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]Kind{"-ERR some deleted messages not removed\r\n": Unavailable, hangUp: Dropped} {
		quits := 0
		p, f, a := scriptedPOP3(t, 3, func(line string) string {
			if line == "QUIT" {
				if quits++; quits == 2 { // the second session of the first Finish
					return answer
				}
			}
			return ""
		})
		s := open(t, f, a)
		_, err := s.Finish(t.Context(), []MailID{"id2", "id3"}, Disposal{Action: Delete})
		if err == nil || KindOf(err) != want {
			t.Errorf("%q: %v", answer, err)
		}
		if _, err := s.Finish(t.Context(), []MailID{"id2", "id3"}, Disposal{Action: Delete}); err != nil {
			t.Errorf("%q: again: %v", answer, err)
		}
		if d := cmp.Diff([]string{"DELE 2", "DELE 3", "DELE 2", "DELE 3"}, p.lines("DELE")); d != "" {
			t.Error(d)
		}
	}
}

// TestPOP3DeletionRefused: what the server does not delete is reported, and
// the rest goes.
func TestPOP3DeletionRefused(t *testing.T) {
	t.Parallel()
	p, f, a := scriptedPOP3(t, 3, func(line string) string {
		if line == "DELE 1" {
			return "-ERR [SYS/PERM] no\r\n"
		}
		return ""
	})
	s := open(t, f, a)
	if _, err := s.Finish(t.Context(), []MailID{"id1", "id3"}, Disposal{Action: Delete}); KindOf(err) != ServerFault {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"DELE 1", "DELE 3", "QUIT"}, append(p.lines("DELE"), p.lines("QUIT")[1:]...)); d != "" {
		t.Error(d)
	}
}

// TestPOP3WaitsForTheLock: some servers let go of a session a little later.
func TestPOP3WaitsForTheLock(t *testing.T) {
	t.Parallel()
	tries, most := 0, 3
	p, f, a := scriptedPOP3(t, 3, func(line string) string {
		if line != "PASS "+mailtest.Password {
			return ""
		}
		if tries++; tries > 1 && tries <= most {
			return "-ERR [IN-USE] locked\r\n"
		}
		return ""
	})
	if _, err := open(t, f, a).Finish(t.Context(), []MailID{"id1"}, Disposal{Action: Delete}); err != nil || tries != 4 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	tries, most = 0, 100
	s := open(t, f, a)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Finish(ctx, []MailID{"id1"}, Disposal{Action: Delete}); KindOf(err) != TimedOut || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := s.Finish(t.Context(), []MailID{"id1"}, Disposal{Action: Delete}); KindOf(err) != MailboxInUse {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"DELE 1"}, p.lines("DELE")); d != "" {
		t.Error(d)
	}
}

// TestPOP3AmbiguousIDs: a server that gives one id to several mails. None is
// lost, and none of them is ever deleted.
func TestPOP3AmbiguousIDs(t *testing.T) {
	t.Parallel()
	listing := "+OK\r\n1 a\r\n2 a\r\n3 b\r\n4 a\r\n5 c\r\n6 c\r\n.\r\n"
	p, f, a := scriptedPOP3(t, 6, func(line string) string {
		if line == "UIDL" {
			return listing
		}
		return ""
	})
	s := open(t, f, a)
	all, err := s.List(t.Context(), Query{})
	if d := cmp.Diff([]MailID{"a", "a 2", "b", "a 3", "c", "c 2"}, all.IDs); err != nil || d != "" {
		t.Fatal(err, d)
	}
	got, _, err := readPOP3(t, s, all.IDs)
	want := map[MailID]string{"a": "mail1\r\n", "a 2": "mail2\r\n", "b": "mail3\r\n", "a 3": "mail4\r\n", "c": "mail5\r\n", "c 2": "mail6\r\n"}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	listing = "+OK\r\n1 a\r\n2 a\r\n3 b\r\n4 c\r\n.\r\n" // which of the two is c?
	if _, err := s.Finish(t.Context(), all.IDs, Disposal{Action: Delete}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"DELE 3"}, p.lines("DELE")); d != "" {
		t.Error(d)
	}
}

// TestPOP3ReadingEndsWithoutUpdate: nothing that a reading session says lets
// the server mark or remove what was read.
func TestPOP3ReadingEndsWithoutUpdate(t *testing.T) {
	t.Parallel()
	for caps, want := range map[string][]string{
		"UIDL\r\nUSER\r\nEXPIRE 0\r\n":     {"RSET"},
		"UIDL\r\nUSER\r\nEXPIRE NEVER\r\n": {"RSET", "QUIT"},
	} {
		p, f, a := scriptedPOP3(t, 2, func(line string) string {
			if line == "CAPA" {
				return "+OK\r\n" + caps + ".\r\n"
			}
			return ""
		})
		s := open(t, f, a)
		if got, _, err := readPOP3(t, s, []MailID{"id1", "id2"}); err != nil || len(got) != 2 {
			t.Error(err)
		}
		_ = s.Close()
		if d := cmp.Diff(want, slices.Concat(p.lines("RSET"), p.lines("DELE"), p.lines("QUIT"))); d != "" {
			t.Errorf("%q: %s", caps, d)
		}
	}
}
