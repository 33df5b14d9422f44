package org

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

var errSlugTaken = errors.New("the organization's slug is taken")

func memberships(ctx context.Context, tx postgres.Tx, person postgres.PersonID) ([]Membership, error) {
	rows, err := tx.Query(ctx, `
		SELECT o.org_id, o.slug, o.name, m.role
		FROM members m JOIN organizations o ON o.org_id = m.org_id
		WHERE m.person_id = $1 AND o.deleted_at IS NULL ORDER BY m.joined_at, m.org_id`, person)
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Membership])
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	return list, nil
}

// lockPerson makes concurrent sign-ins of one person wait for one another.
func lockPerson(ctx context.Context, tx postgres.Tx, person postgres.PersonID) error {
	if _, err := tx.Exec(ctx, `SELECT FROM people WHERE person_id = $1 FOR UPDATE`, person); err != nil {
		return fmt.Errorf("lock person: %w", err)
	}
	return nil
}

func insert(ctx context.Context, tx postgres.Tx, o Organization, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO organizations (org_id, slug, name, created_at) VALUES (@org, @slug, @name, @now)`,
		postgres.NamedArgs{"org": o.ID, "slug": o.Slug, "name": o.Name, "now": now})
	if postgres.Violates(err, "organizations_slug_key") {
		return errSlugTaken
	}
	if err != nil {
		return fmt.Errorf("insert organization: %w", err)
	}
	return nil
}

// ownedBy counts the organizations that the person owns, deleted ones included.
func ownedBy(ctx context.Context, tx postgres.Tx, person postgres.PersonID) (n int, err error) {
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM members WHERE person_id = $1 AND role = $2`, person, Owner).Scan(&n); err != nil {
		return 0, fmt.Errorf("count owned organizations: %w", err)
	}
	return n, nil
}

func rename(ctx context.Context, tx postgres.Tx, org ID, name string) error {
	if _, err := tx.Exec(ctx, `UPDATE organizations SET name = $2 WHERE org_id = $1`, org, name); err != nil {
		return fmt.Errorf("rename organization: %w", err)
	}
	return nil
}

func all(ctx context.Context, tx postgres.Tx) ([]Organization, error) {
	rows, err := tx.Query(ctx, `SELECT org_id, slug, name FROM organizations WHERE deleted_at IS NULL ORDER BY slug`)
	if err != nil {
		return nil, fmt.Errorf("organizations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Organization])
	if err != nil {
		return nil, fmt.Errorf("organizations: %w", err)
	}
	return list, nil
}

func bySlug(ctx context.Context, tx postgres.Tx, slug string) (Organization, error) {
	rows, err := tx.Query(ctx, `SELECT org_id, slug, name FROM organizations WHERE slug = $1 AND deleted_at IS NULL`, slug)
	if err != nil {
		return Organization{}, fmt.Errorf("organization: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Organization])
	if errors.Is(err, pgx.ErrNoRows) {
		return o, fault.New(fault.NotFound, "There is no organization with this name.")
	}
	if err != nil {
		return o, fmt.Errorf("organization: %w", err)
	}
	return o, nil
}

// Holders returns the members whose role has the right, those who joined first
// first.
func Holders(ctx context.Context, tx postgres.Tx, org ID, right Right) ([]Contact, error) {
	var roles []Role
	for role := range rights {
		if role.May(right) {
			roles = append(roles, role)
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT p.person_id, p.email FROM members m JOIN people p ON p.person_id = m.person_id
		WHERE m.org_id = $1 AND m.role = ANY($2) AND p.deleted_at IS NULL ORDER BY m.joined_at, p.person_id`, org, roles)
	if err != nil {
		return nil, fmt.Errorf("members with the right to %s: %w", right, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Contact])
	if err != nil {
		return nil, fmt.Errorf("members with the right to %s: %w", right, err)
	}
	return list, nil
}

// Current is Named for an organization that is not being deleted; NotFound for
// one that is.
func Current(ctx context.Context, tx postgres.Tx, org ID) (Organization, error) {
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organizations WHERE org_id = $1 AND deleted_at IS NULL)`, org).Scan(&there); err != nil {
		return Organization{}, fmt.Errorf("look at organization: %w", err)
	}
	if !there {
		return Organization{}, fault.New(fault.NotFound, notFound)
	}
	return Named(ctx, tx, org)
}

// Named returns the organization's slug and name.
func Named(ctx context.Context, tx postgres.Tx, org ID) (Organization, error) {
	rows, err := tx.Query(ctx, `SELECT org_id, slug, name FROM organizations WHERE org_id = $1`, org)
	if err != nil {
		return Organization{}, fmt.Errorf("organization: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Organization])
	if err != nil {
		return o, fmt.Errorf("organization: %w", err)
	}
	return o, nil
}
