package report_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

// over is a report that covers a length of time.
func over(id string, begin time.Time, length time.Duration) string {
	x := doc{org: "reporter.example", id: id, domain: "example.org", begin: begin, recs: []rec{pass("192.0.2.1", 1)}}.xml()
	return strings.Replace(x, "<end>"+itoa(begin.Add(24*time.Hour-time.Second).Unix()), "<end>"+itoa(begin.Add(length).Unix()), 1)
}

func TestDaysOfLongReportsAreMarked(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	const hour = time.Hour
	b.take(t, simple("a day", 1), over("two days", day, 48*hour), over("more", day, 48*hour+time.Second), over("a week", day.AddDate(0, 0, -3), 7*24*hour), over("another", day.AddDate(0, 0, -2), 5*24*hour))
	org, err1 := b.domains.Find(t.Context(), b.org.ID, "example.org")
	net, err2 := b.domains.Find(t.Context(), b.org.ID, "example.net")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	const all = "2026-11-10 2, 2026-11-11 1"
	for name, c := range map[string]struct {
		change func(*report.Filter)
		want   string
	}{
		"all":                     {func(*report.Filter) {}, all},
		"one day":                 {func(f *report.Filter) { f.From, f.To = day, day }, "2026-11-10 2"},
		"of the domain":           {func(f *report.Filter) { f.Domain = org.ID }, all},
		"of its group":            {func(f *report.Filter) { f.Group = b.groupOf(t, "example.org") }, all},
		"of the reporter":         {func(f *report.Filter) { f.Reporter = "reporter.example" }, all},
		"of another domain":       {func(f *report.Filter) { f.Domain = net.ID }, ""},
		"of another reporter":     {func(f *report.Filter) { f.Reporter = "other.example" }, ""},
		"that nobody vouches for": {func(f *report.Filter) { f.Doubted = true }, ""},
		"that had to be repaired": {func(f *report.Filter) { f.Repair = "records_skipped" }, ""},
	} {
		f := report.LastDays(now, 28)
		c.change(&f)
		sum, err := b.Summarise(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range sum.Long {
			got = append(got, fmt.Sprintf("%s %d", l.Day.Format(time.DateOnly), l.Reports))
		}
		if marked := strings.Join(got, ", "); marked != c.want {
			t.Errorf("%s, marked: %s, want %s", name, marked, c.want)
		}
	}
}

// Reports of impossible days are kept apart: nothing that is counted, sorted,
// partitioned or expired by days is moved by them.
func TestImpossibleDaysMoveNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	b.take(t, simple("good", 1))
	type state struct{ counted, list, last, partitions, sources string }
	look := func() (s state) {
		s.counted = b.sums(t)
		lines, total, ever, err := b.Reports(t.Context(), b.org.ID, report.Query{Filter: report.Filter{From: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		s.list = fmt.Sprint(lines, total, ever)
		sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 90))
		if err != nil {
			t.Fatal(err)
		}
		receivers, err := b.Reporters(t.Context(), b.org.ID, report.LastDays(now, 90))
		if err != nil {
			t.Fatal(err)
		}
		s.last = fmt.Sprint(*sum.Domains[0].LastReportAt, sum.Days, sum.Long, sum.Changes, receivers)
		s.partitions = one[string](t, b, `SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY 1) FROM pg_inherits WHERE inhparent = 'records'::regclass`)
		s.sources = one[string](t, b, `SELECT string_agg(source_ip || ' ' || own, ', ') FROM sources`)
		return s
	}
	before := look()
	var odd []string
	for i, begin := range []time.Time{time.Unix(0, 0), time.Date(1999, 12, 30, 0, 0, 0, 0, time.UTC), now.AddDate(0, 0, 4), now.AddDate(1, 0, 0), now.AddDate(200, 0, 0), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC)} {
		odd = append(odd, over(fmt.Sprint("odd-", i), begin.UTC(), time.Hour))
	}
	odd = append(odd, strings.Replace(over("for ever", day, time.Hour), itoa(day.Add(time.Hour).Unix()), "253402300799", 1)) // its middle is far away
	b.take(t, odd...)
	if got := strings.Join(b.verdicts(t)[1:], " "); got != strings.TrimSpace(strings.Repeat("held ", len(odd))) {
		t.Errorf("verdicts: %s", got)
	}
	if after := look(); after != before {
		t.Errorf("they moved something:\n%+v\nbefore\n%+v", after, before)
	}
	// Read again, they are held as before.
	if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Since: now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if after := look(); after != before {
		t.Errorf("read again, they moved something:\n%+v\nbefore\n%+v", after, before)
	}
	// They come and go by when they came, whatever their days are.
	for _, step := range []struct{ days, left int }{{90, 1 + len(odd)}, {91, 1}} {
		at = now.AddDate(0, 0, step.days)
		if err := b.ExpireOriginals(t.Context(), report.ExpireOriginals{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != step.left {
			t.Errorf("after %d days %d originals are left, want %d", step.days, n, step.left)
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'held'`); n != len(odd) {
		t.Errorf("%d receipts of %d are left", n, len(odd))
	}
}
