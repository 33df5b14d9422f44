package mailfetch

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// scripted is a server that signs in, opens a folder of n mails and hands all
// other commands to fetch.
func scripted(t *testing.T, n int, rest mailtest.Script) (*Fetcher, Account) {
	t.Helper()
	return scriptedWith(t, "", n, rest)
}

// scriptedWith is scripted for a server with capabilities.
func scriptedWith(t *testing.T, caps string, n int, rest mailtest.Script) (*Fetcher, Account) {
	t.Helper()
	cert := mailtest.NewCert(t)
	port := mailtest.NewScript(t, cert, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello", func(tag, command string) (string, bool) {
		switch verb, _, _ := strings.Cut(command, " "); verb {
		case "AUTHENTICATE":
			return tag + " OK [CAPABILITY IMAP4rev1" + caps + "] in\r\n", true
		case "EXAMINE", "SELECT":
			return fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n* FLAGS (\\Seen)\r\n%s OK [READ-ONLY] open\r\n", n, n+1, tag), true
		case "LOGOUT":
			return "* BYE bye\r\n" + tag + " OK\r\n", false
		}
		return rest(tag, command)
	})
	return fetcher(cert.Roots, port), account(port, ImplicitTLS)
}

// heard is the commands that a scripted server got.
type heard struct {
	mu   sync.Mutex
	list []string
}

// add keeps a command and says how many there are now.
func (h *heard) add(command string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, command)
	return len(h.list)
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list)
}

func sizes(uids ...int) string {
	var b strings.Builder
	for _, uid := range uids {
		fmt.Fprintf(&b, "* %d FETCH (UID %d RFC822.SIZE 5 INTERNALDATE \"01-Jan-2026 00:00:00 +0000\")\r\n", uid, uid)
	}
	return b.String()
}

// TestMailsThatAServerKeepsBack: a batch of six where mail 1 comes well, 2 is
// shadowed by unsolicited flags, 3 has its body before its UID, 4 comes
// without a body, 5 was deleted meanwhile, and 6 never comes at all. 2 and 3
// arrive when asked for alone.
func TestMailsThatAServerKeepsBack(t *testing.T) {
	t.Parallel()
	f, a := scripted(t, 6, func(tag, command string) (string, bool) {
		done := tag + " OK\r\n"
		switch {
		case strings.HasPrefix(command, "UID SEARCH"):
			return "* SEARCH 2 3 4 6\r\n" + done, true
		case strings.Contains(command, "RFC822.SIZE"):
			return sizes(1, 2, 3, 4, 5, 6) + done, true
		case strings.HasPrefix(command, "UID FETCH 1:6 "):
			return "* 1 FETCH (UID 1 BODY[] {5}\r\nmail1)\r\n" +
				"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 BODY[] {5}\r\nmail2)\r\n" +
				"* 3 FETCH (BODY[] {5}\r\nmail3 UID 3)\r\n" +
				"* 4 FETCH (UID 4 BODY[] NIL)\r\n" + done, true
		case strings.HasPrefix(command, "UID FETCH 2 "):
			return "* 2 FETCH (UID 2 BODY[] {5}\r\nmail2)\r\n" + done, true
		case strings.HasPrefix(command, "UID FETCH 3 "):
			return "* 3 FETCH (UID 3 BODY[] {5}\r\nmail3)\r\n" + done, true
		}
		return done, true
	})
	s := open(t, f, a)
	got, outcomes, err := readAll(t, s, []MailID{"1", "2", "3", "4", "5", "6"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[MailID]string{"1": "mail1", "2": "mail2", "3": "mail3"}, got); d != "" {
		t.Error(d)
	}
	want := []OutcomeState{Delivered, Delivered, Delivered, Undelivered, Gone, Undelivered}
	for i, o := range outcomes {
		if o.State != want[i] {
			t.Errorf("mail %s: state %d, want %d", o.ID, o.State, want[i])
		}
	}
}

func TestOddServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string // to UID SEARCH; {tag} is replaced
		want   Kind
	}{
		"unknown response":   {"* XGARBAGE\r\n{tag} OK\r\n", Odd},
		"two thousand":       {"* SEARCH" + odd(2000) + "\r\n{tag} OK\r\n", Odd},
		"four billion":       {"* ESEARCH (TAG \"{tag}\") UID ALL 1:4294967295\r\n{tag} OK\r\n", Odd},
		"more than allowed":  {"* SEARCH" + strings.Repeat(" 1", slackBytes) + "\r\n{tag} OK\r\n", Odd},
		"BYE":                {"* BYE [UNAVAILABLE] restarting\r\n", Unavailable},
		"BYE without a word": {"* BYE\r\n", Dropped},
		"gone":               {"", Dropped},
		"half a line":        {"* SEAR", Dropped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, a := scripted(t, 3, func(tag, _ string) (string, bool) {
				return strings.ReplaceAll(c.answer, "{tag}", tag), strings.Contains(c.answer, "{tag}")
			})
			f.Limits.Mails = 1000
			s := open(t, f, a)
			_, err := s.List(t.Context(), Query{})
			if KindOf(err) != c.want {
				t.Errorf("got %s: %v", KindOf(err), err)
			}
			if _, again := s.List(t.Context(), Query{}); KindOf(again) != c.want {
				t.Errorf("then %v", again)
			}
		})
	}
}

