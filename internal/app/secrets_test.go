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
