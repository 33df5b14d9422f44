package mailfetch

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailtest"
)

// place is a server that mails are put into and read from.
type place struct {
	f    *Fetcher
	a    Account
	port uint16
	add  func(n int, deleted bool) // mail(n), marked by its owner
}

// places starts Dovecot and the library's server, each with the extensions
// that moving and deleting stand on, and without.
func places(t *testing.T) map[string]place {
	t.Helper()
	all := map[string]place{}
	for _, caps := range []string{"MOVE UIDPLUS", "MOVE", "UIDPLUS", ""} {
		all["Dovecot "+caps] = dovecotPlace(t, caps)
		all["memory "+caps] = memoryPlace(t, caps, mailtest.Faults{})
	}
	return all
}

func dovecotPlace(t *testing.T, caps string) place {
	t.Helper()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: "imap_capability = IMAP4rev1 SASL-IR ESEARCH " + caps + "\nmail_max_userip_connections = 100\n"})
	return place{fetcher(cert.Roots, d.IMAPS), account(d.IMAPS, ImplicitTLS), d.IMAPS, func(n int, deleted bool) {
		flag := ""
		if deleted {
			flag = "T"
		}
		d.Deliver(t, mail(n), time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC), flag)
	}}
}

func memoryPlace(t *testing.T, caps string, faults mailtest.Faults) place {
	t.Helper()
	cert := mailtest.NewCert(t)
	set := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range strings.Fields(caps) {
		set[imap.Cap(c)] = struct{}{}
	}
	m := mailtest.NewMemory(t, mailtest.Options{Cert: cert, Implicit: true, Caps: set, Faults: faults})
	return place{fetcher(cert.Roots, m.Port), account(m.Port, ImplicitTLS), m.Port, func(n int, deleted bool) {
		var flags []imap.Flag
		if deleted {
			flags = append(flags, imap.FlagDeleted)
		}
		m.Append(t, mail(n), time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC), flags...)
	}}
}

// fill adds mails 0 to 5, of which the owner has marked 4 as deleted.
func (p place) fill() {
	for n := range 6 {
		p.add(n, n == 4)
	}
}

// contents describes the mails of a folder, subject and flags, in its order,
// through a connection of its own. A folder that is not there has none.
func contents(t *testing.T, f *Fetcher, a Account, folder string) []string {
	t.Helper()
	a.Folder = folder
	s, err := f.Open(t.Context(), a, nil)
	if KindOf(err) == FolderMissing {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Folder().Mails == 0 {
		return nil
	}
	s.(*imapSession).conn.allow(1 << 30)
	section := &imap.FetchItemBodySection{Peek: true}
	data, err := s.(*imapSession).client.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range data {
		_, subject, _ := strings.Cut(string(m.FindBodySection(section)), "Subject: mail ")
		n, _, _ := strings.Cut(subject, "\r\n")
		slices.Sort(m.Flags)
		for _, flag := range m.Flags {
			if flag = imap.Flag(strings.ToLower(string(flag))); flag != `\recent` {
				n += " " + string(flag)
			}
		}
		out = append(out, n)
	}
	return out
}

func TestFinish(t *testing.T) {
	t.Parallel()
	const untouched, marked = "0 1 2 3 4 \\deleted 5", "0 \\deleted 1 \\deleted 2 \\deleted 3 4 \\deleted 5"
	for name, c := range map[string]struct {
		d       Disposal
		inbox   string
		reports string
		without string // INBOX on servers that cannot remove single mails
	}{
		"leave":     {Disposal{Action: Leave}, untouched, "", untouched},
		"mark seen": {Disposal{Action: MarkSeen}, "0 \\seen 1 \\seen 2 \\seen 3 4 \\deleted 5", "", "0 \\seen 1 \\seen 2 \\seen 3 4 \\deleted 5"},
		"move":      {Disposal{Action: Move, Folder: "Déjà & Reports"}, "3 4 \\deleted 5", "0 1 2", marked},
		"delete":    {Disposal{Action: Delete}, "3 4 \\deleted 5", "", marked},
	} {
		for at, p := range places(t) {
			t.Run(name+" "+at, func(t *testing.T) {
				t.Parallel()
				p.fill()
				inbox, wantMarked := c.inbox, false
				if !strings.Contains(at, "UIDPLUS") && (c.d.Action == Delete || c.d.Action == Move && !strings.Contains(at, "MOVE")) {
					inbox, wantMarked = c.without, true
				}
				s := open(t, p.f, p.a)
				for range 2 { // doing it again does no harm, nor does a mail that is gone
					onlyMarked, err := s.Finish(t.Context(), []MailID{"3", "1", "2", "99"}, c.d)
					if err != nil || onlyMarked != wantMarked {
						t.Fatalf("only marked: %v, %v", onlyMarked, err)
					}
					if d := cmp.Diff(inbox, strings.Join(contents(t, p.f, p.a, "INBOX"), " ")); d != "" {
						t.Error("INBOX", d)
					}
					if d := cmp.Diff(c.reports, strings.Join(contents(t, p.f, p.a, "Déjà & Reports"), " ")); d != "" {
						t.Error("target", d)
					}
					s = open(t, p.f, p.a)
				}
			})
		}
	}
}

// TestFinishMany names more mails than one command may.
func TestFinishMany(t *testing.T) {
	t.Parallel()
	const mails = 2*finishChunk + 3
	for at, p := range places(t) {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			var ids []MailID
			for n := range mails {
				p.add(n, false)
				if n != 7 {
					ids = append(ids, mailID(imap.UID(n+1)))
				}
			}
			if _, err := open(t, p.f, p.a).Finish(t.Context(), ids, Disposal{Action: Move, Folder: "Reports"}); err != nil {
				t.Fatal(err)
			}
			left := slices.DeleteFunc(contents(t, p.f, p.a, "INBOX"), func(s string) bool { return strings.HasSuffix(s, `\deleted`) })
			if moved := contents(t, p.f, p.a, "Reports"); len(moved) != mails-1 || !cmp.Equal(left, []string{"7"}) {
				t.Errorf("%d moved, %v left", len(moved), left)
			}
		})
	}
}

