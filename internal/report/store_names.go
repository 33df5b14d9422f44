package report

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

// unnamed returns up to n sending addresses of all organizations whose look-up
// is due, those never looked up first.
func unnamed(ctx context.Context, tx postgres.Tx, now time.Time, n int) ([]netip.Addr, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.source_ip FROM sources s LEFT JOIN ip_names n ON n.ip = s.source_ip
		WHERE n.ip IS NULL OR n.next_at <= $1
		GROUP BY s.source_ip ORDER BY min(n.next_at) NULLS FIRST LIMIT $2`, now, n)
	if err != nil {
		return nil, fmt.Errorf("addresses without names: %w", err)
	}
	ips, err := pgx.CollectRows(rows, pgx.RowTo[netip.Addr])
	if err != nil {
		return nil, fmt.Errorf("addresses without names: %w", err)
	}
	return ips, nil
}

// saveNames stores what the look-ups found, and when to look again. A look-up
// that failed for the time being leaves a name that was known as it is.
func saveNames(ctx context.Context, tx postgres.Tx, found map[netip.Addr]lookUp, now time.Time) error {
	ips := slices.SortedFunc(maps.Keys(found), netip.Addr.Compare)
	names, senders, failed := make([]*string, len(ips)), make([]*string, len(ips)), make([]bool, len(ips))
	for i, ip := range ips {
		names[i], senders[i], failed[i] = null(found[ip].name), null(senderOf(found[ip].name)), found[ip].failed
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ip_names AS n (ip, name, sender, next_at)
		SELECT i, name, s, CASE WHEN f THEN @soon::timestamptz ELSE @later::timestamptz END
		FROM unnest(@ips::inet[], @names::text[], @senders::text[], @failed::boolean[]) AS u (i, name, s, f)
		ON CONFLICT (ip) DO UPDATE SET next_at = excluded.next_at,
		    name = CASE WHEN excluded.next_at = @soon::timestamptz THEN n.name ELSE excluded.name END,
		    sender = CASE WHEN excluded.next_at = @soon::timestamptz THEN n.sender ELSE excluded.sender END`,
		postgres.NamedArgs{"ips": ips, "names": names, "senders": senders, "failed": failed, "soon": now.Add(nameRetry), "later": now.Add(nameGood)})
	if err != nil {
		return fmt.Errorf("save names: %w", err)
	}
	return nil
}
