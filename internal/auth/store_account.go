package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

func markDeleted(ctx context.Context, tx postgres.Tx, person PersonID, now, purge time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE people SET deleted_at = $2, purge_at = $3 WHERE person_id = $1 AND deleted_at IS NULL`, person, now, purge)
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	return nil
}

// unmarkDeleted reports whether there was a deletion to take back.
func unmarkDeleted(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE people SET deleted_at = NULL, purge_at = NULL WHERE person_id = $1 AND purge_at > $2`, person, now)
	if err != nil {
		return false, fmt.Errorf("restore account: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func duePurges(ctx context.Context, tx postgres.Tx, now time.Time) ([]PersonID, error) {
	rows, err := tx.Query(ctx, `SELECT person_id FROM people WHERE purge_at <= $1 ORDER BY purge_at`, now)
	if err != nil {
		return nil, fmt.Errorf("due people: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[PersonID])
	if err != nil {
		return nil, fmt.Errorf("due people: %w", err)
	}
	return list, nil
}

// erasePerson removes somebody whose time is up, and what was asked for in their name.
func erasePerson(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM sign_in_requests r USING people p WHERE r.email = p.email AND p.person_id = $1 AND p.purge_at <= $2`, person, now)
	if err != nil {
		return fmt.Errorf("erase links: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM people WHERE person_id = $1 AND purge_at <= $2`, person, now); err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	return nil
}
