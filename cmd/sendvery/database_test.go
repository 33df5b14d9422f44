package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/seal"
)

func TestRolesArePrintedOrMade(t *testing.T) {
	t.Parallel()
	out := good(t, nil, "db", "roles")
	for _, role := range []string{"sendvery_owner", "sendvery_app", "sendvery_system"} {
		if !strings.Contains(out, role) {
			t.Errorf("the SQL does not make %s", role)
		}
	}
	db := dbtest.New(t)
	for range 2 {
		good(t, nil, "db", "roles", "--run", db.AdminURL)
	}
	if err := db.CheckRoles(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMigrateCanBeRunAgain(t *testing.T) {
	t.Parallel()
	env := environ(dbtest.New(t))
	if out := good(t, env, "migrate"); !strings.Contains(out, "this version's schema") {
		t.Errorf("%q", out)
	}
	delete(env, "MIGRATE_DATABASE_URL")
	if r := sendvery(t, env, "migrate"); r.err == nil || !strings.Contains(r.err.Error(), "MIGRATE_DATABASE_URL is missing") {
		t.Errorf("%v", r.err)
	}
}

func TestImportOfFilesFoldersAndMailFolders(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	b.Post(t, b.Home+"domains", "domain", "example.com")
	env := environ(a.DB)
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	numbered := func(n string) string { return strings.Replace(parseReport, "r-1", n, 1) }
	one := write("one.xml", strings.Replace(numbered("r-1"), "<sp>nil</sp>", "", 1))
	write("folder/deep/two.xml", numbered("r-2"))
	write("folder/empty.xml", "")
	write("folder/hello.eml", "From: a@example.net\nSubject: hi\n\nhello\n")
	write("folder/all.mbox", "From a@b Fri Nov 20 10:00:00 2026\nContent-Type: text/xml\n\n"+numbered("r-3")+"\n\n"+
		"From a@b Fri Nov 20 10:00:01 2026\nContent-Type: text/xml\n\n"+numbered("r-4")+"\n")

	spaces := regexp.MustCompile(` +`)
	args := []string{"import", "--org", "example-com", one, filepath.Join(dir, "folder")}
	for _, want := range []string{"repaired 3\naccepted 1\nno_report 2\n", "known 4\nno_report 2\n"} {
		if got := spaces.ReplaceAllString(good(t, env, args...), " "); got != want {
			t.Errorf("import says\n%s, want\n%s", got, want)
		}
	}
	if p := b.Get(t, b.Home+"reports?days=90"); strings.Count(p.Body, `/reports/`) < 4 {
		t.Error("the pages do not show the reports")
	}
	if r := sendvery(t, env, "import", "--org", "nobody", one); r.err == nil || !strings.Contains(r.err.Error(), "no organization") {
		t.Errorf("an organization that does not exist: %v", r.err)
	}
	if r := sendvery(t, env, "import", "--org", "example-com", filepath.Join(dir, "missing")); r.err == nil {
		t.Error("a file that does not exist is imported")
	}
	if r := sendvery(t, env, "import", one); r.err == nil || !strings.Contains(r.err.Error(), "org") {
		t.Errorf("without an organization: %v", r.err)
	}
}

func TestImportThatFailsSaysWhatIsStored(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	dir := t.TempDir()
	for i := range importBatch {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte("From: a@example.net\n\nhello\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var lc net.ListenConfig
	socket := filepath.Join(t.TempDir(), "s") // nobody can open it
	l, err := lc.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := environ(a.DB)
	r := sendvery(t, env, "import", "--org", strings.Split(b.Home, "/")[2], dir, socket)
	if r.err == nil || r.out != fmt.Sprintf("no_report  %d\n", importBatch) {
		t.Errorf("%q, %v", r.out, r.err)
	}
}

func TestKeysRotateOnARealDatabase(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	b.Post(t, b.Home+"mailboxes/new", "protocol", "imap", "host", "127.0.0.1", "port", "993", "security", "tls", "username", "u@example.org",
		"password", "secret", "folder", "INBOX", "after", "leave", "since", "90")
	env := environ(a.DB)
	env["SEAL_KEYS"] = a.Cfg.SealKeys
	status := func(want ...string) {
		t.Helper()
		out := regexp.MustCompile(` +`).ReplaceAllString(good(t, env, "keys", "status"), " ")
		for _, line := range want {
			if !strings.Contains(out, line) {
				t.Errorf("status lacks %q:\n%s", line, out)
			}
		}
	}
	status("first 1 seals")
	newer := seal.GenerateKey("newer")
	env["SEAL_KEYS"] = newer + "," + a.Cfg.SealKeys
	status("newer 0 seals", "first 1 can be removed once nothing is sealed with it")
	for _, want := range []string{"1 values were sealed again.\n", "0 values were sealed again.\n"} {
		if out := good(t, env, "keys", "rotate"); !strings.HasSuffix(out, want) {
			t.Errorf("rotate: %q, want %q", out, want)
		}
	}
	status("newer 1 seals", "mailboxes.secret 1", "first 0 can be removed", "tests signs", "to newer: 0 of 0 values are sealed again; ended 20")
	env["SEAL_KEYS"] = seal.GenerateKey("lost")
	status("lost 0 seals", "newer 1 MISSING from SEAL_KEYS")
	if r := sendvery(t, env, "keys", "rotate"); r.err == nil {
		t.Error("rotating without the key works")
	}
}

func TestParseFailsOnlyWhenAFileGotNoVerdict(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.xml")
	if err := os.WriteFile(bad, []byte("<feedback><"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := good(t, nil, "parse", bad); !strings.Contains(out, `"verdict":"refused"`) {
		t.Errorf("a refused file: %s", out)
	}
	r := sendvery(t, nil, "parse", bad, bad+".missing")
	if r.err == nil || !strings.Contains(r.errs, "bad.xml.missing") || !strings.Contains(r.out, `"verdict":"refused"`) {
		t.Errorf("a missing file: %v\n%s\n%s", r.err, r.out, r.errs)
	}
}
