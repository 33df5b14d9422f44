package mailbox

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/postgres"
)

// saveSecret replaces the secret of the mailbox that the lease is for.
func saveSecret(ctx context.Context, tx postgres.Tx, j Slice, sealed []byte) error {
	_, err := tx.Exec(ctx, `UPDATE mailboxes SET secret = @secret WHERE org_id = @org AND mailbox_id = @id AND generation = @generation`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "secret": sealed})
	if err != nil {
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
