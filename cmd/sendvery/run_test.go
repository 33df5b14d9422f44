package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// ran is what a command came to.
type ran struct {
	out, errs string
	err       error
}

// text is everything that a person could see.
func (r ran) text() string {
	if r.err == nil {
		return r.out + r.errs
	}
	return r.out + r.errs + r.err.Error()
}

// sendvery runs a command line in an environment.
func sendvery(t *testing.T, environ map[string]string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return environ[name] }, &out, &errs)
	return ran{out.String(), errs.String(), err}
}

// good runs a command that has to succeed and returns its output.
func good(t *testing.T, environ map[string]string, args ...string) string {
	t.Helper()
	r := sendvery(t, environ, args...)
	if r.err != nil {
		t.Fatalf("%v: %v\n%s", args, r.err, r.errs)
	}
	return r.out
}

// environ is a complete environment for a database.
func environ(db *dbtest.Database) map[string]string {
	cfg := apptest.Config(db)
	return map[string]string{"DATABASE_URL": cfg.DatabaseURL, "MIGRATE_DATABASE_URL": db.OwnerURL, "SEAL_KEYS": cfg.SealKeys, "AUDIT_KEYS": cfg.AuditKeys, "COOKIE_KEY": cfg.CookieKey,
		"SMTP_URL": cfg.SMTPURL, "MAIL_FROM": cfg.MailFrom, "IP_LOOKUP": "off"}
}

func TestServeNamesEverythingThatIsMissingAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environ map[string]string
		want    []string
	}{
		"nothing configured":         {nil, []string{"COOKIE_KEY is missing", "SEAL_KEYS is missing", "AUDIT_KEYS is missing", "DATABASE_URL is missing", "SMTP_URL is missing"}},
		"nothing but a public place": {map[string]string{"PUBLIC_URL": "https://sendvery.example.org"}, []string{"COOKIE_KEY is missing", "SEAL_KEYS is missing", "AUDIT_KEYS is missing", "DATABASE_URL is missing", "SMTP_URL is missing"}},
		"everything wrong": {map[string]string{"PUBLIC_URL": "http://hunter2.example.org", "COOKIE_KEY": "hunter2", "SEAL_KEYS": "hunter2", "DATABASE_URL": "hunter2", "SMTP_URL": "hunter2",
			"MAIL_FROM": "hunter2@example.org", "LISTEN": "hunter2", "TRUSTED_HOPS": "hunter2", "IP_LOOKUP": "hunter2", "ALLOW_PORTS": "hunter2"},
			[]string{"PUBLIC_URL", "COOKIE_KEY", "SEAL_KEYS", "SMTP_URL", "LISTEN", "TRUSTED_HOPS", "IP_LOOKUP", "ALLOW_PORTS"}},
	} {
		r := sendvery(t, c.environ, "serve")
		if r.err == nil {
			t.Fatalf("%s: it runs", name)
		}
		for _, want := range c.want {
			if !strings.Contains(r.text(), want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, r.text())
			}
		}
		if strings.Contains(r.text(), "hunter2") {
			t.Errorf("%s: a value is shown:\n%s", name, r.text())
		}
	}
}

func TestServeKnowsItsRoles(t *testing.T) {
	t.Parallel()
	if r := sendvery(t, nil, "serve", "--roles", "web,cook"); r.err == nil || !strings.Contains(r.err.Error(), `"cook"`) {
		t.Errorf("%v", r.err)
	}
}

func TestUnreachableDatabaseIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	env := environ(dbtest.New(t))
	for _, url := range []string{"postgres://sendvery_app:hunter2@127.0.0.1:1/sendvery", "postgres://sendvery_app:hunter2@127.0.0.1:x/sendvery", "host=127.0.0.1 port=x password=hunter2"} {
		for _, args := range [][]string{{"serve"}, {"keys", "status"}, {"import", "--org", "x", "."}, {"migrate"}} {
			env["DATABASE_URL"], env["MIGRATE_DATABASE_URL"] = url, ""
			if args[0] == "migrate" {
				env["DATABASE_URL"], env["MIGRATE_DATABASE_URL"] = "", url
			}
			r := sendvery(t, env, args...)
			if r.err == nil || strings.Contains(r.text(), "hunter2") {
				t.Errorf("%v on %s: %s", args, strings.Replace(url, "hunter2", "…", 1), r.text())
			}
		}
	}
}

func TestKeysAreGenerated(t *testing.T) {
	t.Parallel()
	first, second := good(t, nil, "keys", "generate"), good(t, nil, "keys", "generate", "--id", "mine")
	ring, err := seal.ParseRing(first + "," + second)
	if err != nil || len(ring.IDs()) != 2 || ring.IDs()[1] != "mine" {
		t.Errorf("%v", err)
	}
}

func TestHealthcheckAsksTheServerBesideIt(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("words of the server\n"))
	}))
	env := map[string]string{"LISTEN": strings.TrimPrefix(server.URL, "http://")}
	if out := good(t, env, "healthcheck"); !strings.Contains(out, "words of the server") {
		t.Errorf("ready: %q", out)
	}
	status = http.StatusServiceUnavailable
	if r := sendvery(t, env, "healthcheck"); r.err == nil || !strings.Contains(r.err.Error(), "not ready: words of the server") {
		t.Errorf("not ready: %v", r.err)
	}
	server.Close()
	if r := sendvery(t, env, "healthcheck"); r.err == nil {
		t.Error("nobody listens, and it is healthy")
	}
}

func TestHealthcheckSpeaksTLSWhereTheServerDoes(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.TLS.ServerName))
	}))
	defer server.Close()
	env := map[string]string{"LISTEN": strings.TrimPrefix(server.URL, "https://"), "PUBLIC_URL": "https://sendvery.example.org:8443"}
	for _, way := range []string{"files", "acme"} {
		env["TLS"] = way
		if out := good(t, env, "healthcheck"); out != "sendvery.example.org" {
			t.Errorf("%s: asked for %q", way, out)
		}
	}
	env["TLS"] = "proxy"
	if r := sendvery(t, env, "healthcheck"); r.err == nil {
		t.Error("behind a proxy the process itself speaks plain HTTP")
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	if out := good(t, nil, "version"); !strings.HasPrefix(out, "sendvery ") {
		t.Errorf("%q", out)
	}
	help := good(t, nil, "--help")
	for _, command := range []string{"serve", "dev", "migrate", "db", "import", "reparse", "parse", "keys", "healthcheck", "version"} {
		if !strings.Contains(help, command) {
			t.Errorf("help does not name %s", command)
		}
	}
	if r := sendvery(t, nil, "brew"); r.err == nil {
		t.Error("an unknown command works")
	}
}
