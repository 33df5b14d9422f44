package report_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

func TestWhatIsKeptOfEachMail(t *testing.T) {
	t.Parallel()
	const tls = `{"organization-name":"R","date-range":{"start-datetime":"2026-11-10T00:00:00Z","end-datetime":"2026-11-10T23:59:59Z"},"contact-info":"t@r.example",` +
		`"report-id":"t-1","policies":[{"policy":{"policy-type":"sts","policy-domain":"example.org"},"summary":{"total-successful-session-count":7,"total-failure-session-count":0}}]}`
	period := func(begin time.Time) string {
		return doc{org: "reporter.example", id: "p", domain: "example.org", begin: begin, recs: []rec{pass("192.0.2.1", 1)}}.xml()
	}
	cut := simple("cut", 1)
	for name, c := range map[string]struct {
		mail, want string // verdict, items, whether the original is kept
	}{
		"a report":               {simple("a", 1), "accepted [accepted] kept"},
		"a report that is cut":   {cut[:len(cut)-40], "refused [refused] kept"},
		"a TLS report":           {tls, "accepted [accepted] kept"},
		"a failure report":       {failureReport, "repaired [repaired] gone"},
		"an ordinary mail":       {ordinary, "no_report [] gone"},
		"two reports, one cut":   {zipped(t, "a.xml", simple("b", 1), "b.xml", cut[:len(cut)-40]), "refused [accepted, refused] kept"},
		"an unwatched domain":    {strings.ReplaceAll(simple("c", 1), "example.org", "example.com"), "held [held domain_not_watched] kept"},
		"a period before 2000":   {period(time.Date(1999, 12, 30, 0, 0, 0, 0, time.UTC)), "held [held day_out_of_range] kept"},
		"a period from 1970":     {period(time.Unix(0, 0)), "held [held day_out_of_range] kept"},
		"a period next week":     {period(now.AddDate(0, 0, 7)), "held [held day_out_of_range] kept"},
		"a period in 200 years":  {period(now.AddDate(200, 0, 0)), "held [held day_out_of_range] kept"},
		"a report in two copies": {zipped(t, "a.xml", simple("d", 1), "b.xml", simple("d", 1)), "accepted [accepted, known] kept"},
	} {
		b := newBench(t, "example.org")
		b.take(t, c.mail)
		got := one[string](t, b, `
			SELECT r.verdict || ' [' || coalesce((SELECT string_agg(i.verdict || CASE WHEN i.reason IN ('tls_report', 'failure_report', 'domain_not_watched', 'day_out_of_range')
			       THEN ' ' || i.reason ELSE '' END, ', ' ORDER BY i.seq) FROM receipt_lines i WHERE i.receipt_id = r.receipt_id), '') || '] ' ||
			       CASE WHEN EXISTS (SELECT FROM originals) THEN 'kept' ELSE 'gone' END FROM receipts r`)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if private := one[bool](t, b, `SELECT EXISTS (SELECT FROM receipts r WHERE r::text LIKE '%salaries%' OR r::text LIKE '%boss@%')
			OR EXISTS (SELECT FROM receipt_lines i WHERE i::text LIKE '%salaries%' OR i::text LIKE '%boss@%')`); private {
			t.Errorf("%s: the mail inside was kept", name)
		}
	}
}

func TestOriginalsOfRefusedMailsGoAfterNinetyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	cut := simple("cut", 1)
	b.take(t, simple("good", 1), cut[:len(cut)-40])
	for _, step := range []struct{ days, left int }{{90, 2}, {91, 1}} {
		at = now.AddDate(0, 0, step.days)
		if err := b.ExpireOriginals(t.Context(), report.ExpireOriginals{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != step.left {
			t.Errorf("after %d days %d originals are left, want %d", step.days, n, step.left)
		}
	}
	if n := len(b.verdicts(t)); n != 2 {
		t.Errorf("%d receipts are left", n)
	}
}

func TestReportedDayIsThatOfTheMiddle(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for name, c := range map[string]struct{ begin, want string }{
		"midnight to midnight":                       {"2026-11-10T00:00:00Z", "2026-11-10"},
		"the middle is the last second of the day":   {"2026-11-10T11:59:59Z", "2026-11-10"},
		"the middle is midnight, where a day begins": {"2026-11-10T12:00:00Z", "2026-11-11"},
		"an evening in Europe, a day before":         {"2026-11-09T23:00:00Z", "2026-11-10"},
		"over the end of a month":                    {"2026-10-31T18:00:00Z", "2026-11-01"},
	} {
		begin, err := time.Parse(time.RFC3339, c.begin)
		if err != nil {
			t.Fatal(err)
		}
		x := doc{org: "reporter.example", id: c.begin, domain: "example.org", begin: begin, recs: []rec{pass("192.0.2.1", 1)}}.xml()
		end := begin.Add(24 * time.Hour)
		x = strings.Replace(x, "<end>", "<end>"+itoa(end.Unix())+"</end><x>", 1)
		x = strings.Replace(x, itoa(end.Unix()-1)+"</end>", "</x>", 1)
		b.take(t, x)
		got := one[string](t, b, `SELECT r.day || ' ' || (SELECT count(*) FROM records c WHERE c.report_id = r.report_id AND c.day = r.day) FROM reports r WHERE reporter_id = $1`, c.begin)
		if got != c.want+" 1" {
			t.Errorf("%s: day and records %s, want %s", name, got, c.want)
		}
	}
	if n := one[int](t, b, `SELECT count(DISTINCT day) FROM messages_by_receiver`); n != 3 {
		t.Errorf("%d days in the totals", n)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
