package report_test

import (
	"testing"

	"sendvery.com/sendvery/internal/report"
)

func TestRowsThatNeedFixingComeFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, doc{org: "reporter.example", id: "1", domain: "example.org", begin: day,
		recs: []rec{pass("192.0.2.1", 50), fail("192.0.2.9", 40), fail("192.0.2.1", 3), fail("192.0.2.1", 5)}}.xml())
	_, rows, err := b.Report(t.Context(), b.org.ID, report.ID(one[int64](t, b, `SELECT report_id FROM reports`)), report.RecordQuery{Limit: 10})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, want := range []int64{5, 3, 50, 40} {
		if rows[i].Messages != want {
			t.Errorf("row %d is of %d messages, want %d", i, rows[i].Messages, want)
		}
	}
}
