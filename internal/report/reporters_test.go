package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

func TestQualityOfReporters(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	made := func(org, id, domain string, n int) string {
		return doc{org: org, id: id, domain: domain, begin: day, recs: []rec{pass("192.0.2.1", n), pass("192.0.2.2", 1)}}.xml()
	}
	odd := strings.NewReplacer("192.0.2.1<", "999.0.2.1<", "<spf>pass</spf></policy", "<spf>softfail</spf></policy")
	b.take(t,
		made("good.example", "1", "example.org", 1),
		made("good.example", "2", "mail.example.net", 2),
		odd.Replace(made("mx.odd.example", "1", "example.org", 3)), // a row skipped, odd results
		odd.Replace(made("odd.example", "2", "example.org", 3)),
		made("odd.example", "2", "example.org", 4),       // another version of it
		made("bad.example", "1", "example.net", 5)[:700], // cut
		strings.Replace(made("bad.example", "2", "example.org", 5), "<report_id>2</report_id>", "", 1),
		"<feedback>cut",
	)
	ask := func(f report.Filter) string {
		t.Helper()
		list, err := b.Qualities(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, q := range list {
			line := fmt.Sprintf("%s: %d reports, %d messages, %d repaired, %d skipped, %d refused, %d conflicts", q.Reporter, q.Reports, q.Messages, q.Repaired, q.Skipped, q.Refused, q.Conflicts)
			if q.LastDay != nil {
				line += ", last " + q.LastDay.Format(time.DateOnly)
			}
			for _, k := range q.Repairs {
				line += fmt.Sprintf(", %s %d/%d", k.Code, k.Reports, k.Count)
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	f := report.LastDays(now, 28)
	const good, odds = "good.example: 2 reports, 5 messages, 0 repaired, 0 skipped, 0 refused, 0 conflicts, last 2026-11-10",
		"odd.example: 2 reports, 2 messages, 2 repaired, 2 skipped, 0 refused, 1 conflicts, last 2026-11-10, evaluation_not_pass_or_fail 2/2, records_skipped 2/2"
	if got, want := ask(f), good+"\n"+odds+"\nbad.example: 0 reports, 0 messages, 0 repaired, 0 skipped, 2 refused, 0 conflicts"; got != want {
		t.Errorf("all:\n%s\nwant\n%s", got, want)
	}
	net, err := b.domains.Find(t.Context(), b.org.ID, "example.net")
	if err != nil {
		t.Fatal(err)
	}
	f.Domain = net.ID
	if got, want := ask(f), "good.example: 1 reports, 3 messages, 0 repaired, 0 skipped, 0 refused, 0 conflicts, last 2026-11-10\n"+
		"bad.example: 0 reports, 0 messages, 0 repaired, 0 skipped, 1 refused, 0 conflicts"; got != want {
		t.Errorf("one domain:\n%s\nwant\n%s", got, want)
	}
	if got := ask(report.Filter{From: now.AddDate(0, 0, -60), To: now.AddDate(0, 0, -30)}); got != "" {
		t.Errorf("other days:\n%s", got)
	}
	_, total, _, err := b.Reports(t.Context(), b.org.ID, report.Query{Filter: report.Filter{From: day, To: now, Repair: "records_skipped"}, Limit: 10})
	if err != nil || total != 2 {
		t.Errorf("%d reports with that repair, %v", total, err)
	}
}
