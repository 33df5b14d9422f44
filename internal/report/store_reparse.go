package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// chosenOriginals returns up to n of the chosen originals in the order of their
// receipts, and no more than one large one at once.
func (s *Service) chosenOriginals(ctx context.Context, tx postgres.Tx, org org.ID, q Originals, n int) ([]item, error) {
	where := `r.org_id = @org AND r.receipt_id > @after AND r.received_at >= @since`
	if q.Receipt != 0 {
		where += ` AND r.receipt_id = @receipt`
	}
	if q.Last != 0 {
		where += ` AND r.receipt_id <= @last`
	}
	if q.Refused {
		where += ` AND r.verdict = 'refused'`
	}
	if q.Unknown {
		where += ` AND r.auth_result = 'temperror'`
	}
	return s.readOriginals(ctx, tx, org, where, oldestFirst,
		postgres.NamedArgs{"org": org, "after": q.After, "since": q.Since, "receipt": q.Receipt, "last": q.Last, "n": n})
}

// withUnknownSenders lists the organizations with mails since then whose
// sender's key DNS did not give.
func withUnknownSenders(ctx context.Context, tx postgres.Tx, since time.Time) ([]org.ID, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT org_id FROM receipts WHERE auth_result = 'temperror' AND received_at >= $1`, since)
	if err != nil {
		return nil, fmt.Errorf("unknown senders: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[org.ID])
	if err != nil {
		return nil, fmt.Errorf("unknown senders: %w", err)
	}
	return list, nil
}

// dropOriginal forgets the bytes of what turned out not to be kept.
func dropOriginal(b *postgres.Batch, org org.ID, id ReceiptID) {
	b.Queue(`DELETE FROM originals WHERE org_id = $1 AND receipt_id = $2`, org, id)
}

// markOriginal notes whether the bytes can be unpacked.
func markOriginal(b *postgres.Batch, org org.ID, id ReceiptID, damaged bool) {
	b.Queue(`UPDATE originals SET damaged = $3 WHERE org_id = $1 AND receipt_id = $2`, org, id, damaged)
}

// refusedOriginals counts the refused receipts with and without an original.
const refusedOriginals = `
	SELECT count(*) FILTER (WHERE o.receipt_id IS NOT NULL) AS kept, count(*) FILTER (WHERE o.receipt_id IS NULL) AS lost,
	       coalesce(max(r.receipt_id), 0) AS last
	FROM receipts r LEFT JOIN originals o ON o.org_id = r.org_id AND o.receipt_id = r.receipt_id
	WHERE r.org_id = @org AND r.verdict = 'refused'`

func queueRefusals(b *postgres.Batch, org org.ID, into *Refusals) {
	var last ReceiptID
	args := postgres.NamedArgs{"org": org}
	scan(b, "refused mails", refusedOriginals, args, &into.Kept, &into.Lost, &last)
	b.Queue(`
		SELECT started_at, advanced_at, finished_at, last_id, cursor_id, total, done,
		       (SELECT count(*) FROM receipts r JOIN originals o ON o.org_id = r.org_id AND o.receipt_id = r.receipt_id
		        WHERE r.org_id = @org AND r.verdict = 'refused' AND r.receipt_id <= last_id) AS still
		FROM rereadings WHERE org_id = @org`, args).Query(func(rows pgx.Rows) error {
		runs, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[Rereading])
		if err != nil {
			return fmt.Errorf("rereading: %w", err)
		}
		if len(runs) > 0 {
			into.Run = runs[0]
		}
		return nil
	})
}

// startRereading begins a run and returns how many receipts it is about; 0
// when there are none, or one is under way. One that made no progress for
// rereadingStalls is over: its job has given up.
func startRereading(ctx context.Context, tx postgres.Tx, a org.Access, now time.Time) (total int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH refused AS (`+refusedOriginals+`)
		INSERT INTO rereadings AS r (org_id, person_id, started_at, advanced_at, last_id, cursor_id, total, done)
		SELECT @org, @person, @now, @now, last, 0, kept, 0 FROM refused WHERE kept > 0
		ON CONFLICT (org_id) DO UPDATE SET person_id = excluded.person_id, started_at = excluded.started_at, advanced_at = excluded.advanced_at, finished_at = NULL,
		       last_id = excluded.last_id, cursor_id = 0, total = excluded.total, done = 0
		WHERE r.finished_at IS NOT NULL OR r.advanced_at <= @stalled
		RETURNING total`, postgres.NamedArgs{"org": a.ID, "person": a.Person, "now": now, "stalled": now.Add(-rereadingStalls)}).Scan(&total)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("start rereading: %w", err)
	}
	return total, nil
}

func advanceRereading(ctx context.Context, tx postgres.Tx, org org.ID, cursor ReceiptID, done int64, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE rereadings SET cursor_id = @cursor, done = @done, advanced_at = @now WHERE org_id = @org`,
		postgres.NamedArgs{"org": org, "cursor": cursor, "done": done, "now": now})
	if err != nil {
		return fmt.Errorf("advance rereading: %w", err)
	}
	return nil
}

func finishRereading(ctx context.Context, tx postgres.Tx, org org.ID, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE rereadings SET finished_at = $2 WHERE org_id = $1`, org, now); err != nil {
		return fmt.Errorf("finish rereading: %w", err)
	}
	return nil
}
