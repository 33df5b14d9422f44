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

// removeDays removes the reports of days of domains with their records and
// sums, and the receipts and originals of mails that are about nothing else.
// What is known of addresses and senders stays.
func removeDays(ctx context.Context, tx postgres.Tx, org org.ID, d domainDays) error {
	for domain, days := range d.byDomain() {
		args := postgres.NamedArgs{"org": org, "domain": domain, "days": days}
		b := &postgres.Batch{}
		for _, table := range [...]string{"daily_due", "records"} {
			b.Queue(`DELETE FROM `+table+` WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days)`, args)
		}
		removeSums(b, org, domain, days)
		sumMonths(b, org, domain, days)
		if err := send(ctx, tx, b, "remove records"); err != nil {
			return err
		}
		var receipts []int64
		err := tx.QueryRow(ctx, `
			WITH gone AS (DELETE FROM reports WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days) RETURNING report_id),
			lines AS (
				DELETE FROM receipt_items WHERE org_id = @org AND kind = 'aggregate' AND report_id = ANY(ARRAY(SELECT report_id FROM gone)) RETURNING receipt_id)
			SELECT coalesce(array_agg(DISTINCT receipt_id), '{}') FROM lines`, args).Scan(&receipts)
		if err != nil {
			return fmt.Errorf("remove reports: %w", err)
		}
		args["receipts"] = receipts
		b = &postgres.Batch{}
		const empty = ` x WHERE x.org_id = @org AND x.receipt_id = ANY(@receipts) AND NOT EXISTS (SELECT FROM receipt_items i WHERE i.org_id = @org AND i.receipt_id = x.receipt_id)`
		b.Queue(`DELETE FROM originals`+empty, args)
		b.Queue(`DELETE FROM receipts`+empty, args)
		if err := send(ctx, tx, b, "remove receipts"); err != nil {
			return err
		}
	}
	return nil
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
