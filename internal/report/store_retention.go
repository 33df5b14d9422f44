package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// everyone returns all organizations.
func everyone(ctx context.Context, tx postgres.Tx) ([]org.ID, error) {
	rows, err := tx.Query(ctx, `SELECT org_id FROM organizations ORDER BY org_id`)
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[org.ID])
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	return list, nil
}

// daysBefore returns the oldest n days of domains with reports of before a day.
func daysBefore(ctx context.Context, tx postgres.Tx, org org.ID, day time.Time, n int) (domainDays, error) {
	return collectDays(ctx, tx, `SELECT domain_id, day FROM reports WHERE org_id = @org AND day < @day GROUP BY day, domain_id ORDER BY day, domain_id LIMIT @n`,
		postgres.NamedArgs{"org": org, "day": day, "n": n})
}

// gone are reports of one kind that are removed, and the receipts that they name.
type gone struct{ reports, receipts []int64 }

// collectGone reads rows of a report and its receipt.
func collectGone(rows pgx.Rows, failed error) (g gone, err error) {
	if failed != nil {
		return g, failed
	}
	var report, receipt int64
	_, err = pgx.ForEachRow(rows, []any{&report, &receipt}, func() error {
		g.reports, g.receipts = append(g.reports, report), append(g.receipts, receipt)
		return nil
	})
	return g, err
}

// lockReports returns the reports of days of domains, and keeps them as they
// are until the transaction ends. It comes before the lock on sums, as where a
// report is replaced; another order deadlocks.
func lockReports(ctx context.Context, tx postgres.Tx, org org.ID, d domainDays) (gone, error) {
	g, err := collectGone(tx.Query(ctx, `
		SELECT r.report_id, r.receipt_id FROM unnest(@domains::uuid[], @days::date[]) AS u (d, day) JOIN reports r ON r.org_id = @org AND r.domain_id = u.d AND r.day = u.day
		ORDER BY r.report_id FOR UPDATE OF r`, postgres.NamedArgs{"org": org, "domains": d.domains, "days": d.days}))
	if err != nil {
		return g, fmt.Errorf("lock reports: %w", err)
	}
	return g, nil
}

// removeDays removes reports that lockReports locked with their records and
// the sums of their days, and what removeLines does. What is known of addresses
// and senders stays, and so do reports of these days that came in meanwhile.
func removeDays(ctx context.Context, tx postgres.Tx, org org.ID, d domainDays, g gone) error {
	b := &postgres.Batch{}
	b.Queue(`DELETE FROM records WHERE org_id = @org AND day = ANY(@days) AND report_id = ANY(@ids)`,
		postgres.NamedArgs{"org": org, "days": d.days, "ids": g.reports})
	for domain, days := range d.byDomain() {
		args := postgres.NamedArgs{"org": org, "domain": domain, "days": days, "ids": g.reports}
		b.Queue(`DELETE FROM daily_due WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days) AND report_id = ANY(@ids)`, args)
		removeSums(b, org, domain, days)
		sumMonths(b, org, domain, days)
		b.Queue(`DELETE FROM reports WHERE org_id = @org AND report_id = ANY(@ids) AND domain_id = @domain`, args)
		sumWeeks(b, org, domain, days)
		b.Queue(`
			INSERT INTO daily_due (org_id, domain_id, day, report_id)
			SELECT org_id, domain_id, day, report_id FROM reports WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days)
			ON CONFLICT DO NOTHING`, args)
	}
	if err := send(ctx, tx, b, "remove records"); err != nil {
		return err
	}
	return removeLines(ctx, tx, org, AggregateReport, g)
}

// removeTLSReports removes up to n of the oldest TLS reports of before a day
// with all that came of them, and returns how many it did.
func removeTLSReports(ctx context.Context, tx postgres.Tx, org org.ID, before time.Time, n int) (int, error) {
	g, err := collectGone(tx.Query(ctx, `
		DELETE FROM tls_reports WHERE org_id = @org AND tls_report_id = ANY(ARRAY(
			SELECT tls_report_id FROM tls_reports WHERE org_id = @org AND day < @day ORDER BY day, tls_report_id LIMIT @n))
		RETURNING tls_report_id, receipt_id`, postgres.NamedArgs{"org": org, "day": before, "n": n}))
	if err != nil {
		return 0, fmt.Errorf("remove TLS reports: %w", err)
	}
	return len(g.reports), removeLines(ctx, tx, org, TLSReport, g)
}

// removeLines removes what is said of reports of a kind that are gone, and the
// receipts and originals of mails that are about nothing else.
func removeLines(ctx context.Context, tx postgres.Tx, org org.ID, kind Kind, g gone) error {
	args := postgres.NamedArgs{"org": org, "kind": kind, "ids": g.reports, "out_of": g.receipts}
	var receipts []int64
	err := tx.QueryRow(ctx, `
		WITH lines AS (
			DELETE FROM receipt_items i WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = ANY(@ids)
			AND (`+besideSQL+` OR i.receipt_id = ANY(@out_of)) RETURNING i.receipt_id),
		alone AS (SELECT receipt_id FROM receipts WHERE org_id = @org AND @kind = 'aggregate' AND receipt_id = ANY(@out_of) AND report_id = ANY(@ids))
		SELECT coalesce(array_agg(DISTINCT receipt_id), '{}') FROM (TABLE lines UNION ALL TABLE alone) l`, args).Scan(&receipts)
	if err != nil {
		return fmt.Errorf("remove lines of receipts: %w", err)
	}
	args["receipts"] = receipts
	b := &postgres.Batch{}
	b.Queue(`DELETE FROM replaced_reports WHERE org_id = @org AND kind = @kind AND (report_id = ANY(@ids) OR instead_id = ANY(@ids))`, args)
	const empty = ` x WHERE x.org_id = @org AND x.receipt_id = ANY(@receipts) AND NOT EXISTS (SELECT FROM receipt_items i WHERE i.org_id = @org AND i.receipt_id = x.receipt_id)`
	b.Queue(`DELETE FROM originals`+empty, args)
	b.Queue(`DELETE FROM receipts`+empty, args)
	return send(ctx, tx, b, "remove receipts")
}

// monthsBefore are the months that have a partition and end before a time.
func monthsBefore(ctx context.Context, tx postgres.Tx, before time.Time) ([]time.Time, error) {
	rows, err := tx.Query(ctx, `
		SELECT m FROM (SELECT to_date(right(c.relname, 6), 'YYYYMM') AS m FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		               WHERE i.inhparent = 'records'::regclass) x
		WHERE m + interval '1 month' <= $1 ORDER BY m`, before)
	if err != nil {
		return nil, fmt.Errorf("list months: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, fmt.Errorf("list months: %w", err)
	}
	return list, nil
}

func dropMonth(ctx context.Context, tx postgres.Tx, month time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT drop_month($1)`, month); err != nil {
		return fmt.Errorf("drop month: %w", err)
	}
	return nil
}
