package app_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/mailer"
)

const public = "https://sendvery.example.org"

func TestProductionBindsItsCookiesToTheHost(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, apptest.Public(public))
	b := a.Browser(t)
	asked := b.Post(t, "/signin", "email", "ada@first.example")
	in := b.Post(t, linkIn(a.Mail(t, "ada@first.example")))
	chosen := b.Post(t, "/theme", "theme", "dark")
	for name, p := range map[string]apptest.Page{"sign-in": asked, "session": in, "theme": chosen} {
		cookie := ""
		for _, c := range p.Header.Values("Set-Cookie") {
			if strings.HasPrefix(strings.TrimPrefix(c, "__Host-"), name+"=") && !strings.Contains(c, "Max-Age=0") {
				cookie = c
			}
		}
		for _, want := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("cookie %s lacks %s: %q", name, want, cookie)
			}
		}
		if name != "theme" && !strings.HasPrefix(cookie, "__Host-") {
			t.Errorf("cookie %s is not bound to the host: %q", name, cookie)
		}
		if strings.Contains(cookie, "Domain=") {
			t.Errorf("cookie %s goes to other hosts: %q", name, cookie)
		}
		if got := p.Header.Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=31536000") {
			t.Errorf("answer of %s: HSTS is %q", name, got)
		}
	}
	if p := b.Get(t, in.Location); p.Status >= 400 {
		t.Errorf("the session is not taken: %d", p.Status)
	}
}

func linkIn(m mailer.Message) string { return "/signin/link/" + tokenIn(m, "/signin/link/") }

// tokenIn is what follows a path in a mail's text.
func tokenIn(m mailer.Message, path string) string {
	_, rest, _ := strings.Cut(m.Text, path)
	token, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(token)
}

func TestDevelopmentPagesDoNotExistInProduction(t *testing.T) {
	t.Parallel()
	b := apptest.New(t, apptest.Public(public), apptest.WithoutOutbox("smtps://mail.example.org")).Browser(t)
	for _, path := range []string{"/dev/outbox", "/dev/outbox/0", "/dev/outbox/0/html", "/dev/gallery", "/dev/gallery/"} {
		if p := b.Get(t, path); p.Status != 404 {
			t.Errorf("%s: %d, want 404", path, p.Status)
		}
	}
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	if p := b.Get(t, "/readyz"); p.Status != 200 {
		t.Fatalf("ready: %d %s", p.Status, p.Body)
	}
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	change := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	change(`UPDATE goose_db_version SET is_applied = false WHERE version_id = 4`)
	if p := b.Get(t, "/readyz"); p.Status != 503 || !strings.Contains(p.Body, "1 migrations missing") {
		t.Errorf("a migration is missing: %d %s", p.Status, p.Body)
	}
	change(`UPDATE goose_db_version SET is_applied = true`)
	change(`ALTER TABLE goose_db_version RENAME TO away`)
	if p := b.Get(t, "/readyz"); p.Status != 503 || strings.Contains(p.Body, "goose") {
		t.Errorf("the database does not answer: %d %s", p.Status, p.Body)
	}
	if p := b.Get(t, "/healthz"); p.Status != 200 {
		t.Errorf("the process answers all the same: %d", p.Status)
	}
}

func TestLostDatabaseGivesAPageWithoutItsWords(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	a.StopWorker()
	a.App.Close()
	p := b.Get(t, b.Home)
	if p.Status != 500 && p.Status != 503 {
		t.Errorf("status %d", p.Status)
	}
	if strings.Contains(p.Body, "pool") || !strings.Contains(p.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the page tells of our insides: %s", p.Body)
	}
	if ready := b.Get(t, "/readyz"); ready.Status != 503 {
		t.Errorf("readiness: %d", ready.Status)
	}
}

func TestProgramRefusesToStartOnWhatItCannotTrust(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for name, c := range map[string]struct {
		change func(*app.Config)
		want   string
	}{
		"a superuser": {func(c *app.Config) { c.DatabaseURL = db.AdminURL }, "it is a superuser"},
		"the owner":   {func(c *app.Config) { c.DatabaseURL = db.OwnerURL }, "sendvery_system"},
		"no keys":     {func(c *app.Config) { c.SealKeys, c.AuditKeys, c.CookieKey = "", "", "" }, "COOKIE_KEY is missing\nSEAL_KEYS is missing\nAUDIT_KEYS is missing"},
	} {
		cfg := apptest.Config(db)
		c.change(&cfg)
		a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{})
		if err == nil {
			a.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
