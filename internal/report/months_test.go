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
