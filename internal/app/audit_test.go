package app_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/audit"
)

func TestAuditTrailShowsWhoChangedWhat(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	admin := join(t, a, w.slug, "admin")
	admin.Post(t, w.owner.Home+"settings", "name", "=1+1")
	admin.Post(t, w.owner.Home+"domains", "domain", "second.example")
	page := w.owner.Home + "audit"
	says(t, w.owner.Get(t, w.owner.Home+"settings"), page)
	says(t, w.owner.Get(t, page), "6 changes are recorded.", "Added a domain", "second.example", "admin@joined.example", "Connected a mailbox", "127.0.0.1", "Made the organization",
		"sendvery audit verify", page+"/anchor.txt", page+"/events.csv")

	id := func(email string) (id string) {
		query(t, a, `SELECT person_id::text FROM people WHERE email = $1`, email).into(&id)
		return id
	}
	today, tomorrow := a.Clock.Now().Format(time.DateOnly), a.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	for name, c := range map[string]struct {
		filter url.Values
		want   []string
		not    string
	}{
		"action":    {url.Values{"action": {"domain.add"}}, []string{"first.example", "second.example"}, "1&#43;1"},
		"person":    {url.Values{"by": {id("admin@joined.example")}}, []string{"second.example"}, "Made the organization</span>"},
		"today":     {url.Values{"from": {today}, "to": {today}}, []string{"second.example"}, "No change like this"},
		"later":     {url.Values{"from": {tomorrow}}, []string{"No change like this", "Show everything"}, "second.example"},
		"program":   {url.Values{"by": {"program"}}, []string{"No change like this"}, "second.example"},
		"next page": {url.Values{"before": {"3"}}, []string{"first.example", "Newer"}, "second.example"},
	} {
		p := w.owner.Get(t, page+"?"+c.filter.Encode())
		says(t, p, c.want...)
		if strings.Contains(p.Body, c.not) {
			t.Errorf("%s: the page says %q", name, c.not)
		}
	}

	var n int
	query(t, a, `WITH m AS (DELETE FROM members m USING people p WHERE p.person_id = m.person_id AND p.email = 'admin@joined.example' RETURNING 1) SELECT count(*) FROM m`).into(&n)
	left := w.owner.Get(t, page)
	says(t, left, "a former member", "second.example")
	if strings.Contains(left.Body, "admin@joined.example") {
		t.Error("who has left is named")
	}
	says(t, w.owner.Get(t, page+"?by=former"), "second.example")
}

func TestAuditTrailIsDownloadedWhole(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	owner := a.SignIn(t, "ada@first.example")
	owner.Post(t, owner.Home+"settings", "name", "=1+1")
	for i := range 60 {
		owner.Post(t, owner.Home+"domains", "domain", fmt.Sprintf("d%d.example", i))
	}
	says(t, owner.Get(t, owner.Home+"audit"), "62 changes are recorded.", "Older")
	p := owner.Get(t, owner.Home+"audit/events.csv")
	if p.Status != 200 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/csv") || !strings.Contains(p.Header.Get("Content-Disposition"), `filename="audit-first-example-`) {
		t.Errorf("%d %v", p.Status, p.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(p.Body)).ReadAll()
	if err != nil || len(rows) != 63 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	newest, renamed := rows[1], rows[61]
	if strings.Join(newest[:1], "") != "62" || newest[2] != "ada@first.example" || newest[4] != "domain.add" || newest[5] != "d59.example" || len(newest[7]) != 64 {
		t.Errorf("the newest: %q", newest)
	}
	if renamed[5] != "'=1+1" {
		t.Errorf("a spreadsheet would compute %q", renamed[5])
	}
	if p := owner.Get(t, owner.Home+"audit/events.csv?action=organization.rename"); strings.Count(p.Body, "\n") != 2 {
		t.Errorf("chosen: %s", p.Body)
	}
	var n int
	query(t, a, `WITH e AS (INSERT INTO audit_events (org_id, seq, at, action, subject) SELECT org_id, 1 - i, now(), 'domain.add', 'older' || i FROM organizations, generate_series(1, 2500) i
		RETURNING 1) SELECT count(*) FROM e`).into(&n)
	rows, err = csv.NewReader(strings.NewReader(owner.Get(t, owner.Home+"audit/events.csv").Body)).ReadAll()
	if err != nil || len(rows) != 2563 || rows[62][0] != "1" || rows[63][0] != "0" || rows[2562][0] != "-2499" {
		t.Errorf("with older ones: %d rows, %v", len(rows), err)
	}
	anchor := owner.Get(t, owner.Home+"audit/anchor.txt")
	if anchor.Status != 200 || !strings.Contains(anchor.Body, " organization ") || !strings.Contains(anchor.Body, " 62 ") {
		t.Fatalf("%d: %s", anchor.Status, anchor.Body)
	}
	if _, err := a.VerifyTrail(t.Context(), strings.NewReader(anchor.Body), func(b audit.Break) { t.Error(b) }); err != nil {
		t.Error(err)
	}
}

func TestActivityIsThePersonsOwn(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	ada, bob := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	again := a.SignIn(t, "ada@first.example")
	again.Post(t, "/signout")
	p := ada.Get(t, "/account/activity")
	says(t, p, "3 events are recorded for your account.", "Signed in", "Signed out a device", "198.51.100.0/24")
	says(t, bob.Get(t, "/account/activity"), "1 event is recorded for your account.")
	says(t, ada.Get(t, "/account/sessions"), "/account/activity")
	says(t, ada.Get(t, ada.Home+"settings"), "/account/activity")
}
