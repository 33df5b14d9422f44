package app_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/postgres"
)

// plan holds every organization of the program to a plan.
func plan(a *apptest.App, p billing.Plan) {
	limits := billing.Limits{Of: func(_ context.Context, _ postgres.Tx, _ postgres.TenantID, l billing.Limit) (billing.Allowance, error) {
		return p.Allowance(l), nil
	}}
	s := a.Slices()
	s.Orgs.Limits, s.Domains.Limits, s.Reports.Plans = limits, limits, limits
}

func TestWhoMeetsALimitIsLedToALargerPlan(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	admin, member := join(t, a, w.slug, "admin"), join(t, a, w.slug, "member")
	a.StopWorker() // it reads what is set here
	plan(a, billing.PlanOf(billing.Free))
	home := w.owner.Home
	const ask = "Ask an owner of your organization."
	see := `href="` + home + `billing">See plans</a>`
	for name, c := range map[string]struct {
		status int
		page   apptest.Page
		want   string
	}{
		"an owner invites":         {422, w.owner.Post(t, home+"members", "email", "eve@first.example", "role", "viewer"), see},
		"an admin invites":         {422, admin.Post(t, home+"members", "email", "eve@first.example", "role", "viewer"), ask},
		"an owner adds a domain":   {429, w.owner.Post(t, home+"domains", "domain", "more.example"), see},
		"a member adds a domain":   {429, member.Post(t, home+"domains", "domain", "more.example"), ask},
		"an owner adds many":       {200, w.owner.Post(t, home+"domains/new", "names", "more.example"), see},
		"a member adds many":       {200, member.Post(t, home+"domains/new", "names", "more.example"), ask},
		"a domain that is no name": {200, w.owner.Post(t, home+"domains/new", "names", "none"), "Not a domain name."},
	} {
		if c.page.Status != c.status || !strings.Contains(c.page.Body, c.want) {
			t.Errorf("%s: %d, and the page lacks %q", name, c.page.Status, c.want)
		}
		if larger := strings.Index(c.page.Body, "A larger plan would allow this."); larger >= 0 && larger < strings.Index(c.page.Body, "<h1") {
			t.Errorf("%s: it speaks of a larger plan before the page begins", name)
		}
		if led := strings.Contains(c.page.Body, "A larger plan would allow this."); led != (c.want == see || c.want == ask) {
			t.Errorf("%s: it speaks of a larger plan: %t", name, led)
		}
	}
}

func TestLargestPlanSpeaksOfNoLargerOne(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	a.StopWorker() // it reads what is set here
	largest := billing.PlanOf(billing.Business)
	largest.Seats, largest.Domains = 1, 1
	plan(a, largest)
	home := w.owner.Home
	for name, page := range map[string]apptest.Page{
		"an invitation": w.owner.Post(t, home+"members", "email", "eve@first.example", "role", "viewer"),
		"a domain":      w.owner.Post(t, home+"domains", "domain", "more.example"),
		"many domains":  w.owner.Post(t, home+"domains/new", "names", "more.example"),
	} {
		if page.Status == 303 || strings.Contains(page.Body, "larger plan") {
			t.Errorf("%s: %d, or it speaks of a larger plan", name, page.Status)
		}
	}
}

func TestNamesOverThePlanStayInTheField(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	a.StopWorker() // it reads what is set here
	plan(a, billing.PlanOf(billing.Free))
	says(t, w.owner.Post(t, w.owner.Home+"domains/new", "names", "more.example"), "your plan watches up to 1 domain", ">more.example\n</textarea>")
}

func TestDomainThatIsSetAsideSaysSo(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	viewer := join(t, a, w.slug, "viewer")
	a.StopWorker() // it reads what is set here
	plan(a, billing.PlanOf(billing.Free))
	var n int
	query(t, a, `WITH d AS (UPDATE domains SET set_aside_at = now() RETURNING 1) SELECT count(*) FROM d`).into(&n)
	take(t, a, w.slug, aReport(a, "new", w.domain))

	choose := `href="` + w.owner.Home + `billing">Choose which domains stay active</a>`
	says(t, w.owner.Get(t, w.owner.Home+"domains"), ">Set aside</span>", "1 domain is set aside", choose)
	says(t, w.owner.Get(t, w.owner.Home+"domains/"+w.domain), "This domain is set aside", choose, "3 messages")
	says(t, viewer.Get(t, w.owner.Home+"domains"), ">Set aside</span>", "An owner of your organization can choose")
	var id string
	query(t, a, `SELECT receipt_id::text FROM receipts WHERE verdict = 'held'`).into(&id)
	says(t, w.owner.Get(t, w.owner.Home+"receipts?verdict=held"), "It is about a domain that is set aside")
	says(t, w.owner.Get(t, w.owner.Home+"receipts/"+id), "It is about a domain that is set aside", "Choose which of your domains are active", `billing">See plans</a>`)
}

func TestLargerPlanIsNamedOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	a.StopWorker() // it reads what is set here
	query(t, a, `UPDATE organizations SET created_at = '2020-01-01' RETURNING 1`).into(new(int))
	plan(a, billing.Plan{Domains: 2, Seats: 5, RetentionDays: 30}) // no report counts
	take(t, a, w.slug, aReport(a, "new", w.domain))
	var id string
	query(t, a, `SELECT receipt_id::text FROM receipts WHERE verdict = 'held'`).into(&id)
	here := w.owner.Home + "receipts/" + id
	says(t, w.owner.Get(t, here), "Your plan counts fewer reports a month than came.", "Choose a larger plan", `billing">See plans</a>`)
	plan(a, billing.PlanOf(billing.Business))
	page := w.owner.Get(t, here)
	says(t, page, "Your plan counts fewer reports a month than came.")
	if strings.Contains(page.Body, "larger plan") {
		t.Error("a larger plan is named, and there is none")
	}
}

func TestReportsThatWaitAreNamed(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	viewer := join(t, a, w.slug, "viewer")
	a.StopWorker() // it reads what is set here
	w.owner.Post(t, w.owner.Home+"domains", "domain", "other.example")
	w.owner.Post(t, w.owner.Home+"domains", "domain", "aside.example")
	query(t, a, `WITH o AS (UPDATE organizations SET created_at = '2020-01-01') UPDATE domains SET set_aside_at = now() WHERE name = 'aside.example' RETURNING 1`).into(new(int))
	plan(a, billing.Plan{Domains: 2, Seats: 5, RetentionDays: 30}) // no report counts
	report := aReport(a, "new", "sub.other.example")
	take(t, a, w.slug, report, report, aReport(a, "aside", "aside.example"))

	of, link := "1 report about this domain waits, because all that your plan counts", `href="`+w.owner.Home+`billing">See your plan</a>`
	says(t, w.owner.Get(t, w.owner.Home), "1 report waits, because all that your plan counts", link)
	says(t, viewer.Get(t, w.owner.Home), "1 report waits, because all that your plan counts", "Ask an owner of your organization about the plan.")
	says(t, w.owner.Get(t, w.owner.Home+"domains/other.example"), of, link, "1 report about this domain waits for room in your plan.")
	says(t, w.owner.Get(t, w.owner.Home+"domains/aside.example"), ">Set aside<", "1 report waits and will be counted once this domain is active.", `billing">Choose which domains stay active</a>`)
	for _, name := range []string{w.domain, "aside.example"} {
		if page := w.owner.Get(t, w.owner.Home+"domains/"+name); strings.Contains(page.Body, of) || strings.Contains(page.Body, "expect the first within") {
			t.Errorf("%s: the page speaks of what it is not about", name)
		}
	}
}

func TestFoundDomainsAreTickedAsFarAsThePlanGoes(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	a.StopWorker() // it reads what is set here
	var id string
	query(t, a, `UPDATE mailboxes SET state = 'choosing' RETURNING mailbox_id::text`).into(&id)
	query(t, a, `INSERT INTO found_domains (org_id, mailbox_id, name, reports, messages)
		SELECT org_id, mailbox_id, f.name, f.reports, 1 FROM mailboxes, (VALUES ('few.example', 1), ('many.example', 9), ('some.example', 5)) AS f (name, reports) RETURNING 1`).into(new(int))
	page := func(p billing.Plan) string {
		plan(a, p)
		return w.owner.Get(t, w.owner.Home+"mailboxes/"+id+"/domains").Body
	}
	ticked := func(body string) (names []string) {
		for _, m := range regexp.MustCompile(`name="domain" value="([^"]*)" checked`).FindAllStringSubmatch(body, -1) {
			names = append(names, m[1])
		}
		return names
	}
	const kept = "Your plan keeps reports for 30 days; older ones in this mailbox are not kept."
	for _, c := range []struct {
		domains int
		want    string
		words   string
	}{
		{1, "[]", "Your plan has no room for another domain"},
		{2, "[many.example]", "Your plan has room for 1 more domain, so only the one with the most reports is ticked."},
		{3, "[many.example some.example]", "Your plan has room for 2 more domains, so only those with the most reports are ticked."},
	} {
		body := page(billing.Plan{Domains: c.domains, Seats: 1, RetentionDays: 30})
		if got := fmt.Sprint(ticked(body)); got != c.want || !strings.Contains(body, c.words) || !strings.Contains(body, kept) {
			t.Errorf("%d domains: ticked %s, or the page lacks its words", c.domains, got)
		}
	}
	if body := page(billing.PlanOf(billing.Business)); len(ticked(body)) != 3 || strings.Contains(body, "Your plan") {
		t.Errorf("with room for all: ticked %v, or the page speaks of the plan", ticked(body))
	}
}
