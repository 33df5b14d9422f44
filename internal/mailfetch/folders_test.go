package mailfetch

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// listed opens with a listener and returns the folders that it was told of.
func listed(t *testing.T, f *Fetcher, a Account) ([]string, error) {
	t.Helper()
	var folders []string
	s, err := f.Open(t.Context(), a, func(s Step) {
		if s.Name == StepFolder && s.State != Running {
			folders = s.Folders
		}
	})
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.List(t.Context(), Query{}); err != nil {
			t.Errorf("the session does not go on: %v", err)
		}
	}
	return folders, err
}

func TestDovecotFolders(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	for _, name := range []string{"Reports", "Reports.2026", "Berichte &- mehr", "&ZeVnLIqe-", "Caf\xe9", "Only.Child"} {
		d.Folder(t, name)
	}
	f, a := fetcher(cert.Roots, d.IMAPS), account(d.IMAPS, ImplicitTLS)
	// "Only" is no folder, only a name above one; the one that is no UTF-8
	// cannot be shown.
	want := []string{"INBOX", "Berichte & mehr", "Only.Child", "Reports", "Reports.2026", "日本語"}
	got, err := listed(t, f, a)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	for _, name := range got { // each can be opened by the name it is shown under
		a.Folder = name
		if s := open(t, f, a); s.Folder().Name != name {
			t.Errorf("opened %q as %q", name, s.Folder().Name)
		}
	}
	a.Folder = "Reprots"
	if got, err = listed(t, f, a); KindOf(err) != FolderMissing || !cmp.Equal(got, want) {
		t.Errorf("a folder that is missing: %v, offered %v", err, got)
	}
}

// TestFolderLists: what servers list, and that no list keeps anyone from
// opening the folder.
func TestFolderLists(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for n := range 30_000 {
		fmt.Fprintf(&many, "* LIST () \"/\" \"Archive/%06d of a long name\"\r\n", n)
	}
	for name, c := range map[string]struct {
		list string
		end  string // of the answer
		want []string
		open int32 // connections that it takes
	}{
		"an ordinary one": {"* LIST (\\HasNoChildren) \"/\" Zeta\r\n* LIST () \"/\" inbox\r\n* LIST (\\Noselect) \"/\" \"[Mail]\"\r\n* LIST (\\NonExistent) \"/\" Lost\r\n" +
			"* LIST () \"/\" \"a&AAc-b\"\r\n* LIST () NIL {5}\r\nAlpha\r\n* LIST () \"/\" Zeta\r\n", "OK", []string{"INBOX", "Alpha", "Zeta"}, 1},
		"refused":              {"", "NO not here", nil, 1},
		"not encoded":          {"* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"R&D\"\r\n", "OK", []string{"INBOX"}, 2},
		"not even UTF-8":       {"* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"Caf\xe9\"\r\n", "OK", []string{"INBOX"}, 2},
		"ends the session":     {"", "", nil, 2},
		"more than a megabyte": {many.String(), "OK", nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened atomic.Int32
			f, a := scripted(t, 3, func(tag, command string) (string, bool) {
				if strings.HasPrefix(command, "UID SEARCH") {
					return "* SEARCH 1\r\n" + tag + " OK\r\n", true
				}
				if opened.Add(1); c.end == "" {
					return "", false
				}
				return c.list + tag + " " + c.end + "\r\n", true
			})
			p := mailtest.NewProxy(t, a.Port, mailtest.Spoil{})
			a.Port, f.Dialer = p.Port, fetcher(nil, p.Port).Dialer
			got, err := listed(t, f, a)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == mostFolders && c.want == nil {
				got = nil // those that came before it was enough
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if p.Accepted() != int(c.open) || opened.Load() != 1 {
				t.Errorf("%d connections, listed %d times", p.Accepted(), opened.Load())
			}
		})
	}
}
