package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

// under is a report by which a domain publishes another policy than p=none.
func under(policy string, d doc) string {
	return strings.Replace(d.xml(), "<p>none</p><sp>none</sp>", policy, 1)
}

// Of a policy that changes within the chosen days only what receivers did by it
// is a loss, and days before it are judged by what was published then.
func TestPolicyIsThatOfTheChosenDays(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	today := now.UTC().Truncate(24 * time.Hour)
	report28 := func(to time.Time) report.Assessment {
		t.Helper()
		sum, err := b.Summarise(t.Context(), b.org.ID, report.Filter{From: to.AddDate(0, 0, -27), To: to})
		if err != nil {
			t.Fatal(err)
		}
		if sum.Domains[0].LastReportAt == nil {
			t.Error("the domain's last report is not known")
		}
		return sum.Assess(sum.Domains[0].ID)
	}
	want := func(as report.Assessment, standing report.Standing, policy string, stopped int64) {
		t.Helper()
		if as.Standing != standing || as.On.Policy != policy || as.Stopped() != stopped {
			t.Errorf("standing %d under p=%s, %d stopped; want %d, %s, %d", as.Standing, as.On.Policy, as.Stopped(), standing, policy, stopped)
		}
	}
	const reject = "<p>reject</p>"
	for n := range 10 {
		b.take(t, doc{org: "one.example", id: fmt.Sprint("n", n), domain: "example.org", begin: today.AddDate(0, 0, n-12), recs: []rec{pass("192.0.2.2", 90), fail("192.0.2.2", 9)}}.xml())
	}
	last := today.AddDate(0, 0, -2)
	b.take(t, under(reject, doc{org: "one.example", id: "changed", domain: "example.org", begin: last, recs: []rec{pass("192.0.2.2", 9), fail("192.0.2.2", 1)}}))
	want(report28(last), report.NotSafe, "reject", 0)
	want(report28(last.AddDate(0, 0, -1)), report.NotSafe, "none", 0)
	want(report28(today.AddDate(0, 0, -40)), report.NoData, "", 0)

	refused := fail("192.0.2.2", 5)
	refused.disposition = "reject"
	spam := fail("192.0.2.2", 2)
	spam.disposition = "quarantine"
	b.take(t, under(reject, doc{org: "one.example", id: "refused", domain: "example.org", begin: last.AddDate(0, 0, 1), recs: []rec{refused, spam, fail("192.0.2.2", 1)}}))
	want(report28(today), report.Losing, "reject", 7)
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	want(report28(today), report.Losing, "reject", 7)
	want(report28(last), report.NotSafe, "reject", 0)
}

// Mail of subdomains is stopped by sp, whatever p says; what nobody vouches for
// was stopped by nobody.
func TestMailOfSubdomainsIsLostBySP(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	refused := fail("192.0.2.2", 20)
	refused.disposition = "reject"
	take := func(signature string, recs ...rec) {
		for _, d := range week("reporter.example", recs...) {
			d.id += signature
			mail := strings.Replace(mailOf(d, signature), "<sp>none</sp>", "<sp>reject</sp>", 1)
			b.take(t, strings.ReplaceAll(mail, "<header_from>example.org", "<header_from>news.example.org"))
		}
	}
	take("signed", pass("192.0.2.2", 90), fail("192.0.2.2", 20))
	take("", refused)
	if as, _ := b.assess(t); as.Standing != report.NotSafe || as.Stopped() != 0 {
		t.Errorf("standing %d, %d stopped before any was", as.Standing, as.Stopped())
	}
	b.take(t, mailOf(doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{refused}}, "signed"))
	if as, _ := b.assess(t); as.Standing != report.Losing || as.On.Enforcing() != "sp" || as.Stopped() != 20 {
		t.Errorf("standing %d by %q, %d stopped", as.Standing, as.On.Enforcing(), as.Stopped())
	}
}
