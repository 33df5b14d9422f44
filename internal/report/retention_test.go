package report_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
)

// keepDays has reports kept for so many days; 0 is for ever.
func (b *bench) keepDays(n int) {
	b.Plans.Of = func(context.Context, postgres.Tx, postgres.TenantID, billing.Limit) (billing.Allowance, error) {
		return billing.Allowance{Unlimited: n == 0, Max: n}, nil
	}
}

func TestReportsBeyondThePlanGoWithAllThatCameOfThem(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	old := func(id string, days int) string {
		return doc{org: "old.example", id: id, domain: "example.org", begin: now.AddDate(0, 0, -days), recs: []rec{pass("192.0.2.9", 4)}}.xml()
	}
	b.take(t, simple("kept", 3), old("a", 400), old("a", 400), old("b", 380), old("c", 300))
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	b.take(t, old("late", 390)) // not in the sums
	everything := b.sums(t)
	for _, days := range []int{0, 1000} {
		b.keepDays(days)
		if err := b.ExpireReports(t.Context(), report.ExpireReports{}); err != nil || b.sums(t) != everything {
			t.Errorf("kept for %d days: %s, %v", days, b.sums(t), err)
		}
	}
	b.keepDays(365)
	if err := b.ExpireReports(t.Context(), report.ExpireReports{}); err != nil {
		t.Fatal(err)
	}
	if got := b.sums(t); got != "2 reports, 2 records of 7, 2 totals of 7, 2" {
		t.Errorf("%s", got)
	}
	for _, table := range []string{"receipts", "originals", "receipt_lines"} {
		if n := one[int](t, b, `SELECT count(*) FROM `+table); n != 2 {
			t.Errorf("%d %s are left", n, table)
		}
	}
	if got := b.differences(t); got != "" {
		t.Error(got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM pg_inherits WHERE inhparent = 'records'::regclass AND inhrelid::regclass::text < 'records_' || to_char(date '`+now.AddDate(0, 0, -365).Format("2006-01-02")+`', 'YYYYMM')`); n != 0 {
		t.Errorf("%d months are left that nobody has", n)
	}
	n := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'accepted'`)
	b.take(t, old("again", 400)) // into a month that is gone
	if got := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'accepted'`); got != n+1 {
		t.Errorf("a report of a month that was dropped is not accepted: %d, and %d before", got, n)
	}
}

func TestSmallerPlanRemovesNothingBeforeItsGraceIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	until := now.AddDate(0, 0, 30)
	b.Plans.Of = func(_ context.Context, _ postgres.Tx, _ postgres.TenantID, l billing.Limit) (billing.Allowance, error) {
		a := billing.Account{Plan: billing.Free}
		if at.Before(until) {
			a.Kept, a.KeptUntil = billing.Pro, &until
		}
		return a.Allowance(l), nil
	}
	b.take(t, simple("a", 1), tlsDoc{id: "t", policies: []tlsPolicy{{"example.org", 1, 0}}}.json())
	for _, c := range []struct {
		at   time.Time
		want string
	}{{until.AddDate(0, 0, -1), "1 1"}, {until.AddDate(0, 0, 1), "0 0"}} {
		at = c.at
		if err := b.ExpireReports(t.Context(), report.ExpireReports{}); err != nil {
			t.Fatal(err)
		}
		if got := one[string](t, b, `SELECT (SELECT count(*) FROM reports) || ' ' || (SELECT count(*) FROM tls_reports)`); got != c.want {
			t.Errorf("at %s: %s reports are left, want %s", at.Format(time.DateOnly), got, c.want)
		}
	}
}

func TestReportThatComesInWhileItsDayExpiresGoesWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	old := func(id string) string {
		return doc{org: "old.example", id: id, domain: "example.org", begin: now.AddDate(0, 0, -400), recs: []rec{pass("192.0.2.9", 4)}}.xml()
	}
	b.take(t, old("a"))
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	// The removal waits for the first report; meanwhile another one comes in.
	holder, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(context.Background())
	tx, err := holder.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT FROM reports FOR UPDATE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.keepDays(365)
	done := make(chan error, 1)
	go func() { done <- b.ExpireReports(t.Context(), report.ExpireReports{}) }()
	const waiting = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	for one[int](t, b, waiting) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("nobody waits")
		}
	}
	b.take(t, old("b"))
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"reports", "records", "daily_due", "daily_senders", "daily_totals", "monthly_senders", "weekly_reporters", "receipts"} {
		if n := one[int](t, b, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
}

func TestTLSReportsBeyondThePlanGoToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for _, d := range []tlsDoc{{id: "old", begin: "2025-01-10"}, {id: "new"}} {
		d.policies = []tlsPolicy{{"example.org", 7, 2}}
		b.take(t, d.json())
	}
	b.keepDays(365)
	if err := b.ExpireReports(t.Context(), report.ExpireReports{}); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"tls_reports": 1, "tls_policies": 1, "tls_failures": 2, "receipts": 1, "receipt_items": 1, "originals": 1} {
		if n := one[int](t, b, `SELECT count(*) FROM `+table); n != want {
			t.Errorf("%d rows of %s are left, want %d", n, table, want)
		}
	}
}

func TestMonthThatAnotherProcessDroppedIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, simple("first", 1))
	b.admin(t, `DELETE FROM records`)
	if !one[bool](t, b, `SELECT bool_and(drop_month(to_date(right(inhrelid::regclass::text, 6), 'YYYYMM'))) FROM pg_inherits WHERE inhparent = 'records'::regclass`) {
		t.Fatal("an empty month is not dropped")
	}
	b.take(t, simple("second", 2))
	if n := one[int](t, b, `SELECT count(*) FROM records`); n != 1 {
		t.Errorf("%d records", n)
	}
	if one[bool](t, b, `SELECT bool_or(drop_month(to_date(right(inhrelid::regclass::text, 6), 'YYYYMM'))) FROM pg_inherits WHERE inhparent = 'records'::regclass`) {
		t.Error("a month with records is dropped")
	}
	if one[bool](t, b, `SELECT drop_month('2003-01-01')`) {
		t.Error("a month that is not there is dropped")
	}
}
