package app_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
)

// dump is everything in the database as text, the job queue included.
func dump(t *testing.T, a *apptest.App) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname IN ('public', 'river')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(len(tables), err)
	}
	var all strings.Builder
	for _, table := range tables {
		var text string
		if err := conn.QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text, E'\n'), '') FROM `+table+` t`).Scan(&text); err != nil {
			t.Fatal(table, err)
		}
		all.WriteString(table + "\n" + text + "\n")
	}
	return all.String()
}

func TestDatabaseAndLogNeverHoldWhatSignsIn(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	b.Post(t, "/signin", "email", "ada@first.example")
	mail := a.Mail(t, "ada@first.example")
	link := linkIn(mail)
	token := strings.TrimPrefix(link, "/signin/link/")
	code := strings.ReplaceAll(regexp.MustCompile(`\b\d{3} ?\d{3}\b`).FindString(mail.Text), " ", "")
	in := b.Post(t, link)
	cookies := (&http.Response{Header: in.Header}).Cookies()
	connect(t, b, strings.Split(in.Location, "/")[2])
	b.Post(t, "/account/address", "email", "ada@second.example")
	change := tokenIn(a.Mail(t, "ada@second.example"), "/account/address/")
	if len(token) != 43 || len(change) != 43 || len(code) != 6 || len(cookies) == 0 {
		t.Fatalf("token %q, code %q, %d cookies", token, code, len(cookies))
	}
	stored := dump(t, a)
	if !strings.Contains(stored, "send_sign_in_link") || !strings.Contains(stored, "ada@first.example") || !strings.Contains(stored, "u@example.org") {
		t.Fatal("the dump does not hold what it should")
	}
	for name, secret := range map[string]string{"link": token, "link of a change of address": change, "session": cookies[0].Value, "mailbox password": "very secret"} {
		for where, text := range map[string]string{"database": stored, "log": a.Log.String()} {
			if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
				t.Errorf("the %s holds the %s", where, name)
			}
		}
	}
	// Six digits appear by chance within numbers; a value of its own they are not.
	asValue := regexp.MustCompile(`(^|[("',: ])` + code + `($|[)"',} ])`)
	if asValue.MatchString(stored) || strings.Contains(stored, hex.EncodeToString([]byte(code))) || asValue.MatchString(a.Log.String()) {
		t.Error("the code is stored or logged")
	}
}

// canaries are values that no line of a log may hold, put into everything that
// somebody can send.
var canaries = map[string]string{
	"address of a person":              "canary-person@first.example",
	"address that is asked for":        "canary-asked@second.example",
	"address in a mail":                "canary-sender@reporter.example",
	"subject of a mail":                "canary-subject",
	"text of a mail":                   "canary-text",
	"token in a path":                  "canary-path-token",
	"value of a query":                 "canary-query",
	"value of a form":                  "canary-form",
	"value of a cookie":                "canary-cookie",
	"name of a browser":                "canary-agent",
	"where somebody comes from":        "canary-referrer",
	"bearer token":                     "canary-bearer",
	"name of a file":                   "canary-file",
	"password of a mailbox":            "canary-password",
	"user of a mailbox":                "canary-user@third.example",
	"name of an organization":          "canary-organization",
	"client's address":                 "198.51.100.",
	"claimed address":                  "203.0.113.77",
	"token of mail providers":          apptest.InboundToken,
	"token of schedulers":              apptest.JobToken,
	"secret of an OAuth client":        "a secret of tests",
	"address in a report, of a sender": "192.0.2.1",
}

func TestLogHoldsNothingOfPeopleAndNoSecret(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	for name, value := range map[string]string{"User-Agent": "canary-agent", "Referer": "https://canary-referrer.example/", "Cookie": "x=canary-cookie", "X-Forwarded-For": "203.0.113.77"} {
		b.Header.Set(name, value)
	}
	home := b.Post(t, b.Link(t, "canary-person@first.example")).Location
	slug := strings.Split(home, "/")[2]
	b.Home = home
	b.Post(t, home+"settings", "name", "canary-organization")
	b.Post(t, home+"domains", "domain", "first.example")
	b.Post(t, home+"mailboxes/new", "host", "127.0.0.1", "port", "993", "protocol", "imap", "security", "tls", "username", "canary-user@third.example",
		"password", "canary-password", "folder", "INBOX", "after", "leave", "since", "90")
	upload(t, b, "canary-file.xml", aReport(a, "canary-1", "first.example"), "canary-file.eml", "From: canary-sender@reporter.example\r\nSubject: canary-subject\r\n\r\ncanary-text")
	provider := machine(t, a, apptest.InboundToken)
	provider.Send(t, "POST", "/events/inbound?organization="+slug, "message/rfc822", strings.NewReader("From: canary-sender@reporter.example\r\nSubject: canary-subject\r\n\r\ncanary-text"))
	machine(t, a, "canary-bearer").Get(t, "/jobs")
	machine(t, a, apptest.JobToken).Post(t, "/jobs/sweep_sign_in")
	strange := func() {
		for _, path := range []string{"/signin/link/canary-path-token", "/account/address/canary-path-token", "/canary-path-token", "/o/canary-organization/", "/signin?next=canary-query",
			"/oauth/callback?code=canary-query&state=canary-query", home + "reports?sender=canary-query", home + "receipts/9", "/assets/canary-path-token.css"} {
			b.Get(t, path)
			b.Post(t, path, "email", "canary-asked@second.example", "code", "canary-form", "name", "canary-form", "x", "canary-form")
		}
	}
	strange()
	a.StopWorker()
	a.App.Close() // and now everything fails
	strange()
	log := a.Log.String()
	for _, line := range []string{`method=POST route=/signin status=303`, `route=/signin/link/{token}`, `route=/o/{slug}/uploads status=303`, `route=/events/inbound status=200`, "request failed"} {
		if !strings.Contains(log, line) {
			t.Errorf("the log lacks %q", line)
		}
	}
	for what, canary := range canaries {
		if i := strings.Index(log, canary); i >= 0 {
			t.Errorf("the log holds the %s: %s", what, log[max(0, i-300):min(len(log), i+100)])
		}
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, "msg=answered ") && !regexp.MustCompile(`request=\w{12}`).MatchString(line) {
			t.Errorf("a line without the request's name: %s", line)
		}
	}
}
