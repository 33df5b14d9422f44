package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/postgres"
)

func operatedBy(emails string) apptest.Option {
	return func(c *app.Config, _ *app.Parts) { c.Operator.Emails = emails }
}

func TestOperatorPageExistsForTheOperatorAlone(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, operatedBy("Ada@First.example, grace@second.example"))
	ada, bob, nobody := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@first.example"), a.Browser(t)
	waitFor(t, ada, "/operator", "All is well: 2 organizations") // a worker has to take the lead first
	says(t, ada.Get(t, "/operator"), "Only you as the operator")
	says(t, ada.Get(t, ada.Home+"settings"), `href="/operator"`)
	for name, b := range map[string]*apptest.Browser{"somebody else": bob, "nobody": nobody} {
		there, nothing := b.Get(t, "/operator"), b.Get(t, "/nothing")
		if there.Status != 404 || there.Body != nothing.Body || fmt.Sprint(there.Header["Set-Cookie"]) != fmt.Sprint(nothing.Header["Set-Cookie"]) {
			t.Errorf("%s: %d, and the page can be told from one that does not exist", name, there.Status)
		}
	}
	if strings.Contains(bob.Get(t, bob.Home+"settings").Body, "/operator") {
		t.Error("somebody else is led to the operator's page")
	}
}

func TestWithoutOperatorEmailsNobodyIsTheOperator(t *testing.T) {
	t.Parallel()
	for _, emails := range []string{"", " , "} {
		if p := apptest.New(t, operatedBy(emails)).SignIn(t, "ada@first.example").Get(t, "/operator"); p.Status != 404 {
			t.Errorf("%q: %d", emails, p.Status)
		}
	}
}

func TestOperatorSeesCountsAndNothingOfCustomers(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, operatedBy("root@operator.example"))
	b := a.SignIn(t, "root@operator.example")
	first, second, admin := neighbours(t, a)
	// A job that failed with words of a customer's server in its error.
	failures := []struct{ state, words, trace, shown string }{
		{"discarded", "read mail: dial tcp: mail.first.example said: secret words", "", "a server could not be reached"},
		{"retryable", `insert: ERROR: invalid input "secret words" (SQLSTATE 22P02)`, "", "the database refused (22P02)"},
		{"cancelled", "not found: secret words", "", "what it was about is gone"},
		{"discarded", "secret words", "secret words", "a fault of the program"},
		{"discarded", "Stuck job rescued by JobRescuer", "", "its process ended under it"},
		{"discarded", "secret words: context deadline exceeded", "", "it took too long"},
		{"discarded", "secret words", "", "another error"},
	}
	for _, f := range failures {
		_, err := admin.Exec(t.Context(), `INSERT INTO river.river_job (kind, state, args, attempt, max_attempts, errors, finalized_at)
			VALUES ('mailbox_slice', $1::river.river_job_state, '{"org": "secret words"}', 3, 25,
			        ARRAY[jsonb_build_object('at', '2026-11-20T10:00:00Z', 'attempt', 3, 'error', $2::text, 'trace', $3::text)],
			        CASE WHEN $1 <> 'retryable' THEN now() END)`, f.state, f.words, f.trace)
		if err != nil {
			t.Fatal(err)
		}
	}
	p := b.Get(t, "/operator")
	says(t, p, "mailbox_slice", "5 jobs were given up", "3 organizations", "3 of 25", orgID(t, admin, first.slug).String(), "1 polling")
	for _, f := range failures {
		says(t, p, f.shown)
	}
	for _, w := range []world{first, second} {
		for _, secret := range []string{w.domain, w.slug, w.mailbox, "u@example.org", "ada@", "bob@", "secret words", "waiting.example", "receiver.example"} {
			if strings.Contains(p.Body, secret) {
				t.Errorf("the page holds %q", secret)
			}
		}
	}
}

func TestOperatorIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, operatedBy("root@operator.example"))
	b := a.SignIn(t, "root@operator.example")
	a.StopWorker()
	admin := administrator(t, a)
	for _, change := range []string{
		`DELETE FROM river.river_leader`,
		`INSERT INTO river.river_job (kind, queue, args, max_attempts, scheduled_at) VALUES ('made_up', 'mailbox', '{}', 1, now() - interval '1 hour')`,
		`UPDATE goose_db_version SET is_applied = false WHERE version_id = 4`,
	} {
		if _, err := admin.Exec(t.Context(), change); err != nil {
			t.Fatal(change, ": ", err)
		}
	}
	p := b.Get(t, "/operator")
	says(t, p, "things need you", "No worker runs", "The database lacks 1 migration", "Jobs of the queue mailbox wait for 6")
}

func TestOperatorPagesThroughOrganizations(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, operatedBy("root@operator.example"))
	b := a.SignIn(t, "root@operator.example")
	admin := administrator(t, a)
	_, err := admin.Exec(t.Context(), `INSERT INTO organizations (org_id, slug, name, created_at)
		SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'made-' || n, 'made', now() FROM generate_series(1, 60) n`)
	if err != nil {
		t.Fatal(err)
	}
	top := b.Get(t, "/operator")
	older := between(top.Body, `rel="next" href="`, `"`)
	rest := b.Get(t, older)
	seen := map[string]bool{}
	for _, p := range []apptest.Page{top, rest} {
		for n := 1; n <= 60; n++ {
			if id := fmt.Sprintf("00000000-0000-7000-8000-%012d", n); strings.Contains(p.Body, ">"+id+"<") {
				if seen[id] {
					t.Errorf("%s is on both pages", id)
				}
				seen[id] = true
			}
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d of 60 organizations are listed", len(seen))
	}
	says(t, rest, `rel="prev" href="/operator"`)
	says(t, b.Get(t, "/operator?before=nonsense"), "61 organizations")
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

// The counts cannot turn into contents: the role that counts has no right to
// any other column.
func TestTheRoleThatCountsCannotRead(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	newWorld(t, a, "ada@first.example")
	for statement, allowed := range map[string]bool{
		`SELECT count(org_id) FROM domains`: true, `SELECT count(org_id) FROM reports WHERE day > '2026-01-01'`: true, `SELECT count(org_id) FROM tls_reports`: true,
		`SELECT name FROM domains`: false, `SELECT policy_domain FROM reports`: false, `SELECT reporter FROM tls_reports`: false, `SELECT header_from FROM auth_results`: false,
	} {
		err := a.DB.InSystem(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		})
		if allowed != (err == nil) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
