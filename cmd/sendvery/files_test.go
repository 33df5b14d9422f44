package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

// tree writes files, by their names below a new folder.
func tree(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// maildir is a mailbox as servers keep it: three reports among what is no mail
// yet or never.
func maildir(t *testing.T) string {
	t.Helper()
	mail := func(id string) string {
		return "From: a@receiver.example\nSubject: Report Domain: example.com\nContent-Type: text/xml\n\n" + strings.Replace(parseReport, "r-1", id, 1)
	}
	return tree(t, map[string]string{
		"cur/1795300000.M1P1.mx:2,S":       mail("r-1"),
		"new/1795300001.M2P1.mx":           mail("r-2"),
		".Archive/cur/1795300002.M3P1.mx:": mail("r-3"),
		".Archive/new/.keep":               "",
		".Archive/maildirfolder":           "",
		".Archive/tmp/1795300003.M4P1.mx":  mail("tmp"),
		"tmp/1795300004.M5P1.mx":           mail("tmp"),
		"dovecot-uidlist":                  "3 V1795300000 N3\n",
		"dovecot.index.log":                "\x01\x02",
		"dovecot.list.index.log":           "\x01\x02",
		"dovecot-keywords":                 "0 $Forwarded\n",
		".dovecot.sieve":                   "keep;\n",
		"courierimapuiddb":                 "1 1795300000 3\n",
		"courierimapkeywords/:list":        "\n",
		"maildirsize":                      "0S\n",
		"subscriptions":                    "Archive\n",
	})
}

func listed(t *testing.T, dir string, paths ...string) []string {
	t.Helper()
	var names []string
	for name, err := range files(paths) {
		if err != nil {
			t.Fatal(err)
		}
		short, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, short)
	}
	return names
}

func TestFilesOfAMaildir(t *testing.T) {
	t.Parallel()
	dir := maildir(t)
	want := "[.Archive/cur/1795300002.M3P1.mx: .Archive/new/.keep cur/1795300000.M1P1.mx:2,S new/1795300001.M2P1.mx]"
	if got := fmt.Sprint(listed(t, dir, dir)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// It is one among others, too.
	if got := fmt.Sprint(listed(t, dir, filepath.Dir(dir))); got != want {
		t.Errorf("below: got %s", got)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.xml": "", "sub/b.xml": "", "sub/tmp/c.xml": "", "sub/dovecot.xml": "", "elsewhere/d.xml": ""})
	for name, target := range map[string]string{"link.xml": "a.xml", "folder": "elsewhere", "lost": "nothing"} {
		if err := os.Symlink(filepath.Join(dir, target), filepath.Join(dir, "sub", name)); err != nil {
			t.Fatal(err)
		}
	}
	want := "[sub/b.xml sub/dovecot.xml sub/link.xml sub/tmp/c.xml a.xml elsewhere/d.xml]"
	if got := fmt.Sprint(listed(t, dir, filepath.Join(dir, "sub"), filepath.Join(dir, "a.xml"), filepath.Join(dir, "elsewhere"))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := fmt.Sprint(listed(t, dir, filepath.Join(dir, "sub", "folder"))); got != "[sub/folder/d.xml]" {
		t.Errorf("a link that somebody names: %s", got)
	}
	var errs []error
	for _, err := range files([]string{filepath.Join(dir, "absent"), filepath.Join(dir, "a.xml")}) {
		errs = append(errs, err)
	}
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
		t.Errorf("%v", errs)
	}
}

func TestMaildirIsParsedAndImported(t *testing.T) {
	t.Parallel()
	dir := maildir(t)
	if err := os.Remove(filepath.Join(dir, ".Archive/new/.keep")); err != nil {
		t.Fatal(err)
	}
	lines := parseLines(t, dir)
	if len(lines) != 3 || strings.Contains(strings.Join(lines, ""), "refused") {
		t.Errorf("parse: %s", strings.Join(lines, "\n"))
	}
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	b.Post(t, b.Home+"domains", "domain", "example.com")
	out := good(t, environ(a.DB), "import", "--org", "example-com", dir)
	if strings.Fields(out)[1] != "3" || strings.Count(out, "\n") != 1 {
		t.Errorf("import: %s", out)
	}
}

// Whoever names a file, a mail or an entry of an archive must not get commands
// to the terminal of whoever reads it.
func TestOutputIsHarmless(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]0;owned\x07\x1b[31m\u009b2J\u202e\u200b\x7f"
	hurt := strings.NewReplacer("receiver.example", "rec&#27;[2Jeiver\u009b2J.example", "sp>nil", "sp>nil\x1b[2J\u202e").Replace(parseReport)
	dir := tree(t, map[string]string{
		evil + ".xml":   hurt,
		evil + "2.xml":  hurt[:300],
		evil + "2.json": `{"organization-name":"R\u001b[2J\u009b","date-range":{"start-datetime":"\u001b[2J","end-datetime":"x"},"report-id":"\u202e1","policies":[]}`,
		evil + ".eml": "From: a@receiver.example\nSubject: Report Domain: example.com\nContent-Type: application/zip; name=\"" + evil + ".zip\"\n\n" +
			"PK\x03\x04 cut",
	})
	paths := []string{dir, filepath.Join(dir, evil+"absent")}
	r := sendvery(t, nil, append([]string{"parse"}, paths...)...)
	if strings.Count(r.out, "\n") < 4 || r.errs == "" || r.err == nil {
		t.Errorf("%q %q %v", r.out, r.errs, r.err)
	}
	for _, c := range r.out + r.errs {
		if c != '\n' && (c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u202e' || c == '\u200b') {
			t.Fatalf("%q in the output:\n%q\n%q", c, r.out, r.errs)
		}
	}
}
