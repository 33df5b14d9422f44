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

const invitationColumns = `i.invitation_id, i.org_id, i.email, i.role, i.invited_by, i.created_at, i.expires_at`

func insertInvitation(ctx context.Context, tx postgres.Tx, i Invitation) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO invitations (org_id, invitation_id, email, role, invited_by, created_at, expires_at)
		VALUES (@org, @id, @email, @role, @by, @created, @expires)`,
		postgres.NamedArgs{"org": i.Org, "id": i.ID, "email": i.Email, "role": i.Role, "by": i.InvitedBy, "created": i.CreatedAt, "expires": i.ExpiresAt})
	if err != nil {
		return fmt.Errorf("insert invitation: %w", err)
	}
	return nil
}

func invitations(ctx context.Context, tx postgres.Tx, org ID) ([]Invitation, error) {
	rows, err := tx.Query(ctx, `SELECT `+invitationColumns+` FROM invitations i WHERE i.org_id = $1 ORDER BY i.created_at DESC, i.invitation_id`, org)
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Invitation])
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	return list, nil
}

func invitation(ctx context.Context, tx postgres.Tx, org ID, id InvitationID) (Invitation, error) {
	return oneInvitation(ctx, tx, `SELECT `+invitationColumns+` FROM invitations i WHERE i.org_id = $1 AND i.invitation_id = $2`, org, id)
}

// renewInvitation makes it somebody's from now on.
func renewInvitation(ctx context.Context, tx postgres.Tx, org ID, id InvitationID, by PersonID, now, until time.Time) (Invitation, error) {
	return oneInvitation(ctx, tx, `
		UPDATE invitations i SET invited_by = $3, created_at = $4, expires_at = $5
		WHERE i.org_id = $1 AND i.invitation_id = $2 RETURNING `+invitationColumns, org, id, by, now, until)
}

// takeInvitationsOf removes what somebody has invited to, by roles.
func takeInvitationsOf(ctx context.Context, tx postgres.Tx, org ID, by PersonID, roles []Role) ([]Invitation, error) {
	rows, err := tx.Query(ctx, `
		DELETE FROM invitations i WHERE i.org_id = $1 AND i.invited_by = $2 AND i.role = ANY($3) RETURNING `+invitationColumns, org, by, roles)
	if err != nil {
		return nil, fmt.Errorf("revoke invitations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Invitation])
	if err != nil {
		return nil, fmt.Errorf("revoke invitations: %w", err)
	}
	return list, nil
}

// deleteInvitationsTo forgets the address of somebody who is erased, wherever
// it was invited.
func deleteInvitationsTo(ctx context.Context, tx postgres.Tx, email string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM invitations WHERE email = $1`, email); err != nil {
		return fmt.Errorf("forget invitations: %w", err)
	}
	return nil
}

func takeInvitation(ctx context.Context, tx postgres.Tx, org ID, id InvitationID) (Invitation, error) {
	return oneInvitation(ctx, tx, `DELETE FROM invitations i WHERE i.org_id = $1 AND i.invitation_id = $2 RETURNING `+invitationColumns, org, id)
}

func oneInvitation(ctx context.Context, tx postgres.Tx, sql string, args ...any) (Invitation, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return Invitation{}, fmt.Errorf("invitation: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Invitation])
	if errors.Is(err, pgx.ErrNoRows) {
		return i, fault.New(fault.NotFound, "This invitation is not there any more.")
	}
	if err != nil {
		return i, fmt.Errorf("invitation: %w", err)
	}
	return i, nil
}

// offers are the invitations to the person's own address that still count.
func offers(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) ([]Offer, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+invitationColumns+`, o.name, o.slug
		FROM invitations i JOIN organizations o ON o.org_id = i.org_id JOIN people p ON p.email = i.email
		WHERE p.person_id = $1 AND i.expires_at > $2 AND o.deleted_at IS NULL ORDER BY i.created_at`, person, now)
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Offer])
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return list, nil
}

// deleteExpiredInvitations forgets the addresses of those who never came.
func deleteExpiredInvitations(ctx context.Context, tx postgres.Tx, before time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM invitations WHERE expires_at < $1`, before); err != nil {
		return fmt.Errorf("forget invitations: %w", err)
	}
	return nil
}
