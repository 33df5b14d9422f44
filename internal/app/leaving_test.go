package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/org"
)

// unzip returns the files of a zip by their names.
func unzip(t *testing.T, content string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(content)), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	return files
}

// orgTables names every table that organizations have rows in.
func orgTables(t *testing.T, a *apptest.App) (all []string) {
	t.Helper()
	query(t, a, `SELECT array_agg(c.relname::text ORDER BY 1) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`).into(&all)
	return all
}

// eventually asks until the answer fits, for ten seconds.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !ask() {
		select {
		case <-deadline:
			t.Fatal(what, " never")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// href is the address in the page that ends like this.
func href(t *testing.T, p apptest.Page, begins string) string {
	t.Helper()
	_, after, found := strings.Cut(p.Body, `href="`+begins)
	rest, _, ended := strings.Cut(after, `"`)
	if !found || !ended {
		t.Fatalf("no link to %s…", begins)
	}
	return begins + rest
}

func TestExportHoldsEverythingOfTheOrganizationAndNothingElse(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second := newWorld(t, a, "ada@first.example"), newWorld(t, a, "bob@second.example")
	query(t, a, `WITH d AS (DELETE FROM exports) SELECT 1`).into(new(int))
	here := "/o/" + first.slug + "/export"
	eventually(t, "the sums of days", func() bool { // which else change while the export is made
		var due int
		query(t, a, `SELECT count(*) FROM daily_due`).into(&due)
		return due == 0
	})
	if p := first.owner.Post(t, here); p.Status != 303 {
		t.Fatalf("asking: %d", p.Status)
	}
	eventually(t, "ready", func() bool { return strings.Contains(first.owner.Get(t, here).Body, "The export is ready") })
	link := href(t, first.owner.Get(t, here), here+"/")
	p := first.owner.Get(t, link)
	files := unzip(t, p.Body)
	for _, table := range orgTables(t, a) {
		var n int
		query(t, a, `SELECT count(*) FROM `+table+` t JOIN organizations o USING (org_id) WHERE o.slug = $1`, first.slug).into(&n)
		lines, there := files[table+".jsonl"]
		left := slices.Contains([]string{"exports", "export_parts", "original_parts"}, table)
		if there == left {
			t.Errorf("%s is in the export: %v", table, there)
		}
		if got := strings.Count(lines, "\n"); there && !strings.HasPrefix(table, "audit_") && got != n {
			t.Errorf("%s: %d lines of %d rows", table, got, n)
		}
	}
	all := p.Body + strings.Join(valuesOf(files), "")
	for _, c := range keyring.Columns() {
		if strings.Contains(files[c.Table+".jsonl"], `"`+c.Name+`":`) {
			t.Errorf("the export holds %s, which is sealed", c)
		}
	}
	for _, foreign := range []string{"second.example", second.mailbox, "very secret", `"secret"`, `"token_hash"`} {
		if strings.Contains(all, foreign) {
			t.Errorf("the export holds %q", foreign)
		}
	}
	for _, own := range []string{`"first.example"`, first.mailbox, `"ada@first.example"`, "r-" + first.slug} {
		if !strings.Contains(all, own) {
			t.Errorf("the export lacks %q", own)
		}
	}
	// The right counts when it is fetched, not when it was asked for.
	admin := join(t, a, first.slug, "admin")
	if got := admin.Get(t, link).Status; got != 200 {
		t.Errorf("another admin fetches it: %d", got)
	}
	query(t, a, `WITH u AS (UPDATE members SET role = 'member' WHERE role = 'admin') SELECT 1`).into(new(int))
	if got := admin.Get(t, link).Status; got != 403 {
		t.Errorf("fetched by who is no admin any more: %d", got)
	}
	a.Clock.Advance(8 * 24 * time.Hour)
	if got := first.owner.Get(t, link).Status; got != 404 {
		t.Errorf("fetched when its time was over: %d", got)
	}
}

func valuesOf(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func TestOwnExportHoldsWhatIsAboutThePerson(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	ada, bob := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	if got := bob.Get(t, "/account/data/zip").Status; got != 404 {
		t.Errorf("one that nobody asked for: %d", got)
	}
	ada.Post(t, "/account/data")
	eventually(t, "ready", func() bool { return strings.Contains(ada.Get(t, "/account/data").Body, "The export is ready") })
	files := unzip(t, ada.Get(t, "/account/data/zip").Body)
	all := strings.Join(valuesOf(files), "")
	for name, want := range map[string]string{"account.jsonl": "ada@first.example", "sessions.jsonl": "session_id", "organizations.jsonl": `"owner"`, "activity.jsonl": "session.begin"} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q: %s", name, want, files[name])
		}
	}
	for _, not := range []string{"bob@", "hash", "code_mac"} {
		if strings.Contains(all, not) {
			t.Errorf("the export holds %q", not)
		}
	}
	if got := bob.Get(t, "/account/data/zip").Status; got != 404 {
		t.Errorf("somebody else's: %d", got)
	}
}

