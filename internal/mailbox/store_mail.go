package mailbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// noteRead notes mails as read where no cursor can tell.
func noteRead(ctx context.Context, tx postgres.Tx, j Slice, ids []mailfetch.MailID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mailbox_read (org_id, mailbox_id, mail_id) SELECT $1, $2, unnest($3::text[]) ON CONFLICT DO NOTHING`,
		j.Org, j.Mailbox, ids)
	if err != nil {
		return fmt.Errorf("note read mails: %w", err)
	}
	return nil
}

// notRead returns those of the mails that were not read, in their order.
func notRead(ctx context.Context, tx postgres.Tx, j Slice, ids []mailfetch.MailID) ([]mailfetch.MailID, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.mail_id FROM unnest($3::text[]) WITH ORDINALITY AS l (mail_id, n)
		WHERE NOT EXISTS (SELECT FROM mailbox_read r WHERE r.org_id = $1 AND r.mailbox_id = $2 AND r.mail_id = l.mail_id)
		ORDER BY l.n`, j.Org, j.Mailbox, ids)
	if err != nil {
		return nil, fmt.Errorf("unread mails: %w", err)
	}
	unread, err := pgx.CollectRows(rows, pgx.RowTo[mailfetch.MailID])
	if err != nil {
		return nil, fmt.Errorf("unread mails: %w", err)
	}
	return unread, nil
}

// forgetGone forgets mails that the server no longer lists.
func forgetGone(ctx context.Context, tx postgres.Tx, j Slice, listed []mailfetch.MailID) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM mailbox_read r WHERE r.org_id = $1 AND r.mailbox_id = $2
		AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS l (mail_id) WHERE l.mail_id = r.mail_id)`, j.Org, j.Mailbox, listed)
	if err != nil {
		return fmt.Errorf("forget mails that are gone: %w", err)
	}
	return nil
}

// noteUnfinished notes mails whose reports the same transaction stores, for
// what their owner wants done with them.
func noteUnfinished(ctx context.Context, tx postgres.Tx, j Slice, generation string, ids []mailfetch.MailID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mailbox_unfinished (org_id, mailbox_id, generation, mail_id) SELECT @org, @id, @generation, unnest(@mails::text[])
		ON CONFLICT DO NOTHING`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": generation, "mails": ids})
	if err != nil {
		return fmt.Errorf("note mails to finish: %w", err)
	}
	return nil
}

// unfinished returns the mails with which something is to be done, and forgets
// those of other generations of the folder, whose ids now mean other mails.
func unfinished(ctx context.Context, tx postgres.Tx, j Slice, generation string) ([]mailfetch.MailID, error) {
	_, err := tx.Exec(ctx, `DELETE FROM mailbox_unfinished WHERE org_id = $1 AND mailbox_id = $2 AND generation <> $3`, j.Org, j.Mailbox, generation)
	if err != nil {
		return nil, fmt.Errorf("forget mails of another generation: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT mail_id FROM mailbox_unfinished WHERE org_id = $1 AND mailbox_id = $2 ORDER BY mail_id LIMIT $3`,
		j.Org, j.Mailbox, mostUnfinished)
	if err != nil {
		return nil, fmt.Errorf("mails to finish: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[mailfetch.MailID])
	if err != nil {
		return nil, fmt.Errorf("mails to finish: %w", err)
	}
	return ids, nil
}

// finished notes that something was done with mails as their owner chose.
func finished(ctx context.Context, tx postgres.Tx, j Slice, generation string, ids []mailfetch.MailID, onlyMarked bool) error {
	args := postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": generation, "mails": ids, "marked": onlyMarked}
	_, err := tx.Exec(ctx, `
		DELETE FROM mailbox_unfinished WHERE org_id = @org AND mailbox_id = @id AND generation = @generation AND mail_id = ANY(@mails)`, args)
	if err != nil {
		return fmt.Errorf("note finished mails: %w", err)
	}
	_, err = tx.Exec(ctx, `
		UPDATE mailboxes SET only_marked = @marked, finish_failure = NULL, finish_advice = NULL WHERE org_id = @org AND mailbox_id = @id`, args)
	if err != nil {
		return fmt.Errorf("note finished mails: %w", err)
	}
	return nil
}

func noteFinishFailure(ctx context.Context, tx postgres.Tx, j Slice, sentence, advice string) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes SET finish_failure = @sentence, finish_advice = @advice WHERE org_id = @org AND mailbox_id = @id`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "sentence": sentence, "advice": advice})
	if err != nil {
		return fmt.Errorf("note unfinished mails: %w", err)
	}
	return nil
}

// forgetRead has everything count as unread.
func forgetRead(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM mailbox_read WHERE org_id = $1 AND mailbox_id = $2`, org, id)
	if err != nil {
		return fmt.Errorf("forget read mails: %w", err)
	}
	return nil
}

// forgetUnfinished leaves mails as they are, whatever was to be done with them.
func forgetUnfinished(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM mailbox_unfinished WHERE org_id = $1 AND mailbox_id = $2`, org, id)
	if err != nil {
		return fmt.Errorf("forget mails to finish: %w", err)
	}
	return nil
}
