package auth

import (
	"context"
	"fmt"
	"time"

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

// erasePeople removes those whose time is up, and what was asked for in their name.
func erasePeople(ctx context.Context, tx postgres.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM sign_in_requests r USING people p WHERE r.email = p.email AND p.purge_at <= $1`, now)
	if err != nil {
		return fmt.Errorf("erase links: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM people WHERE purge_at <= $1`, now); err != nil {
		return fmt.Errorf("erase people: %w", err)
	}
	return nil
}
