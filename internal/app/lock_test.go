package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
)

// fillings give every organization rows in the tables that a world leaves
// empty, a connected mailbox, and a mail out of it. A new table of tenants fails the test below until it has some.
var fillings = map[string]string{
	"audit_anchors":    `INSERT INTO audit_anchors (org_id, seq, at, mac, key_id, signature) SELECT org_id, 1, now(), '', 'k', '' FROM organizations ON CONFLICT DO NOTHING`,
	"billing_accounts": `INSERT INTO billing_accounts (org_id, customer_id) SELECT org_id, 'cus_' || org_id FROM organizations`,
	"billing_usage":    `INSERT INTO billing_usage (org_id, month, reports) SELECT org_id, '2026-11-01', 1 FROM organizations`,
	"daily_receivers": `INSERT INTO daily_receivers (org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages)
		SELECT org_id, domain_id, '2020-01-01', 'r', 's', '', 1, 1, 1, 0, 1, 1 FROM domains`,
	"daily_senders": `INSERT INTO daily_senders (org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages)
		SELECT org_id, domain_id, (SELECT max(r.day) FROM reports r WHERE r.org_id = d.org_id), 's', '', 1, 2, 2, 0, 1, 1 FROM domains d`, // it fails
	"daily_totals":   `INSERT INTO daily_totals (org_id, domain_id, day, passing, forwarded, fix, unknown, sure) SELECT org_id, domain_id, '2020-01-01', 1, 0, 0, 0, 1 FROM domains`,
	"daily_unjudged": `INSERT INTO daily_unjudged (org_id, domain_id, changed_at) SELECT org_id, domain_id, now() FROM domains`,
	"monthly_receivers": `INSERT INTO monthly_receivers (org_id, domain_id, month, last_day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages)
		SELECT org_id, domain_id, '2020-01-01', '2020-01-02', 'receiver.example', 'sender.example', '', 1, 1, 1, 0, 1, 1 FROM domains`,
	"monthly_senders": `INSERT INTO monthly_senders (org_id, domain_id, month, last_day, sender, country, disposition, dkim, spf, forwarding, trust, messages)
		SELECT org_id, domain_id, '2020-01-01', '2020-01-02', 'sender.example', '', 1, 1, 1, 0, 1, 1 FROM domains`,
	"weekly_reporters": `INSERT INTO weekly_reporters (org_id, domain_id, week, sure, reports, nulls, reporter, policy_domain, policy)
		SELECT org_id, domain_id, '2020-01-06', true, 1, 0, 'receiver.example', 'example.org', 'none' FROM domains`,
	"daily_stale":        `INSERT INTO daily_stale (org_id, domain_id, from_day) SELECT org_id, domain_id, '2020-01-01' FROM domains`,
	"found_domains":      `INSERT INTO found_domains (org_id, mailbox_id, name, reports, messages) SELECT org_id, mailbox_id, 'found.example', 1, 1 FROM mailboxes`,
	"mailbox_accounts":   `INSERT INTO mailbox_accounts (org_id, account, connected_at) SELECT org_id, '', now() FROM organizations ON CONFLICT DO NOTHING`,
	"mailbox_read":       `INSERT INTO mailbox_read (org_id, mailbox_id, mail_id) SELECT org_id, mailbox_id, '1' FROM mailboxes`,
	"mailbox_unfinished": `INSERT INTO mailbox_unfinished (org_id, mailbox_id, generation, mail_id) SELECT org_id, mailbox_id, '1', '1' FROM mailboxes`,
	"original_parts":     `INSERT INTO original_parts (org_id, receipt_id, part, content) SELECT org_id, receipt_id, 1, '' FROM originals`,
	"replaced_reports":   `INSERT INTO replaced_reports (org_id, kind, report_id, instead_id, trust) SELECT org_id, 'aggregate', report_id + 1000000, report_id, 1 FROM reports`,
	"rereadings": `INSERT INTO rereadings (org_id, person_id, started_at, advanced_at, last_id, cursor_id, total, done)
		SELECT org_id, person_id, '2026-11-01', '2026-11-01', 1, 0, 1, 0 FROM members WHERE role = 'owner'`,
	"mailboxes": `UPDATE mailboxes SET state = 'polling'`,
	"receipts":  `UPDATE receipts r SET source = 'mailbox', mailbox_id = m.mailbox_id, generation = '1', mail_id = r.receipt_id FROM mailboxes m WHERE m.org_id = r.org_id AND r.verdict = 'refused'`,
}

// administrator connects as a superuser, whom no policy binds.
func administrator(t *testing.T, a *apptest.App) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// neighbours are two organizations that have something in every table.
func neighbours(t *testing.T, a *apptest.App) (first, second world, admin *pgx.Conn) {
	t.Helper()
	first, second = newWorld(t, a, "ada@first.example"), newWorld(t, a, "bob@second.example")
	a.StopWorker() // what follows is to be undisturbed
	admin = administrator(t, a)
	for _, w := range []world{first, second} { // refused, held, in conflict, and decided
		take(t, a, w.slug, aReport(a, "cut", w.domain)[:300], aReport(a, "held-"+w.slug, "waiting.example"),
			strings.TrimSuffix(aTLSReport(a, "two-"+w.slug, w.domain), "]}")+waitingPolicy, otherNumbers(aReport(a, "r-"+w.slug, w.domain)))
		decide(t, a, w, report.Add, aReport(a, "beside-"+w.slug, w.domain))
		decide(t, a, w, report.Add, aTLSReport(a, "beside-"+w.slug, w.domain))
		decide(t, a, w, report.Replace, aReport(a, "instead-"+w.slug, w.domain))
	}
	for table, filling := range fillings {
		if _, err := admin.Exec(t.Context(), filling); err != nil {
			t.Fatal(table, ": ", err)
		}
	}
	return first, second, admin
}

