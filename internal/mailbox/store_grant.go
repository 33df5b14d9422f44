package mailbox

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// lock keeps everybody else from changing a mailbox until the transaction ends,
// and reports whether there is one. What is read after it stays true.
func lock(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (there bool, err error) {
	tag, err := tx.Exec(ctx, `SELECT FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2 FOR UPDATE`, org, id)
	if err != nil {
		return false, fmt.Errorf("lock mailbox: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// lockDraft locks a mailbox and reports whether it was never connected.
func lockDraft(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (draft bool, err error) {
	if there, err := lock(ctx, tx, org, id); err != nil || !there {
		return false, err
	}
	err = tx.QueryRow(ctx, `
		SELECT state = 'testing' AND NOT EXISTS (SELECT FROM mailbox_runs r WHERE r.org_id = m.org_id AND r.mailbox_id = m.mailbox_id AND r.kind <> 'test')
		FROM mailboxes m WHERE m.org_id = $1 AND m.mailbox_id = $2`, org, id).Scan(&draft)
	if err != nil {
		return false, fmt.Errorf("look at draft: %w", err)
	}
	return draft, nil
}

func saveSecret(ctx context.Context, tx postgres.Tx, org org.ID, id ID, sealed []byte) error {
	if _, err := tx.Exec(ctx, `UPDATE mailboxes SET secret = $3 WHERE org_id = $1 AND mailbox_id = $2`, org, id, sealed); err != nil {
		return fmt.Errorf("save rotated secret: %w", err)
	}
	return nil
}

// sharesGrant reports whether any mailbox of any organization lives by what an
// account granted to us.
func sharesGrant(ctx context.Context, tx postgres.Tx, provider SignIn, username string) (shared bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM mailboxes WHERE sign_in = $1 AND lower(username) = lower($2))`, provider, username).Scan(&shared)
	if err != nil {
		return false, fmt.Errorf("look for mailboxes of the same account: %w", err)
	}
	return shared, nil
}