// TestMoveLeavesWhatItsOwnerDeleted: a mail that bears the mark already is
// neither moved nor removed, also when it is among those named.
func TestMoveLeavesWhatItsOwnerDeleted(t *testing.T) {
	t.Parallel()
	for at, p := range places(t) {
		p.fill()
		if _, err := open(t, p.f, p.a).Finish(t.Context(), []MailID{"4", "5", "6"}, Disposal{Action: Move, Folder: "Reports"}); err != nil {
			t.Fatal(err)
		}
		inbox, reports := contents(t, p.f, p.a, "INBOX"), contents(t, p.f, p.a, "Reports")
		want := []string{"0", "1", "2", `4 \deleted`}
		if !strings.Contains(at, "MOVE") && !strings.Contains(at, "UIDPLUS") {
			want = []string{"0", "1", "2", `3 \deleted`, `4 \deleted`, `5 \deleted`}
		}
		if !cmp.Equal(inbox, want) || !cmp.Equal(reports, []string{"3", "5"}) {
			t.Errorf("%s: %v, moved %v", at, inbox, reports)
		}
	}
}

// TestTargetThatCannotBe: the mails stay where they are, the owner reads why,
// and the session goes on.
func TestTargetThatCannotBe(t *testing.T) {
	t.Parallel()
	no := mailtest.Faults{Create: &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: "no"}}
	for at, p := range map[string]place{
		"Dovecot MOVE": dovecotPlace(t, "MOVE UIDPLUS"), "Dovecot": dovecotPlace(t, "UIDPLUS"),
		"memory MOVE": memoryPlace(t, "MOVE UIDPLUS", no), "memory": memoryPlace(t, "UIDPLUS", no),
	} {
		p.fill()
		before := contents(t, p.f, p.a, "INBOX")
		s := open(t, p.f, p.a)
		// Longer than a file's name may be; a separator that is none there.
		for _, target := range []string{strings.Repeat("x", 300), "xxx/y"} {
			_, err := s.Finish(t.Context(), []MailID{"1", "2"}, Disposal{Action: Move, Folder: target})
			if KindOf(err) != TargetMissing || !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), target) {
				t.Errorf("%s: %v", at, err)
			}
		}
		for _, same := range []string{"inbox", "INBOX", ""} {
			if _, err := s.Finish(t.Context(), []MailID{"1"}, Disposal{Action: Move, Folder: same}); KindOf(err) != SameFolder {
				t.Errorf("%s: into itself: %v", at, err)
			}
		}
		if _, err := s.List(t.Context(), Query{}); err != nil {
			t.Errorf("%s: reading on: %v", at, err)
		}
		if d := cmp.Diff(before, contents(t, p.f, p.a, "INBOX")); d != "" {
			t.Error(at, d)
		}
	}
}

