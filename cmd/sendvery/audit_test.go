package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/seal"
)

func TestAuditTrailIsAnchoredAndVerified(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	b.Post(t, b.Home+"domains", "domain", "example.com")
	env := environ(a.DB)
	early := filepath.Join(t.TempDir(), "anchor")
	if err := os.WriteFile(early, []byte(good(t, env, "audit", "anchor")), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Post(t, b.Home+"domains", "domain", "example.net")
	late := early + ".late"
	if err := os.WriteFile(late, []byte(good(t, env, "audit", "anchor")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--anchor", early}, {"--anchor", late}} {
		if out := good(t, env, append([]string{"audit", "verify"}, args...)...); out != "2 chains with 4 events were checked; broken: 0.\n" {
			t.Errorf("%v: %s", args, out)
		}
	}
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `UPDATE audit_events SET subject = 'other.example' WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	r := sendvery(t, env, "audit", "verify", "--anchor", early)
	if r.err == nil || !strings.Contains(r.out, ": event 3 was changed\n2 chains with 4 events were checked; broken: 1.\n") {
		t.Errorf("%v\n%s", r.err, r.out)
	}
	if r := sendvery(t, env, "audit", "verify", "--anchor", early+".missing"); r.err == nil {
		t.Error("an anchor that is not there is passed over")
	}
	env["AUDIT_KEYS"] = seal.GenerateKey("lost")
	if r := sendvery(t, env, "audit", "verify"); r.err == nil || !strings.Contains(r.out, `event 1 is signed with the key "tests", which AUDIT_KEYS lacks`) {
		t.Errorf("without the key: %v\n%s", r.err, r.out)
	}
}
