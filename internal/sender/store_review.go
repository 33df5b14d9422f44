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

// saveOpinions stores opinions with who said so and when, or else by and now.
func saveOpinions(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID, opinions []Opinion, by postgres.PersonID, now time.Time) error {
	n := len(opinions)
	keys, verdicts, notes := make([]string, n), make([]string, n), make([]string, n)
	persons, times := make([]*postgres.PersonID, n), make([]*time.Time, n)
	for i, o := range opinions {
		keys[i], verdicts[i], notes[i], persons[i], times[i] = o.Key, string(o.Verdict), o.Note, o.By, o.At
		if o.At == nil && (o.Verdict != Unreviewed || o.Note != "") {
			persons[i], times[i] = &by, &now
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE senders s SET review = u.verdict, note = u.note, reviewed_by = u.by, reviewed_at = u.at
		FROM unnest(@keys::text[], @verdicts::text[], @notes::text[], @persons::uuid[], @times::timestamptz[]) AS u (key, verdict, note, by, at)
		WHERE s.org_id = @org AND s.domain_id = @domain AND s.sender = u.key`,
		postgres.NamedArgs{"org": org, "domain": d, "keys": keys, "verdicts": verdicts, "notes": notes, "persons": persons, "times": times})
	if err != nil {
		return fmt.Errorf("save reviews: %w", err)
	}
	return nil
}
