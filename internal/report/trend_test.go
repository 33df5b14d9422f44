package report_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

// drawn is how many messages a trend stands for.
func drawn(f report.Filter, t report.Trend) int64 {
	if !t.ByMonth {
		var n float64
		for _, p := range t.PerDay {
			n += p
		}
		return int64(n)
	}
	var n float64
	month, i := f.From.Month(), 0
	for d := f.From; !d.After(f.To); d = d.AddDate(0, 0, 1) {
		if d.Month() != month {
			month = d.Month()
			i++
		}
		n += t.PerDay[i]
	}
	return int64(math.Round(n))
}

func TestTrends(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	on := func(id string, day time.Time, n int) string {
		return doc{org: "reporter.example", id: id, domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", n), pass("192.0.2.2", 1)}}.xml()
	}
	date := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	b.take(t, on("0", date(-1, 30), 4), on("1", date(8, 15), 20), on("2", date(9, 1), 45), on("3", date(9, 30), 15), on("4", date(11, 9), 6), on("5", date(11, 10), 4))
	domains, err := b.domains.List(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, summed := range []bool{false, true} {
		if summed {
			if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			name string
			f    report.Filter
			want string
		}{
			{"a point a day", report.Filter{From: date(11, 8), To: date(11, 11)}, "{[0 6 4 0] false}"},
			{"over more than 90 days an average day of each month, of the first and the last by their chosen days", report.Filter{From: date(8, 12), To: date(11, 10)}, "{[1 2 0 1] true}"},
			{"across the turn of a year", report.Filter{From: date(-1, 29), To: date(3, 1)}, "{[2 0 0 0 0] true}"},
			{"of one receiver", report.Filter{From: date(8, 12), To: date(11, 10), Reporter: "reporter.example"}, "{[1 2 0 1] true}"},
		} {
			page, err := b.Senders(t.Context(), b.org.ID, report.SenderQuery{Filter: c.f, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(page.Trends[0]); got != c.want {
				t.Errorf("%s, added up %v: %s, want %s", c.name, summed, got, c.want)
			}
		}
		detail, err := b.Sender(t.Context(), b.org.ID, report.Filter{From: date(11, 8), To: date(11, 11), Sender: "192.0.2.1", Domain: domains[0].ID})
		if got := fmt.Sprint(detail.Trend); err != nil || got != "{[0 6 4 0] false}" {
			t.Errorf("of one sender, added up %v: %s, %v", summed, got, err)
		}
	}
}

// TestSendersOfASummary: who needs fixing comes first, however small, and the
// addresses of the first are counted.
func TestSendersOfASummary(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	recs := []rec{pass("192.0.2.200", 4), fail("192.0.2.200", 3)}
	for i := range report.DescribedSenders {
		recs = append(recs, pass(fmt.Sprintf("192.0.2.%d", i+1), 100+i))
	}
	b.take(t, doc{org: "reporter.example", id: "1", domain: "example.org", begin: day, recs: recs}.xml())
	sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 28))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range sum.Senders {
		got = append(got, fmt.Sprintf("%s %d %d %s", s.Sender, s.Total(), s.Addresses, s.Address))
	}
	last := len(got) - 1
	if len(got) != report.DescribedSenders+1 || got[0] != "192.0.2.200 7 1 192.0.2.200" || got[1] != "192.0.2.12 111 1 192.0.2.12" || got[last] != "192.0.2.1 100 0 invalid IP" {
		t.Errorf("senders %q", got)
	}
}
