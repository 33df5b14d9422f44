package domain

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func groups(ctx context.Context, tx postgres.Tx, org org.ID) ([]Group, error) {
	rows, err := tx.Query(ctx, `
		SELECT g.group_id, g.name, (SELECT count(*) FROM domains d WHERE d.org_id = g.org_id AND d.group_id = g.group_id)::int AS domains
		FROM domain_groups g WHERE g.org_id = $1 ORDER BY lower(g.name), g.name`, org)
	if err != nil {
		return nil, fmt.Errorf("list groups of domains: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Group])
	if err != nil {
		return nil, fmt.Errorf("list groups of domains: %w", err)
	}
	return list, nil
}

func insertGroup(ctx context.Context, tx postgres.Tx, org org.ID, g Group) error {
	_, err := tx.Exec(ctx, `INSERT INTO domain_groups (org_id, group_id, name) VALUES (@org, @id, @name)`,
		postgres.NamedArgs{"org": org, "id": g.ID, "name": g.Name})
	if err != nil {
		return fmt.Errorf("insert group of domains: %w", err)
	}
	return nil
}

// renameGroup reports whether there is such a group.
func renameGroup(ctx context.Context, tx postgres.Tx, org org.ID, id GroupID, name string) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE domain_groups SET name = @name WHERE org_id = @org AND group_id = @id`,
		postgres.NamedArgs{"org": org, "id": id, "name": name})
	if err != nil {
		return false, fmt.Errorf("rename group of domains: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// deleteGroup returns the name of the group; "" = there is none.
func deleteGroup(ctx context.Context, tx postgres.Tx, org org.ID, id GroupID) (name string, err error) {
	rows, err := tx.Query(ctx, `DELETE FROM domain_groups WHERE org_id = $1 AND group_id = $2 RETURNING name`, org, id)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&name}, func() error { return nil })
	}
	if err != nil {
		return "", fmt.Errorf("delete group of domains: %w", err)
	}
	return name, nil
}

// lockGroup keeps a group until the transaction ends, and reports whether there
// is one.
func lockGroup(ctx context.Context, tx postgres.Tx, org org.ID, id GroupID) (bool, error) {
	tag, err := tx.Exec(ctx, `SELECT FROM domain_groups WHERE org_id = $1 AND group_id = $2 FOR SHARE`, org, id)
	if err != nil {
		return false, fmt.Errorf("lock group of domains: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// assign returns the names of those that were in another group, or in none.
func assign(ctx context.Context, tx postgres.Tx, org org.ID, names []fqdn.Name, into GroupID) ([]fqdn.Name, error) {
	var group any = into
	if into.IsZero() {
		group = nil
	}
	rows, err := tx.Query(ctx, `
		WITH chosen AS (SELECT d.domain_id FROM domains d WHERE d.org_id = @org AND d.name = ANY(@names) AND d.group_id IS DISTINCT FROM @group::uuid ORDER BY d.domain_id FOR NO KEY UPDATE)
		UPDATE domains d SET group_id = @group::uuid FROM chosen c WHERE d.org_id = @org AND d.domain_id = c.domain_id RETURNING d.name`,
		postgres.NamedArgs{"org": org, "names": names, "group": group})
	if err != nil {
		return nil, fmt.Errorf("assign domains to a group: %w", err)
	}
	changed, err := pgx.CollectRows(rows, pgx.RowTo[fqdn.Name])
	if err != nil {
		return nil, fmt.Errorf("assign domains to a group: %w", err)
	}
	return changed, nil
}
