package report_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/report"
)

func TestNextMonthIsMadeAheadOfTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 2 { // the second finds them there
		if err := b.EnsureMonths(t.Context(), report.EnsureMonths{}); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'records'::regclass ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := []string{"records_202611", "records_202612"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("months %v, %v, want %v", got, err, want)
	}
}

// TestReportOfAPastMonthIsReplaced: until its day is added up again, the sums of
// its month, which are read in its stead, do without it.
func TestReportOfAPastMonthIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	first := doc{org: "reporter.example", id: "1", domain: "example.org", begin: now.AddDate(0, 0, -100), recs: []rec{pass("192.0.2.1", 40), fail("198.51.100.7", 2)}}
	second := first
	second.recs = []rec{pass("192.0.2.1", 5)}
	b.take(t, first.xml(), second.xml(), simple("new", 3))
	is := func(what string, want int64) {
		t.Helper()
		for i, s := range sums(t, b, report.LastDays(now, 200)) {
			if s.Total() != want {
				t.Errorf("%s: %d messages in the sums at %d, want %d", what, s.Total(), i, want)
			}
		}
		if got := b.differences(t); got != "" {
			t.Errorf("%s: %s", what, got)
		}
	}
	sum := func() {
		t.Helper()
		if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
			t.Fatal(err)
		}
	}
	sum()
	is("added up", 45)
	b.choose(t, 1, 0, report.Replace, "replaced accepted accepted")
	is("replaced", 8)
	sum()
	is("added up again", 8)
}