// Whoever deletes an organization and does not come back leaves no row in any
// table, and takes none of another organization's along.
func TestErasedOrganizationLeavesNothing(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second := newWorld(t, a, "ada@first.example"), newWorld(t, a, "bob@second.example")
	if p := first.owner.Post(t, "/o/"+first.slug+"/delete"); p.Status != 303 {
		t.Fatalf("deleting: %d", p.Status)
	}
	var secrets int
	query(t, a, `SELECT count(*) FROM mailboxes m JOIN organizations o USING (org_id) WHERE o.slug = $1`, first.slug).into(&secrets)
	if secrets != 0 {
		t.Errorf("%d mailboxes with their passwords are left", secrets)
	}
	a.StopWorker() // it would anchor trails meanwhile
	ids := map[string]string{}
	counts := func(slug string) (all map[string]int) {
		all = map[string]int{}
		for _, table := range orgTables(t, a) {
			var n int
			query(t, a, `SELECT count(*) FROM `+table+` WHERE org_id = $1`, ids[slug]).into(&n)
			all[table] = n
		}
		return all
	}
	for _, slug := range []string{first.slug, second.slug} {
		var id string
		query(t, a, `SELECT org_id::text FROM organizations WHERE slug = $1`, slug).into(&id)
		ids[slug] = id
	}
	before := counts(second.slug)
	admin := administrator(t, a)
	for _, sql := range []string{`SET session_replication_role = replica`, `UPDATE organizations SET purge_at = now() - interval '1 hour' WHERE deleted_at IS NOT NULL`} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Slices().Orgs.Purge(t.Context(), org.Purge{}); err != nil {
		t.Fatal(err)
	}
	for table, n := range counts(first.slug) {
		if n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	for table, n := range counts(second.slug) {
		if n != before[table] {
			t.Errorf("%s: the other organization had %d rows and has %d", table, before[table], n)
		}
	}
}

// Events name a customer of the payment provider instead of an organization.
func TestErasedOrganizationTakesItsPaymentEvents(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	admin := administrator(t, a)
	for _, b := range []*apptest.Browser{first, second} {
		slug := strings.Split(b.Home, "/")[2]
		for _, sql := range []string{
			`INSERT INTO billing_accounts (org_id, customer_id) SELECT org_id, 'cus_' || slug FROM organizations WHERE slug = $1
				ON CONFLICT (org_id) DO UPDATE SET customer_id = excluded.customer_id`,
			`INSERT INTO stripe_events (event_id, type, created_at, received_at, headers, body, customer_id, state)
				VALUES ('evt_' || $1, 'invoice.paid', now(), now(), '{}', '{}', 'cus_' || $1, 'done')`,
		} {
			if _, err := admin.Exec(t.Context(), sql, slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	if p := first.Post(t, first.Home+"delete"); p.Status != 303 {
		t.Fatalf("deleting: %d", p.Status)
	}
	for _, sql := range []string{`SET session_replication_role = replica`, `UPDATE organizations SET purge_at = now() - interval '1 hour' WHERE deleted_at IS NOT NULL`} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Slices().Orgs.Purge(t.Context(), org.Purge{}); err != nil {
		t.Fatal(err)
	}
	var left string
	query(t, a, `SELECT string_agg(event_id, ' ') FROM stripe_events`).into(&left)
	if want := "evt_" + strings.Split(second.Home, "/")[2]; left != want {
		t.Errorf("events %q are left, want %q", left, want)
	}
}

// Routes that need a session alone and name something: it must be the person's own.
func TestWhatIsSomebodyElsesIsNotThere(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second := newWorld(t, a, "ada@first.example"), newWorld(t, a, "bob@second.example")
	invited, eve := a.SignIn(t, "eve@third.example"), a.SignIn(t, "mallory@fourth.example")
	if p := first.owner.Post(t, "/o/"+first.slug+"/members", "email", "eve@third.example", "role", "admin"); p.Status != 303 {
		t.Fatal(p.Status)
	}
	var invitation, member string
	query(t, a, `SELECT invitation_id::text FROM invitations WHERE email = 'eve@third.example'`).into(&invitation)
	if p := invited.Get(t, "/invitations/"+invitation); p.Status != 200 {
		t.Errorf("the invited person sees %d", p.Status)
	}
	if p := second.owner.Post(t, "/o/"+second.slug+"/delete"); p.Status != 303 {
		t.Fatal(p.Status)
	}
	query(t, a, `SELECT m.person_id::text FROM members m JOIN organizations o USING (org_id) WHERE o.slug = $1 AND m.role = 'owner'`, second.slug).into(&member)
	for _, r := range routes(t, a) {
		if r.inOrg() || r.need != "session" || !strings.Contains(r.pattern, "{") {
			continue
		}
		path := strings.NewReplacer("{id}", invitation, "{name}", second.slug).Replace(r.pattern)
		if p := eve.Do(t, r.method, path, nil); p.Status != 404 {
			t.Errorf("%s by somebody else: %d", r, p.Status)
		}
	}
	if p := first.owner.Post(t, "/o/"+first.slug+"/transfer", "member", member); p.Status != 404 {
		t.Errorf("handed over to somebody of another organization: %d", p.Status)
	}
	if p := second.owner.Post(t, "/account/organizations/"+second.slug+"/restore"); p.Status != 303 {
		t.Errorf("the owner cannot take it back: %d", p.Status)
	}
}

// Both post at once; one may be let go, or both are told why not.
func TestTwoOwnersWhoDeleteTheirAccountsAtOnce(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	for n := range 3 {
		w := newWorld(t, a, fmt.Sprintf("ada@first%d.example", n))
		bob := a.SignIn(t, fmt.Sprintf("bob@first%d.example", n))
		query(t, a, `WITH m AS (INSERT INTO members (org_id, person_id, role, joined_at) SELECT o.org_id, p.person_id, 'owner', now()
			FROM organizations o, people p WHERE o.slug = $1 AND p.email = $2 RETURNING 1) SELECT count(*) FROM m`, w.slug, fmt.Sprintf("bob@first%d.example", n)).into(new(int))
		var together sync.WaitGroup
		for _, b := range []*apptest.Browser{w.owner, bob} {
			together.Go(func() { b.Post(t, "/account/delete") })
		}
		together.Wait()
		var stay int
		query(t, a, `SELECT count(*) FROM members m JOIN organizations o USING (org_id) JOIN people p USING (person_id)
			WHERE o.slug = $1 AND m.role = 'owner' AND p.deleted_at IS NULL`, w.slug).into(&stay)
		if stay == 0 {
			t.Error("an organization with members has no owner who stays")
		}
	}
}

// A browser that is signed in is told what the code in the mail ends here.
func TestCodeDoesNotSilentlyReplaceASession(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	b.Post(t, "/signin", "email", "bob@second.example")
	says(t, b.Get(t, "/signin/sent"), "You are signed in as", "ada@first.example", "The code signs that account out here.")
}

// Somebody else's browser may confirm an address, and stays signed in.
func TestAddressConfirmedInSomebodyElsesBrowser(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	ada, bob := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	ada.Post(t, "/account/address", "email", "ada@third.example")
	for _, address := range []string{"ada@first.example", "ada@third.example"} {
		path := "/account/address/" + tokenIn(a.Mail(t, address), "/account/address/")
		if p := bob.Post(t, path); p.Status != 303 || p.Location != path {
			t.Errorf("without an answer: %d to %q", p.Status, p.Location)
		}
		bob.Post(t, path, "answer", "confirm")
	}
	if p := bob.Get(t, "/account"); p.Status != 200 {
		t.Errorf("he is signed out: %d", p.Status)
	}
	if p := ada.Get(t, "/account"); p.Status != 303 {
		t.Errorf("she is still signed in: %d", p.Status)
	}
}
