package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

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

func TestReparseCountsDamagedOriginalsByThemselves(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	owner := a.SignIn(t, "ada@first.example")
	slug := strings.Split(owner.Home, "/")[2]
	owner.Post(t, owner.Home+"domains", "domain", "first.example")
	file := filepath.Join(t.TempDir(), "a.xml")
	if err := os.WriteFile(file, []byte(`<feedback><report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email><report_id>1</report_id>`+
		`<date_range><begin>1700000000</begin><end>1700003600</end></date_range></report_metadata><policy_published><domain>first.example</domain><p>none</p></policy_published>`+
		`<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>`+
		`<identifiers><header_from>first.example</header_from></identifiers><auth_results/></record></feedback>`), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environ(a.DB)
	env["SEAL_KEYS"], env["COOKIE_KEY"] = a.Cfg.SealKeys, a.Cfg.CookieKey
	before, _, _ := strings.Cut(strings.TrimSpace(good(t, env, "import", "--org", slug, file)), " ")
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `UPDATE originals SET content = 'spoilt'`); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%-10s → damaged    1\n", before)
	if out := good(t, env, "reparse", "--since", "2020-01-01"); out != want {
		t.Errorf("%q, want %q", out, want)
	}
}
