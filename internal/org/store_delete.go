package org

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

func markDeleted(ctx context.Context, tx postgres.Tx, org ID, now, purge time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE organizations SET deleted_at = $2, purge_at = $3 WHERE org_id = $1`, org, now, purge)
	if err != nil {
		return fmt.Errorf("delete organization: %w", err)
	}
	return nil
}

// unmarkDeleted reports whether there was a deletion to take back.
func unmarkDeleted(ctx context.Context, tx postgres.Tx, org ID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE organizations SET deleted_at = NULL, purge_at = NULL WHERE org_id = $1 AND purge_at > $2`, org, now)
	if err != nil {
		return false, fmt.Errorf("restore organization: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func deletedOf(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) ([]Deleted, error) {
	rows, err := tx.Query(ctx, `
		SELECT o.org_id, o.slug, o.name, o.purge_at
		FROM members m JOIN organizations o ON o.org_id = m.org_id
		WHERE m.person_id = $1 AND m.role = $2 AND o.purge_at > $3 ORDER BY o.purge_at, o.org_id`, person, Owner, now)
	if err != nil {
		return nil, fmt.Errorf("deleted organizations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Deleted])
	if err != nil {
		return nil, fmt.Errorf("deleted organizations: %w", err)
	}
	return list, nil
}

// leaves reports whether the person's account is being deleted.
func leaves(ctx context.Context, tx postgres.Tx, person PersonID) (yes bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM people WHERE person_id = $1 AND deleted_at IS NOT NULL)`, person).Scan(&yes); err != nil {
		return false, fmt.Errorf("look at person: %w", err)
	}
	return yes, nil
}

func duePurges(ctx context.Context, tx postgres.Tx, now time.Time) ([]ID, error) {
	rows, err := tx.Query(ctx, `SELECT org_id FROM organizations WHERE purge_at <= $1 ORDER BY purge_at`, now)
	if err != nil {
		return nil, fmt.Errorf("due organizations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err != nil {
		return nil, fmt.Errorf("due organizations: %w", err)
	}
	return list, nil
}

// markEnded reports whether the erasure begins with this.
func markEnded(ctx context.Context, tx postgres.Tx, org ID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE organizations SET ended = true WHERE org_id = $1 AND purge_at <= $2 AND NOT ended`, org, now)
	if err != nil {
		return false, fmt.Errorf("begin to erase organization: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// erase removes rows of an organization whose time is up, and says how many.
func erase(ctx context.Context, tx postgres.Tx, org ID, most int64) (removed int64, err error) {
	if err := tx.QueryRow(ctx, `SELECT erase_organization($1, $2)`, org, most).Scan(&removed); err != nil {
		return 0, fmt.Errorf("erase organization: %w", err)
	}
	return removed, nil
}
