package report

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

// unnamed returns up to n sending addresses of all organizations whose name
// was not looked up since.
func unnamed(ctx context.Context, tx postgres.Tx, since time.Time, n int) ([]netip.Addr, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT s.source_ip FROM sources s LEFT JOIN ip_names n ON n.ip = s.source_ip
		WHERE n.ip IS NULL OR n.checked_at < $1 LIMIT $2`, since, n)
	if err != nil {
		return nil, fmt.Errorf("addresses without names: %w", err)
	}
	ips, err := pgx.CollectRows(rows, pgx.RowTo[netip.Addr])
	if err != nil {
		return nil, fmt.Errorf("addresses without names: %w", err)
	}
	return ips, nil
}

func saveNames(ctx context.Context, tx postgres.Tx, found map[netip.Addr]string, now time.Time) error {
	ips := make([]netip.Addr, 0, len(found))
	for ip := range found {
		ips = append(ips, ip)
	}
	slices.SortFunc(ips, func(a, b netip.Addr) int { return bytes.Compare(a.AsSlice(), b.AsSlice()) })
	names, senders := make([]*string, len(ips)), make([]*string, len(ips))
	for i, ip := range ips {
		names[i], senders[i] = null(found[ip]), null(senderOf(found[ip]))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ip_names (ip, name, sender, checked_at)
		SELECT i, n, s, @now FROM unnest(@ips::inet[], @names::text[], @senders::text[]) AS u (i, n, s)
		ON CONFLICT (ip) DO UPDATE SET name = excluded.name, sender = excluded.sender, checked_at = excluded.checked_at`,
		postgres.NamedArgs{"ips": ips, "names": names, "senders": senders, "now": now})
	if err != nil {
		return fmt.Errorf("save names: %w", err)
	}
	return nil
}
