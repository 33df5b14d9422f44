package sender

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// addresses returns up to n addresses of a sender in their order, and how many
// there are.
func addresses(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID, key string, n int) (list []Address, total int, err error) {
	rows, err := tx.Query(ctx, `
		SELECT s.source_ip, coalesce(f.name, '') AS host, coalesce(f.asn, 0) AS asn, coalesce(f.network_owner, '') AS owner, s.country,
		       coalesce(s.evidence, '{}') AS evidence, count(*) OVER () AS total
		FROM sources s LEFT JOIN ip_facts f ON f.ip = s.source_ip
		WHERE s.org_id = @org AND s.domain_id = @domain AND s.sender = @key ORDER BY s.source_ip LIMIT @n`,
		postgres.NamedArgs{"org": org, "domain": d, "key": key, "n": n})
	if err != nil {
		return nil, 0, fmt.Errorf("addresses of sender: %w", err)
	}
	var a Address
	_, err = pgx.ForEachRow(rows, []any{&a.IP, &a.Host, &a.ASN, &a.Owner, &a.Country, &a.Identity, &total}, func() error {
		list = append(list, a)
		a.Identity = Identity{}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("addresses of sender: %w", err)
	}
	return list, total, nil
}
