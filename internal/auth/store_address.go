package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

const changeColumns = `c.change_id, c.person_id, p.email, c.new_email, c.device, c.network, c.created_at, c.expires_at, c.old_said_yes, c.new_said_yes`

// putChange takes the place of a change that waits already.
func putChange(ctx context.Context, tx postgres.Tx, c AddressChange) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO address_changes (change_id, person_id, new_email, device, network, created_at, expires_at)
		VALUES (@id, @person, @new, @device, @network, @created, @expires)
		ON CONFLICT (person_id) DO UPDATE SET change_id = @id, new_email = @new, device = @device, network = @network, created_at = @created,
			expires_at = @expires, old_hash = NULL, new_hash = NULL, old_said_yes = false, new_said_yes = false`,
		postgres.NamedArgs{"id": c.ID, "person": c.Person, "new": c.New, "device": c.Device, "network": c.Network, "created": c.CreatedAt, "expires": c.ExpiresAt})
	if err != nil {
		return fmt.Errorf("insert address change: %w", err)
	}
	return nil
}

// armChange gives one side its link.
func armChange(ctx context.Context, tx postgres.Tx, job SendAddressLink, hash []byte, now time.Time) (AddressChange, error) {
	return oneChange(ctx, tx, `
		UPDATE address_changes c SET old_hash = CASE WHEN $3 THEN $2 ELSE c.old_hash END, new_hash = CASE WHEN $3 THEN c.new_hash ELSE $2 END
		FROM people p WHERE p.person_id = c.person_id AND c.change_id = $1 AND c.expires_at > $4
		RETURNING `+changeColumns, job.Change, hash, job.Side == OldSide, now)
}

func changeOf(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) (AddressChange, error) {
	return oneChange(ctx, tx, `
		SELECT `+changeColumns+` FROM address_changes c JOIN people p ON p.person_id = c.person_id
		WHERE c.person_id = $1 AND c.expires_at > $2`, person, now)
}

// changeByToken locks the change that a link belongs to.
func changeByToken(ctx context.Context, tx postgres.Tx, hash []byte, now time.Time) (AddressChange, Side, error) {
	c, err := oneChange(ctx, tx, `
		SELECT `+changeColumns+` FROM address_changes c JOIN people p ON p.person_id = c.person_id
		WHERE (c.old_hash = $1 OR c.new_hash = $1) AND c.expires_at > $2 FOR UPDATE OF c`, hash, now)
	if err != nil {
		return c, "", err
	}
	var old []byte
	if err := tx.QueryRow(ctx, `SELECT old_hash FROM address_changes WHERE change_id = $1`, c.ID).Scan(&old); err != nil {
		return c, "", fmt.Errorf("address change: %w", err)
	}
	if bytes.Equal(old, hash) {
		return c, OldSide, nil
	}
	return c, NewSide, nil
}

func oneChange(ctx context.Context, tx postgres.Tx, sql string, args ...any) (AddressChange, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return AddressChange{}, fmt.Errorf("address change: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[AddressChange])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fault.New(fault.NotFound, changeGone)
	}
	if err != nil {
		return c, fmt.Errorf("address change: %w", err)
	}
	return c, nil
}

func saidYes(ctx context.Context, tx postgres.Tx, c AddressChange) error {
	_, err := tx.Exec(ctx, `UPDATE address_changes SET old_said_yes = $2, new_said_yes = $3 WHERE change_id = $1`, c.ID, c.OldSaidYes, c.NewSaidYes)
	if err != nil {
		return fmt.Errorf("confirm address change: %w", err)
	}
	return nil
}

func deleteChange(ctx context.Context, tx postgres.Tx, person PersonID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM address_changes WHERE person_id = $1`, person); err != nil {
		return fmt.Errorf("end address change: %w", err)
	}
	return nil
}

func taken(ctx context.Context, tx postgres.Tx, email string) (yes bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM people WHERE email = $1)`, email).Scan(&yes); err != nil {
		return false, fmt.Errorf("look for address: %w", err)
	}
	return yes, nil
}

func setAddress(ctx context.Context, tx postgres.Tx, c AddressChange) error {
	_, err := tx.Exec(ctx, `UPDATE people SET email = $2 WHERE person_id = $1`, c.Person, c.New)
	if postgres.Violates(err, "people_email_key") {
		return fault.New(fault.Conflict, changeFailed)
	}
	if err != nil {
		return fmt.Errorf("change address: %w", err)
	}
	return nil
}

// voidRequests uses up every open link to an address.
func voidRequests(ctx context.Context, tx postgres.Tx, email string, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE sign_in_requests SET used_at = $2 WHERE email = $1 AND used_at IS NULL`, email, now); err != nil {
		return fmt.Errorf("void links: %w", err)
	}
	return nil
}
