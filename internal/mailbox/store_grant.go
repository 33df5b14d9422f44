package mailbox

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// draft reports whether a mailbox was never connected.
func draft(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (is bool, err error) {
	err = tx.QueryRow(ctx, `SELECT `+isDraft+` FROM mailboxes m WHERE m.org_id = $1 AND m.mailbox_id = $2`, org, id).Scan(&is)
	if err != nil {
		return false, fmt.Errorf("look at draft: %w", err)
	}
	return is, nil
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