// TestFinishAnswers: what a server may say while mails are moved.
func TestFinishAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		move, create string
		want         Kind // Odd: none
		commands     string
	}{
		"no such folder, without a code": {"NO who knows", "OK", Odd, "MOVE CREATE MOVE"},
		"and it is there":                {"NO who knows", "NO [ALREADYEXISTS] is there", Unavailable, "MOVE CREATE"},
		"no right to create":             {"NO [TRYCREATE] none", "NO [NOPERM] no", TargetMissing, "MOVE CREATE"},
		"no longer answers":              {"NO [NONEXISTENT] none", "", Dropped, "MOVE CREATE"},
		"over quota":                     {"NO [OVERQUOTA] full", "OK", OverQuota, "MOVE"},
		"read only":                      {"NO [NOPERM] yours is not mine", "OK", NotPermitted, "MOVE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said heard
			f, a := scriptedWith(t, " MOVE UIDPLUS", 3, func(tag, command string) (string, bool) {
				verb, _, _ := strings.Cut(strings.TrimPrefix(command, "UID "), " ")
				if verb == "SEARCH" {
					return "* SEARCH 1\r\n" + tag + " OK\r\n", true
				}
				nth, answer := said.add(verb), c.move
				if verb == "CREATE" {
					answer = c.create
				} else if nth > 2 {
					answer = "OK"
				}
				if answer == "" {
					return "", false
				}
				return tag + " " + answer + "\r\n", true
			})
			s := open(t, f, a)
			_, err := s.Finish(t.Context(), []MailID{"1"}, Disposal{Action: Move, Folder: "Reports"})
			if KindOf(err) != c.want || (err == nil) != (c.want == Odd) {
				t.Errorf("got %v", err)
			}
			_ = s.Close()
			if d := cmp.Diff(c.commands, strings.Join(said.all(), " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRenumberedBeforeFinish: the numbers mean other mails now, so none is
// touched.
func TestRenumberedBeforeFinish(t *testing.T) {
	t.Parallel()
	for _, d := range []Disposal{{Action: MarkSeen}, {Action: Move, Folder: "Reports"}, {Action: Delete}} {
		m, f, a := memory(t, ImplicitTLS, 3)
		s := open(t, f, a)
		m.Renumber(t)
		for n := range 3 {
			m.Append(t, mail(n), time.Now())
		}
		if _, err := s.Finish(t.Context(), []MailID{"1", "2"}, d); err == nil || !KindOf(err).Retry() {
			t.Errorf("action %d: %v", d.Action, err)
		}
		if _, err := s.List(t.Context(), Query{}); err == nil {
			t.Errorf("action %d: the session goes on with numbers that mean nothing", d.Action)
		}
		if got := contents(t, f, a, "INBOX"); !cmp.Equal(got, []string{"0", "1", "2"}) || contents(t, f, a, "Reports") != nil {
			t.Errorf("action %d: %v", d.Action, got)
		}
	}
}

// TestCutWhileFinishing cuts the connection at many places of a move and of a
// deletion, then does it again: every mail is in one of the two folders at
// least, and what was not named stays as it was.
func TestCutWhileFinishing(t *testing.T) {
	t.Parallel()
	for at, p := range places(t) {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			p.add(0, false)
			p.add(1, true)
			move, next := Disposal{Action: Move, Folder: "Reports"}, 2
			var whole atomic.Int64
			finish := func(spoil mailtest.Spoil) error {
				ids := []MailID{mailID(imap.UID(next + 1)), mailID(imap.UID(next + 2))}
				p.add(next, false)
				p.add(next+1, false)
				next += 2
				_, f, a := through(t, p.f, p.a, p.port, spoil)
				if s, err := f.Open(t.Context(), a, nil); err == nil {
					_, cut := s.Finish(t.Context(), ids, move)
					_ = s.Close()
					if cut != nil && !KindOf(cut).Retry() {
						return cut
					}
				}
				s := open(t, p.f, p.a)
				defer s.Close()
				_, err := s.Finish(t.Context(), ids, move)
				return err
			}
			if err := finish(mailtest.Spoil{FromServer: func(b []byte) []byte { whole.Add(int64(len(b))); return b }}); err != nil {
				t.Fatal(err)
			}
			for cut := whole.Load() / 3; cut < whole.Load(); cut += whole.Load() / 40 {
				if err := finish(mailtest.Spoil{CutAfter: int(cut)}); err != nil {
					t.Fatalf("cut at %d: %v", cut, err)
				}
			}
			inbox, reports := contents(t, p.f, p.a, "INBOX"), contents(t, p.f, p.a, "Reports")
			if !cmp.Equal(inbox[:2], []string{"0", `1 \deleted`}) {
				t.Errorf("others: %v", inbox[:2])
			}
			for n := 2; n < next; n++ {
				copies := len(slices.DeleteFunc(slices.Clone(reports), func(s string) bool { return s != fmt.Sprint(n) }))
				if copies == 0 || copies > 2 || copies > 1 && strings.Contains(at, "MOVE") {
					t.Errorf("mail %d: %d copies in the target", n, copies)
				}
				if slices.Contains(inbox, fmt.Sprint(n)) {
					t.Errorf("mail %d was not moved", n)
				}
			}
		})
	}
}