// odd lists n numbers that make no ranges.
func odd(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " %d", 2*i+1)
	}
	return b.String()
}

func TestTooMuchInABatch(t *testing.T) {
	t.Parallel()
	f, a := scripted(t, 1, func(tag, command string) (string, bool) {
		if strings.Contains(command, "RFC822.SIZE") {
			return sizes(1) + tag + " OK\r\n", true
		}
		return "* 1 FETCH (UID 1 BODY[] {4000000}\r\n" + strings.Repeat("x", 4000000) + ")\r\n" + tag + " OK\r\n", true
	})
	s := open(t, f, a)
	if _, _, err := readAll(t, s, []MailID{"1"}); KindOf(err) != Odd {
		t.Errorf("a mail of 4 MB that said 5 bytes: %v", err)
	}
}

// TestServerThatFindsMore: a server that answers a search with other mails
// than were asked for does not get them moved.
func TestServerThatFindsMore(t *testing.T) {
	t.Parallel()
	var said heard
	f, a := scriptedWith(t, " UIDPLUS", 9, func(tag, command string) (string, bool) {
		said.add(command)
		if strings.HasPrefix(command, "UID SEARCH") {
			return "* SEARCH 1 2 3 4\r\n" + tag + " OK\r\n", true
		}
		return tag + " OK\r\n", true
	})
	s := open(t, f, a)
	if _, err := s.Finish(t.Context(), []MailID{"2", "3", "9"}, Disposal{Action: Move, Folder: "Reports"}); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	want := []string{"UID SEARCH UID 2:3,9 UNDELETED", `UID COPY 2:3 "REPORTS"`, `UID STORE 2:3 +FLAGS.SILENT (\DELETED)`, "UID EXPUNGE 2:3"}
	if d := cmp.Diff(want, said.all()); d != "" {
		t.Error(d)
	}
}

// TestServerThatCopiesFewer: only what the server says it copied is removed,
// and of that only what it was told to copy.
func TestServerThatCopiesFewer(t *testing.T) {
	t.Parallel()
	for code, removed := range map[string]string{
		"": "1:4", "[COPYUID 8 1:4 1:4] ": "1:4", "[COPYUID 8 2,4 1:2] ": "2,4", "[COPYUID 8 3:9 1:7] ": "3:4", "[COPYUID 8 9 1] ": "",
	} {
		var said heard
		f, a := scriptedWith(t, " UIDPLUS", 9, func(tag, command string) (string, bool) {
			switch verb, _, _ := strings.Cut(strings.TrimPrefix(command, "UID "), " "); verb {
			case "SEARCH":
				return "* SEARCH 1 2 3 4\r\n" + tag + " OK\r\n", true
			case "COPY":
				return tag + " OK " + code + "copied\r\n", true
			}
			said.add(command)
			return tag + " OK\r\n", true
		})
		s := open(t, f, a)
		if _, err := s.Finish(t.Context(), []MailID{"1", "2", "3", "4"}, Disposal{Action: Move, Folder: "Reports"}); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		var want []string
		if removed != "" {
			want = []string{"UID STORE " + removed + ` +FLAGS.SILENT (\DELETED)`, "UID EXPUNGE " + removed}
		}
		if d := cmp.Diff(want, said.all()); d != "" {
			t.Error(code, d)
		}
	}
}
