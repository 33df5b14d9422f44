package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
)

// anyRecords is a report of random senders and results about some day.
func anyRecords(random *rand.Rand, a *apptest.App, id, domain string) string {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	var b strings.Builder
	end := a.Clock.Now().AddDate(0, 0, -1-random.IntN(80)).Unix()
	fmt.Fprintf(&b, `<feedback><report_metadata><org_name>%s</org_name><email>d@receiver.example</email><report_id>%s</report_id>`+
		`<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata><policy_published><domain>%s</domain><p>none</p></policy_published>`,
		pick("one.example", "two.example"), id, end-3600, end, domain)
	for range 1 + random.IntN(6) {
		fmt.Fprintf(&b, `<record><row><source_ip>%s</source_ip><count>%d</count><policy_evaluated><disposition>%s</disposition><dkim>%s</dkim><spf>%s</spf>%s</policy_evaluated></row>`+
			`<identifiers><header_from>%s</header_from></identifiers><auth_results/></record>`, pick("192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"), random.IntN(40),
			pick("none", "quarantine", "reject"), pick("pass", "fail"), pick("pass", "fail", "softfail"), pick("", "", "<reason><type>forwarded</type></reason>"), domain)
	}
	return b.String() + "</feedback>"
}

// choices are the filters that an address can hold, each with what it means for
// records t, their reports r and what is known of their senders s.
var choices = []struct{ name, value, sql string }{
	{"class", "passing", `(t.dkim = 1 OR t.spf = 1)`},
	{"class", "forwarded", `t.dkim <> 1 AND t.spf <> 1 AND t.forwarding <> 0`},
	{"class", "fix", `t.dkim <> 1 AND t.spf <> 1 AND t.forwarding = 0 AND (s.review = 'authorised' OR s.own AND s.review = '')`},
	{"class", "unknown", `t.dkim <> 1 AND t.spf <> 1 AND t.forwarding = 0 AND NOT (s.review = 'authorised' OR s.own AND s.review = '')`},
	{"disposition", "none", `t.disposition IN (1, 2)`}, {"disposition", "reject", `t.disposition = 4`},
	{"dkim", "pass", `t.dkim = 1`}, {"dkim", "fail", `t.dkim <> 1`}, {"spf", "pass", `t.spf = 1`}, {"spf", "fail", `t.spf <> 1`},
	{"sender", "192.0.2.1", `host(t.source_ip) = '192.0.2.1'`}, {"ip", "192.0.2.2/31", `t.source_ip <<= inet '192.0.2.2/31'`}, {"ip", "2001:db8::/32", `family(t.source_ip) = 6`},
	{"reporter", "two.example", `r.reporter_domain = 'two.example'`}, {"authenticated", "no", `r.trust = 2`}, {"country", report.UnknownCountry, `true`}, {"country", "DE", `false`},
	{"days", "7", `t.day > current_date - 7`}, {"days", "28", `t.day > current_date - 28`},
}

func TestEveryPageSaysTheSameOfAnyFilter(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 25 {
		take(t, a, w.slug, anyRecords(random, a, fmt.Sprint("any", n), w.domain))
	}
	admin, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	found := 0
	for n := range 60 {
		query, where := url.Values{"days": {"90"}}, `t.day > current_date - 90`
		for range random.IntN(4) {
			if c := choices[random.IntN(len(choices))]; query.Get(c.name) == "" || c.name == "days" && query.Get("days") == "90" {
				query.Set(c.name, c.value)
				where += " AND " + c.sql
			}
		}
		var want int64
		err := admin.QueryRow(t.Context(), `
			SELECT coalesce(sum(t.messages), 0)::bigint FROM records t JOIN reports r USING (org_id, report_id)
			JOIN sources o ON o.org_id = t.org_id AND o.domain_id = r.domain_id AND o.source_ip = t.source_ip
			JOIN senders s ON s.org_id = t.org_id AND s.domain_id = r.domain_id AND s.sender = o.sender
			JOIN domains d ON d.org_id = t.org_id AND d.domain_id = r.domain_id
			WHERE d.name = $1 AND `+strings.ReplaceAll(where, "current_date", "date '"+a.Clock.Now().UTC().Format("2006-01-02")+"'"), w.domain).Scan(&want)
		if err != nil {
			t.Fatal(err)
		}
		if want > 0 {
			found++
		}
		here := query.Encode()
		if page := w.owner.Get(t, "/o/"+w.slug+"/domains/"+w.domain+"?"+here); len(query) > 1 && want > 0 && !strings.Contains(page.Body, " of "+format.Of(want, "message", "messages")+" like these passed.") {
			t.Errorf("filter %d %s: the domain's page does not speak of %d messages", n, here, want)
		}
		query.Set("domain", w.domain)
		here = query.Encode()
		if page := w.owner.Get(t, "/o/"+w.slug+"/download?"+here); want > 0 && !strings.Contains(page.Body, "Take "+format.Of(want, "message", "messages")+" with you") {
			t.Errorf("filter %d %s: the page of downloads does not speak of %d messages", n, here, want)
		}
		for _, kind := range []string{"messages", "records"} {
			if sum, _ := sumOf(t, w.owner.Get(t, "/o/"+w.slug+"/download/"+kind+".csv?"+here).Body); sum != want {
				t.Errorf("filter %d %s: %s come to %d, want %d", n, here, kind, sum, want)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d of the filters found anything", found)
	}
}

func TestReportsOfAFilterAreCountedToAThousand(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	random := rand.New(rand.NewPCG(7, 8))
	var many []string
	for n := range 1002 {
		many = append(many, anyRecords(random, a, fmt.Sprint("any", n), w.domain))
	}
	take(t, a, w.slug, many...)
	for query, want := range map[string]string{"": "1 003 reports from", "?dkim=fail": "reports from", "?country=" + report.UnknownCountry: "More than 1 000 reports from"} {
		if page := w.owner.Get(t, "/o/"+w.slug+"/reports"+query); !strings.Contains(page.Body, strings.ReplaceAll(want, " 0", "\u202f0")) {
			t.Errorf("%s: the page does not say %q", query, want)
		}
	}
}
