package sender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// domainName is the name of a domain of the organization.
func domainName(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID) (name string, err error) {
	err = tx.QueryRow(ctx, `SELECT name FROM domains WHERE org_id = $1 AND domain_id = $2`, org, d).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.New(fault.NotFound, "There is no such domain in this organization.")
	}
	if err != nil {
		return "", fmt.Errorf("name of domain: %w", err)
	}
	return name, nil
}

// lockOpinions reads what is said of senders of a domain, by key, and keeps it
// until the transaction ends.
func lockOpinions(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID, keys []string) ([]Opinion, error) {
	rows, err := tx.Query(ctx, `
		SELECT sender, review, note, reviewed_by, reviewed_at FROM senders
		WHERE org_id = @org AND domain_id = @domain AND sender = ANY(@keys) ORDER BY sender COLLATE "C" FOR UPDATE`,
		postgres.NamedArgs{"org": org, "domain": d, "keys": keys})
	if err != nil {
		return nil, fmt.Errorf("lock reviews: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Opinion])
	if err != nil {
		return nil, fmt.Errorf("lock reviews: %w", err)
	}
	return list, nil
}

func saveOpinions(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID, opinions []Opinion, by postgres.PersonID, now time.Time) error {
	keys, verdicts, notes := make([]string, len(opinions)), make([]string, len(opinions)), make([]string, len(opinions))
	for i, o := range opinions {
		keys[i], verdicts[i], notes[i] = o.Key, string(o.Verdict), o.Note
	}
	_, err := tx.Exec(ctx, `
		UPDATE senders s SET review = u.verdict, note = u.note,
			reviewed_by = CASE WHEN u.verdict = '' AND u.note = '' THEN NULL ELSE @by::uuid END,
			reviewed_at = CASE WHEN u.verdict = '' AND u.note = '' THEN NULL ELSE @now::timestamptz END
		FROM unnest(@keys::text[], @verdicts::text[], @notes::text[]) AS u (key, verdict, note)
		WHERE s.org_id = @org AND s.domain_id = @domain AND s.sender = u.key`,
		postgres.NamedArgs{"org": org, "domain": d, "keys": keys, "verdicts": verdicts, "notes": notes, "by": by, "now": now})
	if err != nil {
		return fmt.Errorf("save reviews: %w", err)
	}
	return nil
}
