package app_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
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
		if got := strings.Count(lines, "\n"); there && table != "audit_events" && table != "audit_heads" && got != n {
			t.Errorf("%s: %d lines of %d rows", table, got, n)
		}
	}
	all := p.Body + strings.Join(valuesOf(files), "")
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
	query(t, a, `WITH u AS (UPDATE organizations SET purge_at = now() - interval '1 hour' WHERE slug = $1) SELECT 1`, first.slug).into(new(int))
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
