package sender

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

// enrol makes addresses known, so that they are looked up.
func enrol(ctx context.Context, tx postgres.Tx, ips []netip.Addr) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO ip_facts (ip) SELECT DISTINCT i FROM unnest($1::inet[]) AS u (i) ORDER BY i
		ON CONFLICT DO NOTHING`, ips)
	if err != nil {
		return fmt.Errorf("enrol addresses: %w", err)
	}
	return nil
}

// duePending returns up to n addresses with facts to look up, of the kinds
// that can be.
func duePending(ctx context.Context, tx postgres.Tx, now time.Time, names, owners bool, n int) ([]pending, error) {
	rows, err := tx.Query(ctx, `
		SELECT f.ip, @names AND f.name_next_at <= @now AS name_due, @owners AND f.owner_next_at <= @now AS owner_due, f.name_failures, f.owner_failures FROM (
			(SELECT ip, name_next_at AS at FROM ip_facts WHERE @names AND name_next_at <= @now ORDER BY name_next_at LIMIT @n)
			UNION ALL
			(SELECT ip, owner_next_at FROM ip_facts WHERE @owners AND owner_next_at <= @now ORDER BY owner_next_at LIMIT @n)
		) due JOIN ip_facts f ON f.ip = due.ip
		GROUP BY f.ip, name_due, owner_due ORDER BY min(due.at), f.ip LIMIT @n`,
		postgres.NamedArgs{"now": now, "names": names, "owners": owners, "n": n})
	if err != nil {
		return nil, fmt.Errorf("facts that are due: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[pending])
	if err != nil {
		return nil, fmt.Errorf("facts that are due: %w", err)
	}
	return list, nil
}

// forgetFacts removes the first n facts that are due of each kind whose
// addresses no organization has.
func forgetFacts(ctx context.Context, tx postgres.Tx, now time.Time, n int) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM ip_facts f USING (
			(SELECT ip FROM ip_facts WHERE name_next_at <= @now ORDER BY name_next_at LIMIT @n)
			UNION
			(SELECT ip FROM ip_facts WHERE owner_next_at <= @now ORDER BY owner_next_at LIMIT @n)
		) due WHERE f.ip = due.ip AND NOT EXISTS (SELECT FROM sources s WHERE s.source_ip = f.ip)`,
		postgres.NamedArgs{"now": now, "n": n})
	if err != nil {
		return fmt.Errorf("forget facts: %w", err)
	}
	return nil
}

// saveFacts stores what look-ups found, and when to look again. One that
// failed for the time being leaves what was known as it is.
func saveFacts(ctx context.Context, tx postgres.Tx, found map[netip.Addr]finding, now time.Time) error {
	ips := slices.SortedFunc(maps.Keys(found), netip.Addr.Compare)
	n := len(ips)
	named, owned := make([]bool, n), make([]bool, n)
	names, owners, countries, systems := make([]*string, n), make([]*string, n), make([]*string, n), make([]*int64, n)
	nameNext, ownerNext := make([]*time.Time, n), make([]*time.Time, n)
	for i, ip := range ips {
		f := found[ip]
		named[i], owned[i] = f.named, f.owned
		names[i], owners[i], countries[i] = null(f.name), null(f.network.Owner), null(f.network.Country)
		if f.network.ASN != 0 {
			asn := int64(f.network.ASN)
			systems[i] = &asn
		}
		nameNext[i], ownerNext[i] = next(f.Name, f.named, f.NameFailures, now), next(f.Network, f.owned, f.OwnerFailures, now)
	}
	_, err := tx.Exec(ctx, `
		WITH n AS (
			SELECT f.ip, u.named, u.name_next, u.owned, u.owner_next,
			       CASE WHEN u.named THEN u.name ELSE f.name END AS name, CASE WHEN u.owned THEN u.asn ELSE f.asn END AS asn,
			       CASE WHEN u.owned THEN u.owner ELSE f.network_owner END AS owner, CASE WHEN u.owned THEN u.country ELSE f.country END AS country
			FROM unnest(@ips::inet[], @named::boolean[], @names::text[], @nameNext::timestamptz[],
			     @owned::boolean[], @systems::bigint[], @owners::text[], @countries::text[], @ownerNext::timestamptz[])
			     AS u (ip, named, name, name_next, owned, asn, owner, country, owner_next)
			JOIN ip_facts f ON f.ip = u.ip ORDER BY f.ip FOR UPDATE OF f)
		UPDATE ip_facts f SET
			name = n.name, asn = n.asn, network_owner = n.owner, country = n.country,
			name_next_at = coalesce(n.name_next, f.name_next_at), owner_next_at = coalesce(n.owner_next, f.owner_next_at),
			name_failures = CASE WHEN n.name_next IS NULL THEN f.name_failures WHEN n.named THEN 0 ELSE f.name_failures + 1 END,
			owner_failures = CASE WHEN n.owner_next IS NULL THEN f.owner_failures WHEN n.owned THEN 0 ELSE f.owner_failures + 1 END,
			revision = f.revision + CASE WHEN (n.name, n.asn, n.owner, n.country) IS DISTINCT FROM (f.name, f.asn, f.network_owner, f.country) THEN 1 ELSE 0 END,
			applied = f.applied AND (n.name, n.asn, n.owner, n.country) IS NOT DISTINCT FROM (f.name, f.asn, f.network_owner, f.country)
		FROM n WHERE f.ip = n.ip`,
		postgres.NamedArgs{"ips": ips, "named": named, "names": names, "nameNext": nameNext, "owned": owned, "systems": systems,
			"owners": owners, "countries": countries, "ownerNext": ownerNext})
	if err != nil {
		return fmt.Errorf("save facts: %w", err)
	}
	return nil
}

