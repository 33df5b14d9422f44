package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
)

func TestDemonstrationIsTheSameForASeedAndAddsUp(t *testing.T) {
	t.Parallel()
	sums := func(seed string) string {
		a := apptest.New(t)
		a.StopWorker()
		env := environ(a.DB)
		args := []string{"demo", "--organizations", "3", "--days", "20", "--rows", "3000", "--seed", seed}
		if out := good(t, env, args...); !strings.Contains(out, "3 organizations with ") {
			t.Errorf("%q", out)
		}
		if out := good(t, env, "check"); !strings.Contains(out, "differences: 0.") {
			t.Errorf("%q", out)
		}
		if r := sendvery(t, env, args...); r.err == nil || !strings.Contains(r.err.Error(), "--add") {
			t.Errorf("a second time: %v", r.err)
		}
		return sumsOf(t, a.DB)
	}
	one, again, other := sums("7"), sums("7"), sums("8")
	if one != again || one == other {
		t.Errorf("seed 7: %s and %s, 8: %s", one, again, other)
	}
}

// sumsOf is a digest of everything that pages add up.
func sumsOf(t *testing.T, db *dbtest.Database) (sums string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), `
		SELECT md5(string_agg(concat_ws(' ', d.name, r.day, r.reporter, r.sender, r.country, r.disposition, r.dkim, r.spf, r.messages), E'\n'
		       ORDER BY d.name, r.day, r.reporter, r.sender, r.country, r.disposition, r.dkim, r.spf, r.forwarding))
		FROM daily_receivers r JOIN domains d USING (org_id, domain_id)`).Scan(&sums)
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func TestSumsAreMadeAnewByTheCommand(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	a.StopWorker()
	env := environ(a.DB)
	good(t, env, "demo", "--organizations", "2", "--days", "10", "--rows", "500", "--email", "ada@example.com")
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), `UPDATE daily_senders SET messages = messages + 1 WHERE day = (SELECT max(day) FROM daily_senders)`); err != nil {
		t.Fatal(err)
	}
	if r := sendvery(t, env, "check"); r.err == nil || !strings.Contains(r.out, "sums by sender differ in") {
		t.Errorf("%v\n%s", r.err, r.out)
	}
	if out := good(t, env, "rollup", "rebuild"); !strings.Contains(out, "days of domains were added up anew") {
		t.Errorf("%q", out)
	}
	good(t, env, "check")
	if r := sendvery(t, env, "rollup", "rebuild", "--organization", "nobody"); r.err == nil {
		t.Error("sums of an organization that is not there are made")
	}
}
