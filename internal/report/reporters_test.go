package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// qualities is what is told about each reporter, a line each.
func (b *bench) qualities(t *testing.T, f report.Filter) string {
	t.Helper()
	list, err := b.Qualities(t.Context(), b.org.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, q := range list {
		line := fmt.Sprintf("%s: %d reports, %d messages, %d repaired, %d skipped, %d refused, %d conflicts", q.Reporter, q.Reports, q.Messages, q.Repaired, q.Skipped, q.Refused, q.Conflicts)
		if q.TLS > 0 {
			line += fmt.Sprintf(", %d about TLS", q.TLS)
		}
		if q.Name != q.Reporter && q.Name != "" && !strings.HasSuffix(q.Name, q.Reporter) {
			line += ", calls itself " + q.Name
		}
		if q.LastDay != nil {
			line += ", last " + q.LastDay.Format(time.DateOnly)
		}
		for _, k := range q.Repairs {
			line += fmt.Sprintf(", %s %s %d/%d", k.Kind, k.Code, k.Reports, k.Count)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// groupOf makes a group of one domain.
func (b *bench) groupOf(t *testing.T, name fqdn.Name) domain.GroupID {
	t.Helper()
	g, err := b.domains.CreateGroup(t.Context(), b.org, "Shops")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.domains.Assign(t.Context(), b.org, []fqdn.Name{name}, g.ID); err != nil {
		t.Fatal(err)
	}
	return g.ID
}

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
	ask := func(f report.Filter) string { return b.qualities(t, f) }
	f := report.LastDays(now, 28)
	const good, odds = "good.example: 2 reports, 5 messages, 0 repaired, 0 skipped, 0 refused, 0 conflicts, last 2026-11-10",
		"odd.example: 2 reports, 2 messages, 2 repaired, 2 skipped, 0 refused, 1 conflicts, last 2026-11-10, aggregate evaluation_not_pass_or_fail 2/2, aggregate records_skipped 2/2"
	const bad, nobody = "bad.example: 0 reports, 0 messages, 0 repaired, 0 skipped, 2 refused, 0 conflicts", ": 0 reports, 0 messages, 0 repaired, 0 skipped, 1 refused, 0 conflicts"
	if got, want := ask(f), odds+"\n"+bad+"\n"+nobody+"\n"+good; got != want {
		t.Errorf("all:\n%s\nwant\n%s", got, want)
	}
	net, err := b.domains.Find(t.Context(), b.org.ID, "example.net")
	if err != nil {
		t.Fatal(err)
	}
	f.Domain = net.ID
	if got, want := ask(f), "bad.example: 0 reports, 0 messages, 0 repaired, 0 skipped, 1 refused, 0 conflicts\n"+
		"good.example: 1 reports, 3 messages, 0 repaired, 0 skipped, 0 refused, 0 conflicts, last 2026-11-10"; got != want {
		t.Errorf("one domain:\n%s\nwant\n%s", got, want)
	}
	alone := ask(f)
	f.Domain, f.Group = domain.ID{}, b.groupOf(t, "example.net")
	if got := ask(f); got != alone {
		t.Errorf("its group:\n%s\nwant\n%s", got, alone)
	}
	if got := ask(report.Filter{From: now.AddDate(0, 0, -60), To: now.AddDate(0, 0, -30)}); got != "" {
		t.Errorf("other days:\n%s", got)
	}
	_, total, _, err := b.Reports(t.Context(), b.org.ID, report.Query{Filter: report.Filter{From: day, To: now, Repair: "records_skipped"}, Limit: 10})
	if err != nil || total != 2 {
		t.Errorf("%d reports with that repair, %v", total, err)
	}
}

func TestQualityCountsTLSReportsAndRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	b.Mails = signedBy{"signed", "dmarc.signed.example"}
	about := func(id, domain string) string {
		return tlsDoc{id: id, policies: []tlsPolicy{{domain, 3, 1}}}.json()
	}
	broken := func(signature string) string {
		return mailOf(doc{org: "unsaid.example", domain: "example.org", tail: "<cut"}, signature)
	}
	nameless := strings.NewReplacer("<org_name>unsaid.example</org_name>", "", "<email>dmarc@unsaid.example</email>", "")
	b.take(t,
		about("t-1", "example.org"),
		strings.Replace(about("t-2", "example.net"), `"sts"`, `"odd"`, 1), // repaired
		strings.Replace(about("t-3", "example.org"), `session-count":3`, `session-count":-3`, 1),
		nameless.Replace(broken("signed")), nameless.Replace(broken("nobody")),
	)
	f := report.LastDays(now, 28)
	const receiver = "receiver.example: 2 reports, 0 messages, 1 repaired, 0 skipped, 1 refused, 0 conflicts, 2 about TLS, calls itself Receiver, last 2026-11-10, tls unknown_policy_type 1/1"
	want := receiver + "\n: 0 reports, 0 messages, 0 repaired, 0 skipped, 1 refused, 0 conflicts\nsigned.example: 0 reports, 0 messages, 0 repaired, 0 skipped, 1 refused, 0 conflicts"
	if got := b.qualities(t, f); got != want {
		t.Errorf("all:\n%s\nwant\n%s", got, want)
	}
	org, err := b.domains.Find(t.Context(), b.org.ID, "example.org")
	if err != nil {
		t.Fatal(err)
	}
	f.Domain = org.ID
	alone := b.qualities(t, f)
	if !strings.HasPrefix(alone, "receiver.example: 1 reports, 0 messages, 0 repaired") {
		t.Errorf("one domain:\n%s", alone)
	}
	f.Domain, f.Group = domain.ID{}, b.groupOf(t, "example.org")
	if got := b.qualities(t, f); got != alone {
		t.Errorf("its group:\n%s\nwant\n%s", got, alone)
	}
}

// A name counts in reports of both kinds, and a conflict where the stored report
// does.
func TestNamesAndConflictsOfReporters(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	made := func(name, id string, begin time.Time, n int) string {
		d := doc{org: "receiver.example", id: id, domain: "example.org", begin: begin, recs: []rec{pass("192.0.2.1", n)}}
		return strings.Replace(d.xml(), "<org_name>receiver.example<", "<org_name>"+name+"<", 1)
	}
	about := func(id, begin string, n int) string {
		return tlsDoc{id: id, begin: begin, policies: []tlsPolicy{{"example.net", n, 0}}}.json()
	}
	before := day.AddDate(0, 0, -5)
	b.take(t, made("Alpha", "1", day, 1), made("Alpha", "2", day, 1), made("Receiver", "3", before, 1), about("t-1", "2026-11-10", 1))
	const told = "receiver.example: %d reports, %d messages, 0 repaired, 0 skipped, 0 refused, %d conflicts"
	f := report.LastDays(now, 28)
	if got, want := b.qualities(t, f), fmt.Sprintf(told, 4, 3, 0)+", 1 about TLS, calls itself Alpha, last 2026-11-10"; got != want {
		t.Errorf("two names as often:\n%s\nwant\n%s", got, want)
	}
	b.take(t, about("t-2", "2026-11-09", 1), made("Alpha", "1", day, 9), about("t-1", "2026-11-10", 9))
	domains, err := b.domains.List(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	of := map[fqdn.Name]domain.ID{}
	for _, d := range domains {
		of[d.Name] = d.ID
	}
	earlier := report.Filter{From: before, To: before}
	for name, c := range map[string]struct {
		f    report.Filter
		id   domain.ID
		want string
	}{
		"all":            {f, domain.ID{}, fmt.Sprintf(told, 5, 3, 2) + ", 2 about TLS, calls itself Receiver, last 2026-11-10"},
		"of one domain":  {f, of["example.org"], fmt.Sprintf(told, 3, 3, 1) + ", calls itself Alpha, last 2026-11-10"},
		"of the other":   {f, of["example.net"], fmt.Sprintf(told, 2, 0, 1) + ", 2 about TLS, calls itself Receiver, last 2026-11-10"},
		"of another day": {earlier, domain.ID{}, fmt.Sprintf(told, 1, 1, 0) + ", calls itself Receiver, last 2026-11-05"},
	} {
		c.f.Domain = c.id
		if got := b.qualities(t, c.f); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestRefusalsCountOnTheDayOfTheirMail(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	cut := doc{org: "bad.example", id: "1", domain: "example.org", begin: day, tail: "<cut"}.xml()
	late := mailbox.Mail{Mailbox: uid.New[mailbox.Mailbox](), Generation: "1", ID: "1", State: mailfetch.Delivered,
		Received: now.AddDate(0, 0, -40), Size: int64(len(cut)), Content: strings.NewReader(cut)}
	if err := b.takeIn(t.Context(), []mailbox.Mail{late}, settle); err != nil {
		t.Fatal(err)
	}
	for days, want := range map[int]int{28: 0, 60: 1} {
		if got := strings.Count(b.qualities(t, report.LastDays(now, days)), "1 refused"); got != want {
			t.Errorf("%d of %d days", got, days)
		}
	}
}
