package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// insertEvent stores an event and reports whether it is new.
func insertEvent(ctx context.Context, tx postgres.Tx, e Event, headers, body []byte, at time.Time) (added bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO stripe_events (event_id, type, created_at, received_at, headers, body, state)
		VALUES (@id, @type, @created, @received, @headers, @body, 'waiting') ON CONFLICT (event_id) DO NOTHING`,
		postgres.NamedArgs{"id": e.ID, "type": e.Type, "created": e.Created, "received": at, "headers": headers, "body": body})
	if err != nil {
		return false, fmt.Errorf("store an event: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// event returns what was stored of an event; NotFound without it.
func event(ctx context.Context, tx postgres.Tx, id string) (body []byte, state EventState, err error) {
	err = tx.QueryRow(ctx, `SELECT body, state FROM stripe_events WHERE event_id = $1`, id).Scan(&body, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", fault.New(fault.NotFound, "There is no such event.")
	}
	if err != nil {
		return nil, "", fmt.Errorf("event: %w", err)
	}
	return body, state, nil
}

// settle notes what became of an event. What is done stays done.
func settle(ctx context.Context, tx postgres.Tx, id string, state EventState, customer, failure string, at time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE stripe_events SET state = @state, customer_id = nullif(@customer, ''), failure = @failure, attempts = attempts + 1, settled_at = @at
		WHERE event_id = @id AND state <> 'done'`,
		postgres.NamedArgs{"id": id, "state": state, "customer": customer, "failure": failure, "at": at})
	if err != nil {
		return fmt.Errorf("note what became of an event: %w", err)
	}
	return nil
}

// reopen has an event done once more; NotFound without it.
func reopen(ctx context.Context, tx postgres.Tx, id string) error {
	tag, err := tx.Exec(ctx, `UPDATE stripe_events SET state = 'waiting' WHERE event_id = $1`, id)
	if err != nil {
		return fmt.Errorf("do an event again: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, "There is no such event.")
	}
	return nil
}

// eventsSince lists the events received since then, the oldest first.
func eventsSince(ctx context.Context, tx postgres.Tx, since time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT event_id FROM stripe_events WHERE received_at >= $1 ORDER BY received_at, event_id`, since)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return list, nil
}

func openEvents(ctx context.Context, tx postgres.Tx, before time.Time, n int) (list []OpenEvent, total int, err error) {
	const open = ` FROM stripe_events WHERE state IN ('waiting', 'failed') AND (state = 'failed' OR received_at < $1)`
	if err := tx.QueryRow(ctx, `SELECT count(*)`+open, before).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count open events: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT event_id, type, received_at, state, attempts, failure`+open+` ORDER BY received_at, event_id LIMIT $2`, before, n)
	if err != nil {
		return nil, 0, fmt.Errorf("list open events: %w", err)
	}
	if list, err = pgx.CollectRows(rows, pgx.RowToStructByName[OpenEvent]); err != nil {
		return nil, 0, fmt.Errorf("list open events: %w", err)
	}
	return list, total, nil
}

// removeEvents removes what was received before.
func removeEvents(ctx context.Context, tx postgres.Tx, before time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM stripe_events WHERE received_at < $1`, before); err != nil {
		return fmt.Errorf("remove events: %w", err)
	}
	return nil
}