// waitingPolicy ends a TLS report that is about a domain besides which nobody
// watches yet.
const waitingPolicy = `,{"policy":{"policy-type":"sts","policy-domain":"waiting.example"},"summary":{"total-successful-session-count":1,"total-failure-session-count":0}}]}`

// otherNumbers is the same report with other numbers.
func otherNumbers(document string) string {
	return strings.NewReplacer("<count>3", "<count>4", `-session-count":1`, `-session-count":2`).Replace(document)
}

func aTLSReport(a *apptest.App, id, domain string) string {
	return fmt.Sprintf(tlsDocument, a.Clock.Now().AddDate(0, 0, -1).UTC().Format(time.DateOnly), id, domain)
}

// decide has a report, then the same with other numbers, and chooses.
func decide(t *testing.T, a *apptest.App, w world, choice report.Choice, document string) {
	t.Helper()
	take(t, a, w.slug, document)
	take(t, a, w.slug, otherNumbers(document))
	var person postgres.PersonID
	var email string
	var conflict report.ReceiptID
	query(t, a, `SELECT p.person_id, p.email, (SELECT max(receipt_id) FROM receipts r WHERE r.org_id = o.org_id AND verdict = 'conflict')
		FROM organizations o JOIN members USING (org_id) JOIN people p USING (person_id) WHERE slug = $1 AND members.role = 'owner'`, w.slug).into(&person, &email, &conflict)
	access, err := a.Slices().Orgs.Enter(t.Context(), person, email, w.slug)
	if err == nil {
		err = a.Slices().Reports.Choose(t.Context(), access, conflict, 0, choice)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tenantTables are all tables and views with an org_id, quoted; partitions
// belong to theirs.
func tenantTables(t *testing.T, admin *pgx.Conn, kinds string) []string {
	t.Helper()
	rows, err := admin.Query(t.Context(), `SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = ANY(string_to_array($1, NULL)::"char"[]) AND NOT c.relispartition
		  AND a.attname = 'org_id' AND NOT a.attisdropped ORDER BY 1`, kinds)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 && strings.Contains(kinds, "r") {
		t.Fatal(len(tables), err)
	}
	return tables
}

// orgID is the organization that a slug names.
func orgID(t *testing.T, admin *pgx.Conn, slug string) (id postgres.TenantID) {
	t.Helper()
	if err := admin.QueryRow(t.Context(), `SELECT org_id FROM organizations WHERE slug = $1`, slug).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func rowsOf(t *testing.T, admin *pgx.Conn, table string, org postgres.TenantID) (n int64) {
	t.Helper()
	if err := admin.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE org_id = $1`, org).Scan(&n); err != nil {
		t.Fatal(table, ": ", err)
	}
	return n
}

// seen is how many rows of a table a transaction sees.
func seen(t *testing.T, in func(context.Context, func(context.Context, postgres.Tx) error) error, table string) (n int64) {
	t.Helper()
	err := in(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(table, ": ", err)
	}
	return n
}

// errUndone rolls a statement back whose effect was looked at.
var errUndone = errors.New("undone")

// The first lock alone: no statement here has a WHERE.
func TestDatabaseShowsNothingForeignWithoutAnyWhere(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second, admin := neighbours(t, a)
	own, foreign := orgID(t, admin, first.slug), orgID(t, admin, second.slug)
	inOwn := func(ctx context.Context, do func(context.Context, postgres.Tx) error) error {
		return a.DB.InOrg(ctx, own, do)
	}
	for _, table := range tenantTables(t, admin, "rpv") {
		mine, theirs := rowsOf(t, admin, table, own), rowsOf(t, admin, table, foreign)
		if mine == 0 || theirs == 0 {
			t.Errorf("%s holds nothing of one of the two, so nothing is shown: give it a filling", table)
			continue
		}
		if n := seen(t, inOwn, table); n != mine {
			t.Errorf("%s: an organization of %d rows sees %d", table, mine, n)
		}
		if n := seen(t, a.DB.InTx, table); n != 0 {
			t.Errorf("%s: without an organization one sees %d rows", table, n)
		}
		for name, statement := range map[string]string{"DELETE": `DELETE FROM ` + table, "UPDATE": `UPDATE ` + table + ` SET org_id = org_id`} {
			err := inOwn(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				tag, err := tx.Exec(ctx, statement)
				if tag.RowsAffected() > mine {
					t.Errorf("%s %s reaches %d rows, the organization has %d", name, table, tag.RowsAffected(), mine)
				}
				return errors.Join(err, errUndone)
			})
			if err == nil {
				t.Errorf("%s %s was not undone", name, table)
			}
		}
		err := inOwn(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE `+table+` SET org_id = '`+foreign.String()+`'`)
			return err
		})
		if err == nil {
			t.Errorf("%s: rows can be given to another organization", table)
		}
		if n := rowsOf(t, admin, table, foreign); n != theirs {
			t.Errorf("%s: the other organization has %d rows, had %d", table, n, theirs)
		}
	}
}
