package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

func TestReparseReadsOriginalsAgain(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	owner := a.SignIn(t, "ada@first.example")
	slug := strings.Split(owner.Home, "/")[2]
	dir := t.TempDir()
	for name, content := range map[string]string{"cut.xml": "<feedback><report_metadata>", "other.xml": "<feedback><report_metadata><org_name>cut"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := environ(a.DB)
	env["SEAL_KEYS"], env["COOKIE_KEY"] = a.Cfg.SealKeys, a.Cfg.CookieKey
	good(t, env, "import", "--org", slug, dir)
	const all = "refused    → refused    2\n"
	for _, args := range [][]string{{"--refused"}, {"--refused", "--org", slug}, {"--since", "2020-01-01"}, {"--since", "2020-01-01", "--org", slug}} {
		if out := good(t, env, append([]string{"reparse"}, args...)...); out != all {
			t.Errorf("%v: %q", args, out)
		}
	}
	if out := good(t, env, "reparse", "--since", "2999-01-01"); !strings.Contains(out, "nothing to read again") {
		t.Errorf("from the future: %q", out)
	}
	for _, args := range [][]string{nil, {"--refused", "--since", "2020-01-01"}} {
		if r := sendvery(t, env, append([]string{"reparse"}, args...)...); r.err == nil || !strings.Contains(r.err.Error(), "either --refused or --since") {
			t.Errorf("%v: %v", args, r.err)
		}
	}
	if r := sendvery(t, env, "reparse", "--refused", "--org", "nobody"); r.err == nil {
		t.Error("an organization that does not exist has originals")
	}
}
