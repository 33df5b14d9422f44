package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
)

// TestWebAndWorkerAreTwoProcesses lets one process serve pages and another one
// work: what the first leaves in the queue, the second does.
func TestWebAndWorkerAreTwoProcesses(t *testing.T) {
	t.Parallel()
	program := buildPlain(t).path
	db := dbtest.New(t)
	env := environ(db)
	inbox := withInbox(t, env)
	env["LISTEN"] = "127.0.0.1:0"
	web := startServe(t, program, env, "--roles", "web")
	v := newVisitor(t, "http://"+web.at["LISTEN"], &http.Transport{})
	if status, to, body := v.ask(t, "/signin", url.Values{"email": {"ada@first.example"}}); status != http.StatusSeeOther {
		t.Fatalf("asking for a link: %d to %q: %s", status, to, body)
	}
	state := func() (state string, attempt int) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), db.AdminURL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if err := conn.QueryRow(t.Context(), `SELECT state, attempt FROM river.river_job WHERE kind = 'send_sign_in_link'`).Scan(&state, &attempt); err != nil {
			t.Fatal(err)
		}
		return state, attempt
	}
	if status, _, _ := v.ask(t, "/readyz", nil); status != http.StatusOK {
		t.Errorf("the web process is not ready: %d", status)
	}
	if state, attempt := state(); state != "available" || attempt != 0 {
		t.Errorf("the web process works: the mail is %s after %d attempts", state, attempt)
	}

	env["LOG_LEVEL"] = "debug"
	worker := startServe(t, program, env, "--roles", "worker")
	home := v.enter(t, linkOf(t, inbox.Next(t)))
	if status, _, _ := v.ask(t, home+"welcome", nil); status != http.StatusOK {
		t.Errorf("the first page: %d", status)
	}
	w := newVisitor(t, "http://"+worker.at["LISTEN"], &http.Transport{})
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/signin": 404, home: 404, "/jobs": 404} {
		if status, _, _ := w.ask(t, path, nil); status != want {
			t.Errorf("%s of the worker: %d, want %d", path, status, want)
		}
	}
	worker.stop(t)
	if debug := `"level":"DEBUG"`; !strings.Contains(worker.said(), debug) || strings.Contains(web.said(), debug) || !strings.Contains(web.said(), `"msg":"answered"`) {
		t.Errorf("LOG_LEVEL is not heeded:\n%s\n%s", web.said(), worker.said())
	}
	if status, _, _ := v.ask(t, home+"welcome", nil); status != http.StatusOK {
		t.Errorf("without the worker: %d", status)
	}
}
