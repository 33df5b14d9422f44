package domain

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

const allSQL = `
	SELECT d.domain_id, d.name, d.added_at, d.group_id, d.set_aside_at, d.keep_first, g.name AS group_name
	FROM domains d LEFT JOIN domain_groups g ON g.org_id = d.org_id AND g.group_id = d.group_id WHERE d.org_id = $1 ORDER BY d.name`

// All returns the organization's domains by name.
func All(ctx context.Context, tx postgres.Tx, org org.ID) ([]Domain, error) {
	rows, err := tx.Query(ctx, allSQL, org)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Domain])
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	return list, nil
}

// domainLock is the first half of the advisory locks that order the adding of
// domains and the storing of reports; the second half is the organization's.
const domainLock = 7_236

// QueueSettled queues what All returns, and that no domain is added until the
// transaction ends: a report that is held for lack of its domain is held
// before the domain is added, and so is released by it.
func QueueSettled(b *postgres.Batch, org org.ID, into *[]Domain) {
	b.Queue(`SELECT pg_advisory_xact_lock_shared($1, hashtext($2))`, domainLock, org.String())
	Queue(b, org, into)
}

// Queue queues what All returns.
func Queue(b *postgres.Batch, org org.ID, into *[]Domain) {
	b.Queue(allSQL, org).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByName[Domain])
		return err
	})
}

// Await waits for the reports that are being stored, and lets none begin until
// the transaction ends.
func Await(ctx context.Context, tx postgres.Tx, org org.ID) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, domainLock, org.String()); err != nil {
		return fmt.Errorf("wait for reports: %w", err)
	}
	return nil
}

// insert adds domains that are not there yet; see Await.
func insert(ctx context.Context, tx postgres.Tx, org org.ID, names []fqdn.Name, now time.Time) error {
	ids := make([]ID, len(names))
	for i := range names {
		ids[i] = uid.New[Domain]()
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO domains (org_id, domain_id, name, added_at)
		SELECT @org, n.id, n.name, @added FROM unnest(@ids::uuid[], @names::text[]) AS n (id, name)`,
		postgres.NamedArgs{"org": org, "ids": ids, "names": names, "added": now})
	if err != nil {
		return fmt.Errorf("insert domains: %w", err)
	}
	return nil
}

// setAside sets domains aside, or with nil makes them active again.
func setAside(ctx context.Context, tx postgres.Tx, org org.ID, domains []Domain, at *time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE domains SET set_aside_at = @at WHERE org_id = @org AND domain_id = ANY(@ids)`,
		postgres.NamedArgs{"org": org, "ids": idsOf(domains), "at": at})
	if err != nil {
		return fmt.Errorf("set domains aside: %w", err)
	}
	return nil
}

// keepFirst notes that these domains, and no others, were chosen to stay active.
func keepFirst(ctx context.Context, tx postgres.Tx, org org.ID, domains []Domain) error {
	_, err := tx.Exec(ctx, `UPDATE domains SET keep_first = NOT keep_first WHERE org_id = $1 AND keep_first <> (domain_id = ANY($2))`, org, idsOf(domains))
	if err != nil {
		return fmt.Errorf("note chosen domains: %w", err)
	}
	return nil
}

func idsOf(domains []Domain) []ID {
	ids := make([]ID, len(domains))
	for i, d := range domains {
		ids[i] = d.ID
	}
	return ids
}
