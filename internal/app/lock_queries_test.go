package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// things are what one organization has, by the ids that services take.
type things struct {
	access           org.Access
	mailbox          mailbox.ID
	domain           domain.Domain
	report, replaced report.ID        // the second one is gone: another counts instead
	receipt          report.ReceiptID // of the first
	refused, beside  report.ReceiptID // of a report that counts beside another one
	tls, tlsBeside   tlsreport.ID
	failure          failurereport.ID
	member           org.PersonID
	invitation       org.InvitationID
	export           export.ID
	group            domain.GroupID
	documents        []string // that it has stored, of each kind
}

// call is one call of a service: somebody inside an organization names things
// of their own or of another one.
type call struct {
	context.Context
	app.Slices
	db *postgres.DB
	in org.Access
	of things
}

// own reports whether the caller names what is their own.
func (c call) own() bool { return c.in.ID == c.of.access.ID }

// days are those that the worlds' reports are about.
func (c call) days() report.Filter { return report.LastDays(c.Reports.Now(), 7) }

// Nothing foreign is read, counted or changed without any policy: the second
// lock alone. What is read must be the same as under the policies; whoever has
// nothing must read otherwise, or it would show nothing.
func TestNothingForeignIsReadOrChangedWithoutPolicies(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second, admin := neighbours(t, a)
	one, other := thingsOf(t, a, admin, first), thingsOf(t, a, admin, second)
	nobody := emptyOrganization(t, a)
	ask := func(in org.Access, of things) map[string]string {
		answers := map[string]string{}
		for name, read := range reads {
			answers[name] = answer(read(call{t.Context(), a.Slices(), a.DB.DB, in, of}))
		}
		return answers
	}
	own, foreign, none := ask(one.access, one), ask(one.access, other), ask(nobody, one)
	withoutPolicies(t, admin)
	ownNow, foreignNow := ask(one.access, one), ask(one.access, other)
	for _, name := range slices.Sorted(maps.Keys(reads)) {
		if own[name] == none[name] {
			t.Errorf("%s answers somebody who has nothing the same: %s", name, none[name])
		}
		if own[name] != ownNow[name] {
			t.Errorf("%s needs the policies to leave out what is foreign:\n%s\n%s", name, own[name], ownNow[name])
		}
		if foreign[name] != foreignNow[name] {
			t.Errorf("%s, asked for foreign things, needs the policies to refuse:\n%s\n%s", name, foreign[name], foreignNow[name])
		}
	}
	before := everythingOf(t, admin, other.access.ID)
	for _, of := range []things{other, one} {
		for _, w := range writes {
			err := w.do(call{t.Context(), a.Slices(), a.DB.DB, one.access, of})
			if refused := fault.Is(err, fault.NotFound); of.access.ID != one.access.ID && (refused != w.refused || err != nil && !refused) {
				t.Errorf("%s of foreign things: %v", w.name, err)
			}
			if after := everythingOf(t, admin, other.access.ID); !maps.Equal(before, after) {
				t.Fatalf("%s changes another organization:\n%v\n%v", w.name, before, after)
			}
		}
	}
}

// answer is what a call returned, in a form that can be compared.
func answer(v any, err error) string {
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("not to be written: %v", err)
	}
	return string(text)
}

// withoutPolicies takes row-level security off every table.
func withoutPolicies(t *testing.T, admin *pgx.Conn) {
	t.Helper()
	for _, table := range tenantTables(t, admin, "rp") {
		if _, err := admin.Exec(t.Context(), `ALTER TABLE `+table+` DISABLE ROW LEVEL SECURITY`); err != nil {
			t.Fatal(table, ": ", err)
		}
	}
}

// everythingOf is a digest of all rows of an organization, table by table.
func everythingOf(t *testing.T, admin *pgx.Conn, org postgres.TenantID) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, table := range tenantTables(t, admin, "rp") {
		var digest string
		err := admin.QueryRow(t.Context(), `SELECT md5(coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '')) FROM `+table+` t WHERE org_id = $1`, org).Scan(&digest)
		if err != nil {
			t.Fatal(table, ": ", err)
		}
		digests[table] = digest
	}
	return digests
}

