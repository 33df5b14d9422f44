package report_test

import (
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/report"
)

// differences are what a check finds.
func (b *bench) differences(t *testing.T) string {
	t.Helper()
	var list []string
	days, err := b.Check(t.Context(), b.org.ID, func(d report.Difference) { list = append(list, fmt.Sprintf("%s: %s", d.Domain, d)) })
	if err != nil || days == 0 {
		t.Fatal(days, err)
	}
	return strings.Join(list, "\n")
}

func TestSpoiltSumsAreNamedAndMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.everything(t)
	if got := b.differences(t); got != "" {
		t.Fatalf("before anything is added up:\n%s", got)
	}
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	b.take(t, simple("late", 5)) // not in the sums yet
	if got := b.differences(t); got != "" {
		t.Fatalf("added up:\n%s", got)
	}
	day := one[string](t, b, `SELECT min(day)::text FROM daily_senders`)
	const total = `SELECT sum(messages) FROM messages_by_sender`
	before := one[int](t, b, total)
	for _, c := range []struct{ spoil, want string }{
		{`UPDATE daily_senders SET messages = messages + 1`, "example.org: " + day + ": sums by sender differ in 1 lines: 5 messages are kept, records have 4"},
		{`DELETE FROM daily_receivers`, "sums by receiver differ in"},
		{`UPDATE daily_receivers SET trust = 2`, "sums by receiver differ in"},
		{`INSERT INTO daily_senders SELECT org_id, domain_id, date '2020-01-01', 1, 1, 1, 0, 1, 7, '', 'nobody' FROM domains`, "example.org: 2020-01-01: sums by sender differ in 1 lines: 7 messages are kept, records have 0"},
		{`UPDATE monthly_senders SET messages = messages + 1`, "sums by month differ in"},
		{`UPDATE monthly_senders SET last_day = last_day - 1`, "sums by month differ in"},
		{`DELETE FROM monthly_receivers`, "sums by month differ in"},
		{`UPDATE daily_totals SET passing = passing + 1, fix = fix - 1`, "sums by class differ in"},
		{`DELETE FROM daily_totals`, "sums by class differ in"},
		{`INSERT INTO monthly_receivers SELECT org_id, domain_id, '2020-01-01', '2020-01-09', 1, 1, 1, 0, 1, 7, '', 'nobody', 'none.example' FROM domains`, "2020-01-01: sums by month differ in 1 lines: 7 messages are kept, records have 0"},
		{`UPDATE weekly_reporters SET reports = reports + 2`, "example.org: 2026-11-09: sums by week differ in 1 lines: 5 reports are kept, there are 3"},
		{`UPDATE weekly_reporters SET nulls = nulls + 1`, "sums by week differ in"},
		{`UPDATE weekly_reporters SET policy = 'reject'`, "sums by week differ in 2 lines"},
		{`INSERT INTO weekly_reporters SELECT org_id, domain_id, date '2020-01-06', true, 7, 0, 'none.example', 'example.org', 'none' FROM domains`, "2020-01-06: sums by week differ in 1 lines: 7 reports are kept, there are 0"},
		{`UPDATE senders SET own = NOT own`, "example.org: sender "},
		{`UPDATE senders SET relay = NOT relay`, "is kept as a relay: true, by its addresses: false"},
		{`DELETE FROM senders`, "is kept as the owner's: false, by its addresses: true"},
	} {
		b.admin(t, c.spoil)
		if got := b.differences(t); !strings.Contains(got, c.want) {
			t.Errorf("%s: found\n%s\nwant %s", c.spoil, got, c.want)
		}
		done, of := 0, 0
		if err := b.Rebuild(t.Context(), b.org.ID, func(d, o int) { done, of = d, o }); err != nil || done != of || of == 0 {
			t.Errorf("rebuild: %d of %d, %v", done, of, err)
		}
		if got := b.differences(t); got != "" {
			t.Errorf("%s: rebuilt, and still\n%s", c.spoil, got)
		}
	}
	if after := one[int](t, b, total); after != before {
		t.Errorf("%d messages became %d", before, after)
	}
	b.admin(t, `UPDATE reports SET messages = messages + 2 WHERE report_id = (SELECT max(report_id) FROM reports)`)
	if got := b.differences(t); !strings.Contains(got, "report ") {
		t.Errorf("a report's total: found %q", got)
	}
}
