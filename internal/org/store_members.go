package org

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// lock makes those who change the organization wait for one another; NotFound
// when it is deleted. Whoever holds the head of its audit trail does not wait:
// an event needs no more of this row than its key.
func lock(ctx context.Context, tx postgres.Tx, org ID) error {
	tag, err := tx.Exec(ctx, `SELECT FROM organizations WHERE org_id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`, org)
	if err != nil {
		return fmt.Errorf("lock organization: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, notFound)
	}
	return nil
}

const colleagues = `
	SELECT m.person_id, p.email, m.role, m.joined_at, p.deleted_at IS NOT NULL AS leaves
	FROM members m JOIN people p ON p.person_id = m.person_id
	WHERE m.org_id = $1`

func members(ctx context.Context, tx postgres.Tx, org ID) ([]Colleague, error) {
	rows, err := tx.Query(ctx, colleagues+` ORDER BY array_position($2, m.role), m.joined_at, m.person_id`, org, Roles())
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Colleague])
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return list, nil
}

func member(ctx context.Context, tx postgres.Tx, org ID, person PersonID) (Colleague, error) {
	rows, err := tx.Query(ctx, colleagues+` AND m.person_id = $2`, org, person)
	if err != nil {
		return Colleague{}, fmt.Errorf("member: %w", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Colleague])
	if errors.Is(err, pgx.ErrNoRows) {
		return m, fault.New(fault.NotFound, noMember)
	}
	if err != nil {
		return m, fmt.Errorf("member: %w", err)
	}
	return m, nil
}

// owners counts the owners whose accounts stay.
func owners(ctx context.Context, tx postgres.Tx, org ID) (n int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM members m JOIN people p ON p.person_id = m.person_id
		WHERE m.org_id = $1 AND m.role = $2 AND p.deleted_at IS NULL`, org, Owner).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count owners: %w", err)
	}
	return n, nil
}

func insertMember(ctx context.Context, tx postgres.Tx, org ID, m Colleague) error {
	_, err := tx.Exec(ctx, `INSERT INTO members (org_id, person_id, role, joined_at) VALUES (@org, @person, @role, @now)`,
		postgres.NamedArgs{"org": org, "person": m.Person, "role": m.Role, "now": m.JoinedAt})
	if err != nil {
		return fmt.Errorf("insert member: %w", err)
	}
	return nil
}

func setRole(ctx context.Context, tx postgres.Tx, org ID, person PersonID, role Role) error {
	if _, err := tx.Exec(ctx, `UPDATE members SET role = $3 WHERE org_id = $1 AND person_id = $2`, org, person, role); err != nil {
		return fmt.Errorf("set role: %w", err)
	}
	return nil
}

func deleteMember(ctx context.Context, tx postgres.Tx, org ID, person PersonID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM members WHERE org_id = $1 AND person_id = $2`, org, person); err != nil {
		return fmt.Errorf("remove member: %w", err)
	}
	return nil
}

// Stays refuses with NotFound when the organization is deleted, and keeps it
// from being deleted until the transaction ends.
func Stays(ctx context.Context, tx postgres.Tx, org ID) error {
	tag, err := tx.Exec(ctx, `SELECT FROM organizations WHERE org_id = $1 AND deleted_at IS NULL FOR SHARE`, org)
	if err != nil {
		return fmt.Errorf("look at organization: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, notFound)
	}
	return nil
}