func personOf(t *testing.T, admin *pgx.Conn, email string) (id postgres.PersonID) {
	t.Helper()
	if err := admin.QueryRow(t.Context(), `SELECT person_id FROM people WHERE email = $1`, email).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func thingsOf(t *testing.T, a *apptest.App, admin *pgx.Conn, w world) things {
	t.Helper()
	services := a.Slices()
	var owner string
	query(t, a, `SELECT p.email FROM people p JOIN members m USING (person_id) JOIN organizations o USING (org_id) WHERE o.slug = $1 AND m.role = 'owner'`, w.slug).into(&owner)
	access, err := services.Orgs.Enter(t.Context(), personOf(t, admin, owner), owner, w.slug)
	if err != nil {
		t.Fatal(err)
	}
	of := things{
		access: access, report: report.ID(w.report), receipt: report.ReceiptID(w.receipt),
		tls: tlsreport.ID(w.tls), failure: failurereport.ID(w.failure),
		documents: []string{aReport(a, "r-"+w.slug, w.domain), aTLSReport(a, w.slug, w.domain), fmt.Sprintf(failureMail, w.slug, w.domain)},
	}
	if of.mailbox, err = uid.Parse[mailbox.Mailbox](w.mailbox); err != nil {
		t.Fatal(err)
	}
	if of.member, err = uid.Parse[postgres.Person](w.member); err != nil {
		t.Fatal(err)
	}
	if of.invitation, err = uid.Parse[org.Invitation](w.invitation); err != nil {
		t.Fatal(err)
	}
	if of.group, err = uid.Parse[domain.Group](w.group); err != nil {
		t.Fatal(err)
	}
	if of.export, err = uid.Parse[export.Export](w.export); err != nil {
		t.Fatal(err)
	}
	if of.domain, err = services.Domains.Find(t.Context(), access.ID, w.domain); err != nil {
		t.Fatal(err)
	}
	query(t, a, `SELECT receipt_id FROM receipts WHERE org_id = $1 AND verdict = 'refused'`, access.ID).into(&of.refused)
	query(t, a, `SELECT r.receipt_id, s.tls_report_id, x.report_id FROM reports r JOIN tls_reports s USING (org_id) JOIN replaced_reports x USING (org_id)
		WHERE org_id = $1 AND r.base_key IS NOT NULL AND s.base_key IS NOT NULL AND x.report_id < 1000000`, access.ID).into(&of.beside, &of.tlsBeside, &of.replaced)
	return of
}

// emptyOrganization is the access of somebody who has nothing at all.
func emptyOrganization(t *testing.T, a *apptest.App) org.Access {
	t.Helper()
	id := uid.New[postgres.Person]()
	var n int
	query(t, a, `WITH p AS (INSERT INTO people (person_id, email, created_at) VALUES ($1, 'eve@third.example', now()) RETURNING 1) SELECT count(*) FROM p`, id).into(&n)
	orgs := a.Slices().Orgs
	o, err := orgs.EnsureFirst(t.Context(), id, "eve@third.example")
	if err != nil {
		t.Fatal(err)
	}
	access, err := orgs.Enter(t.Context(), id, "eve@third.example", o.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// inOrg runs a function of a store in the caller's organization.
func inOrg[T any](c call, do func(context.Context, postgres.Tx) (T, error)) (v T, err error) {
	err = c.db.InOrg(c, c.in.ID, func(ctx context.Context, tx postgres.Tx) error {
		v, err = do(ctx, tx)
		return err
	})
	return v, err
}

func inTx(c call, do func(context.Context, postgres.Tx) error) error {
	return c.db.InOrg(c, c.in.ID, do)
}

func want(ok bool, otherwise string) error {
	if ok {
		return nil
	}
	return errors.New(otherwise)
}

// goesOn takes a job's wish to be done again for its success.
func goesOn(err error) error {
	if errors.Is(err, work.Again(0)) {
		return nil
	}
	return err
}

var settings = mailbox.Settings{
	Protocol: mailfetch.IMAP, Host: "127.0.0.1", Port: 993, Security: mailfetch.ImplicitTLS, Username: "u@example.org", Password: "p", Folder: "INBOX", AfterImport: "leave",
}

// twice asks about everything, and about the one domain that the caller names.
func twice(c call, ask func(report.Filter) (any, error)) (any, error) {
	everything, err := ask(c.days())
	if err != nil {
		return nil, err
	}
	f := c.days()
	f.Domain = c.of.domain.ID
	one, err := ask(f)
	return []any{everything, one}, err
}

func tlsFilter(f report.Filter) tlsreport.Filter {
	return tlsreport.Filter{From: f.From, To: f.To, Domain: f.Domain}
}
