package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sendvery.com/sendvery/internal/postgres"
)

// advance moves the cursor over so many mails that the same transaction
// settles, and notes whether reports came in them. It is also what fences a
// holder that lost its lease: it then fails.
func advance(ctx context.Context, tx postgres.Tx, j Slice, cursor string, settled, stored int, now time.Time) error {
	args := postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "cursor": cursor, "settled": settled, "stored": stored, "now": now}
	b := &postgres.Batch{} // one round trip: it is waited for within each transaction
	var held bool
	b.Queue(`
		UPDATE mailboxes SET cursor = @cursor, last_poll_at = @now, failure = NULL, advice = NULL, failures = 0,
		       last_report_at = CASE WHEN @stored::integer > 0 THEN @now ELSE last_report_at END
		WHERE org_id = @org AND mailbox_id = @id AND generation = @generation`, args).Exec(func(tag pgconn.CommandTag) error {
		held = tag.RowsAffected() == 1
		return nil
	})
	b.Queue(`
		UPDATE mailbox_runs SET done = done + @settled, updated_at = @now
		WHERE org_id = @org AND mailbox_id = @id AND kind = 'import' AND state = 'running'`, args)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("advance mailbox: %w", err)
	}
	if !held {
		return errLeaseLost
	}
	return nil
}

// claimLock is the advisory lock under which mailboxes are claimed one process
// at a time; the number has no meaning beyond being ours.
const claimLock = 7_236_516

// claim takes free, due mailboxes, oldest due first, within the bounds for
// one server and one organization. Processes wait for one another: counting
// what runs and adding to it is one step.
func claim(ctx context.Context, tx postgres.Tx, holder string, now time.Time) ([]Slice, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, claimLock); err != nil {
		return nil, fmt.Errorf("claim mailboxes: %w", err)
	}
	rows, err := tx.Query(ctx, `
		WITH live AS (SELECT org_id, host FROM mailboxes WHERE lease_until > @now),
		own AS (
			SELECT m.org_id, m.mailbox_id, m.host, m.next_at,
			       row_number() OVER (PARTITION BY m.org_id ORDER BY m.next_at, m.mailbox_id) + (SELECT count(*) FROM live l WHERE l.org_id = m.org_id) AS in_org
			FROM mailboxes m WHERE m.next_at <= @now AND (m.lease_until IS NULL OR m.lease_until <= @now)),
		ranked AS ( -- only those that their organization may start: others must not take places at the host
			SELECT o.org_id, o.mailbox_id,
			       row_number() OVER (PARTITION BY o.host ORDER BY o.next_at, o.mailbox_id) + (SELECT count(*) FROM live l WHERE l.host = o.host) AS at_host
			FROM own o WHERE o.in_org <= @per_org),
		due AS (
			SELECT m.org_id, m.mailbox_id FROM mailboxes m JOIN ranked r USING (org_id, mailbox_id)
			WHERE r.at_host <= @per_host
			ORDER BY m.next_at LIMIT @most FOR UPDATE OF m SKIP LOCKED)
		UPDATE mailboxes m SET generation = m.generation + 1, holder = @holder, lease_until = @until
		FROM due WHERE m.org_id = due.org_id AND m.mailbox_id = due.mailbox_id
		RETURNING m.org_id, m.mailbox_id, m.generation`,
		postgres.NamedArgs{"now": now, "holder": holder, "until": now.Add(leaseTime), "per_host": perHost, "per_org": perOrg, "most": perClaim})
	if err != nil {
		return nil, fmt.Errorf("claim mailboxes: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j Slice, err error) {
		err = row.Scan(&j.Org, &j.Mailbox, &j.Generation)
		return j, err
	})
	if err != nil {
		return nil, fmt.Errorf("claim mailboxes: %w", err)
	}
	return all, nil
}

func renewLease(ctx context.Context, tx postgres.Tx, j Slice, holder string, until time.Time) error {
	tag, err := tx.Exec(ctx, `
		UPDATE mailboxes SET lease_until = @until, holder = @holder
		WHERE org_id = @org AND mailbox_id = @id AND generation = @generation`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "until": until, "holder": holder})
	if err != nil {
		return fmt.Errorf("renew lease: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errLeaseLost
	}
	return nil
}

func checkLease(ctx context.Context, tx postgres.Tx, j Slice) error {
	var held bool
	err := tx.QueryRow(ctx, `SELECT true FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2 AND generation = $3 FOR UPDATE`,
		j.Org, j.Mailbox, j.Generation).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		return errLeaseLost
	}
	if err != nil {
		return fmt.Errorf("check lease: %w", err)
	}
	return nil
}

// sameGeneration reports whether nobody has taken or changed the mailbox since
// the slice began.
func sameGeneration(ctx context.Context, tx postgres.Tx, j Slice) (same bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2 AND generation = $3)`,
		j.Org, j.Mailbox, j.Generation).Scan(&same)
	if err != nil {
		return false, fmt.Errorf("check generation: %w", err)
	}
	return same, nil
}

// dueSoon has a mailbox that waits for its next poll read now, or so long after
// it was read last.
func dueSoon(ctx context.Context, tx postgres.Tx, j Slice, now time.Time, pause time.Duration) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes SET next_at = greatest(@now, last_poll_at + @pause::interval)
		WHERE org_id = @org AND mailbox_id = @id AND generation = @generation AND state = 'polling'`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "now": now, "pause": pause})
	if err != nil {
		return fmt.Errorf("make mailbox due soon: %w", err)
	}
	return nil
}

// releaseLease ends the lease. The next time is set unless it has changed
// since the slice began: then a person asked for something meanwhile.
func releaseLease(ctx context.Context, tx postgres.Tx, j Slice, was, next *time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes SET lease_until = NULL, holder = NULL,
		       next_at = CASE WHEN next_at IS NOT DISTINCT FROM @was::timestamptz THEN @next::timestamptz ELSE next_at END
		WHERE org_id = @org AND mailbox_id = @id AND generation = @generation`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "was": was, "next": next})
	if err != nil {
		return fmt.Errorf("release lease: %w", err)
	}
	return nil
}