// learn stores facts of new addresses for good.
func learn(ctx context.Context, tx postgres.Tx, facts map[netip.Addr]Facts) error {
	ips := slices.SortedFunc(maps.Keys(facts), netip.Addr.Compare)
	n := len(ips)
	names, owners, countries, systems := make([]*string, n), make([]*string, n), make([]*string, n), make([]int64, n)
	for i, ip := range ips {
		f := facts[ip]
		names[i], owners[i], countries[i], systems[i] = null(f.Host), null(f.Network), null(f.Country), int64(f.ASN)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ip_facts (ip, name, name_next_at, asn, network_owner, country, owner_next_at)
		SELECT ip, name, 'infinity', nullif(asn, 0), owner, country, 'infinity'
		FROM unnest(@ips::inet[], @names::text[], @systems::bigint[], @owners::text[], @countries::text[]) AS u (ip, name, asn, owner, country)
		ON CONFLICT DO NOTHING`,
		postgres.NamedArgs{"ips": ips, "names": names, "systems": systems, "owners": owners, "countries": countries})
	if err != nil {
		return fmt.Errorf("learn facts: %w", err)
	}
	return nil
}

// next is when to look again, after so many failures in a row before; nil where
// nothing was asked.
func next(asked, answered bool, failures int, now time.Time) *time.Time {
	switch {
	case !asked:
		return nil
	case answered:
		now = now.Add(factsGood)
	default:
		now = now.Add(min(factsRetry<<min(failures, 8), factsRetryMax))
	}
	return &now
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// since is when the catalogue of a version came into use; this is when it is
// not yet.
func since(ctx context.Context, tx postgres.Tx, version string, now time.Time) (at time.Time, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO catalogue_in_use AS c (version, since) VALUES (@version, @now)
		ON CONFLICT (one) DO UPDATE SET version = excluded.version, since = CASE WHEN c.version = excluded.version THEN c.since ELSE excluded.since END
		RETURNING since`, postgres.NamedArgs{"version": version, "now": now}).Scan(&at)
	if err != nil {
		return at, fmt.Errorf("catalogue in use: %w", err)
	}
	return at, nil
}

// target is an address of a domain to identify.
type target struct {
	Org    [16]byte   `db:"org_id"`
	Domain [16]byte   `db:"domain_id"`
	IP     netip.Addr `db:"source_ip"`
}

// dueTargets returns addresses to identify, about n: those with facts that
// changed, those that nobody identified yet, and those that were before a time.
func dueTargets(ctx context.Context, tx postgres.Tx, before time.Time, n int) ([]target, error) {
	rows, err := tx.Query(ctx, `
		(SELECT s.org_id, s.domain_id, s.source_ip FROM ip_facts f JOIN sources s ON s.source_ip = f.ip
		 WHERE NOT f.applied AND (s.facts_revision <> f.revision OR s.identified_at IS NULL) LIMIT @n)
		UNION
		(SELECT o.org_id, o.domain_id, o.source_ip FROM (
			SELECT org_id, domain_id, source_ip, identified_at FROM sources ORDER BY identified_at NULLS FIRST LIMIT @n) o
		 WHERE o.identified_at IS NULL OR o.identified_at < @before)
		ORDER BY org_id, domain_id, source_ip`,
		postgres.NamedArgs{"n": n, "before": before})
	if err != nil {
		return nil, fmt.Errorf("addresses to identify: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[target])
	if err != nil {
		return nil, fmt.Errorf("addresses to identify: %w", err)
	}
	return list, nil
}

// settle marks the facts that every organization knows its addresses by.
func settle(ctx context.Context, tx postgres.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE ip_facts f SET applied = true WHERE NOT f.applied AND NOT EXISTS (
			SELECT FROM sources s WHERE s.source_ip = f.ip AND (s.facts_revision <> f.revision OR s.identified_at IS NULL))`)
	if err != nil {
		return fmt.Errorf("mark facts as applied: %w", err)
	}
	return nil
}
