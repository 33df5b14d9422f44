package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres/cluster"
)

// takenPort is an address that somebody listens on: a program that comes as
// far as asking for it has found everything else in order.
func takenPort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// dev runs development mode on a taken port.
func dev(t *testing.T, databaseURL string, getenv func(string) string, out io.Writer) (home string, err error) {
	t.Helper()
	cfg := app.Config{PublicURL: "http://localhost:8080", Listen: takenPort(t), DatabaseURL: databaseURL, DataDir: t.TempDir(), IPLookup: "off", ASNLookup: "off", DKIMLookup: "off", RateLimitBackend: "memory", TLS: "off", LogLevel: "warn"}
	if home, err = cluster.Home(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	return home, app.Dev(ctx, cfg, slog.New(slog.DiscardHandler), getenv, out)
}

const portTaken = "another program already listens"

func TestDevelopmentModeStopsItsServerWhenThePortIsTaken(t *testing.T) {
	t.Parallel()
	binaries, err := dbtest.Binaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	home, err := dev(t, "", func(name string) string { return map[string]string{"PG_BIN": binaries.Dir}[name] }, &out)
	if err == nil || !strings.HasPrefix(err.Error(), portTaken) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "PostgreSQL") {
		t.Errorf("no server was started: %s", out.String())
	}
	left, err := filepath.Glob(filepath.Join(home, "pg*", "postmaster.pid"))
	if err != nil || len(left) != 0 {
		t.Errorf("the server still runs: %v %v", left, err)
	}
}

func TestDevelopmentModeTouchesNoDatabaseOfOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	// fresh makes a database beside the test's.
	fresh := func(name string, statements ...string) string {
		t.Helper()
		name = conn.Config().Database + "_" + name
		if _, err := conn.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(db.AdminURL)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		inside, err := pgx.Connect(t.Context(), u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer inside.Close(context.Background())
		for _, s := range statements {
			if _, err := inside.Exec(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		return u.String()
	}
	others := fresh("others", `CREATE TABLE customers (id int)`)
	for name, c := range map[string]struct{ url, want string }{
		"its own, migrated":         {db.AdminURL, portTaken},
		"an empty one":              {fresh("empty"), portTaken},
		"somebody's":                {others, "holds tables of another program (customers)"},
		"somebody's, with goose":    {fresh("goose", `CREATE TABLE customers (id int)`, `CREATE TABLE goose_db_version (id int)`), "holds tables of another program (customers)"},
		"without rights":            {db.URL, "is no superuser"},
		"what is no address at all": {"postgres://sendvery:hunter2@[", "the database address cannot be read"},
	} {
		_, err := dev(t, c.url, func(string) string { return "" }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	inside, err := pgx.Connect(t.Context(), others)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close(context.Background())
	var tables int
	var owner string
	if err := inside.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
		(SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())`).Scan(&tables, &owner); err != nil {
		t.Fatal(err)
	}
	if tables != 1 || owner != "postgres" {
		t.Errorf("somebody's database has %d tables now and belongs to %s", tables, owner)
	}
}
