package instance

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

func database(ctx context.Context, tx postgres.Tx, into *Database) error {
	err := tx.QueryRow(ctx, `
		SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database()),
		       (SELECT max(version_id) FROM goose_db_version WHERE is_applied)`).Scan(&into.Server, &into.Bytes, &into.Schema)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	return nil
}

// byState counts mailboxes by their state; the condition chooses whose.
func byState(condition string) string {
	return `(SELECT coalesce(jsonb_object_agg(s.state, s.n), '{}')
		FROM (SELECT state, count(*) AS n FROM mailboxes ` + condition + ` GROUP BY state) s)`
}

func totals(ctx context.Context, tx postgres.Tx, into *Totals) error {
	err := tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM organizations), (SELECT count(*) FROM members), (SELECT count(*) FROM domains), `+byState(``)).
		Scan(&into.Organizations, &into.Members, &into.Domains, &into.Mailboxes)
	if err != nil {
		return fmt.Errorf("sums of all organizations: %w", err)
	}
	return nil
}

// organizations are in the order of their ids, which is that of their making.
func organizations(ctx context.Context, tx postgres.Tx, before postgres.TenantID, since time.Time, limit int) ([]Organization, error) {
	rows, err := tx.Query(ctx, `
		SELECT o.org_id, o.created_at,
		       (SELECT count(*) FROM members m WHERE m.org_id = o.org_id) AS members,
		       (SELECT count(*) FROM domains d WHERE d.org_id = o.org_id) AS domains,
		       `+byState(`WHERE mailboxes.org_id = o.org_id`)+` AS mailboxes,
		       (SELECT count(*) FROM reports r WHERE r.org_id = o.org_id AND r.day > @since::date)
		       + (SELECT count(*) FROM tls_reports t WHERE t.org_id = o.org_id AND t.day > @since::date) AS reports
		FROM organizations o WHERE @top OR o.org_id < @before ORDER BY o.org_id DESC LIMIT @limit`,
		postgres.NamedArgs{"top": before.IsZero(), "before": before, "since": since, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("organizations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Organization])
	if err != nil {
		return nil, fmt.Errorf("organizations: %w", err)
	}
	return list, nil
}
