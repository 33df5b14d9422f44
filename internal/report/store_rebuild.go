package report

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// markAllStale has all days of an organization added up anew, removes sums of
// days without reports, and returns how many days of domains there are.
func markAllStale(ctx context.Context, tx postgres.Tx, org org.ID) (days int, err error) {
	for table, day := range map[string]string{
		"daily_senders": "day", "daily_receivers": "day", "daily_totals": "day",
		"monthly_senders": "month", "monthly_receivers": "month", "weekly_reporters": "week",
	} {
		_, err := tx.Exec(ctx, `
			DELETE FROM `+table+` WHERE org_id = $1 AND (domain_id, `+day+`) NOT IN (SELECT domain_id, date_trunc('`+day+`', day)::date FROM reports WHERE org_id = $1)`, org)
		if err != nil {
			return 0, fmt.Errorf("remove sums of no reports: %w", err)
		}
	}
	err = tx.QueryRow(ctx, `
		WITH days AS (SELECT domain_id, min(day) AS first, count(DISTINCT day) AS n FROM reports WHERE org_id = $1 GROUP BY domain_id),
		marked AS (
			INSERT INTO daily_stale AS s (org_id, domain_id, from_day) SELECT $1, domain_id, first FROM days ORDER BY domain_id
			ON CONFLICT (org_id, domain_id) DO UPDATE SET from_day = least(s.from_day, excluded.from_day))
		SELECT coalesce(sum(n), 0)::int FROM days`, org).Scan(&days)
	if err != nil {
		return 0, fmt.Errorf("mark sums: %w", err)
	}
	return days, nil
}

// regroupSenders sets what is known of senders by their addresses. What people
// say of them stays.
func regroupSenders(ctx context.Context, tx postgres.Tx, org org.ID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO senders AS s (org_id, domain_id, sender, own, relay)
		SELECT $1, domain_id, sender, own, relay FROM sender_facts WHERE org_id = $1 ORDER BY domain_id, sender
		ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = excluded.own, relay = excluded.relay
		WHERE s.own <> excluded.own OR s.relay <> excluded.relay`, org)
	if err != nil {
		return fmt.Errorf("regroup senders: %w", err)
	}
	return nil
}
