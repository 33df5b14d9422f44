package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

// statements are those of one kind of chains.
type statements struct{ lock, begin, insert, advance string }

const (
	headColumns = `SELECT seq, mac, key_id, proof FROM `
	newEvent    = `, seq, at, person_id, action, subject, detail, key_id, mac)
		VALUES (@chain, @seq, @at, @person, @action, @subject, @detail, @key, @mac)`
	newHead = ` SET seq = @seq, mac = @mac, key_id = @key, proof = @proof WHERE `
)

func (k kind) statements() statements {
	if k == ofOrg {
		return statements{
			lock:    headColumns + `audit_heads WHERE org_id = $1 FOR UPDATE`,
			begin:   `INSERT INTO audit_heads (org_id) VALUES ($1) ON CONFLICT DO NOTHING`,
			insert:  `INSERT INTO audit_events (org_id` + newEvent,
			advance: `UPDATE audit_heads` + newHead + `org_id = @chain`,
		}
	}
	return statements{
		lock:    headColumns + `audit_person_heads WHERE chain_id = $1 FOR UPDATE`,
		begin:   `INSERT INTO audit_person_heads (chain_id) VALUES ($1) ON CONFLICT DO NOTHING`,
		insert:  `INSERT INTO audit_person_events (chain_id` + newEvent,
		advance: `UPDATE audit_person_heads` + newHead + `chain_id = @chain`,
	}
}

// lockHead returns the head of a chain, which begins with it where there is
// none, and lets nobody else have it until the transaction ends.
func lockHead(ctx context.Context, tx postgres.Tx, c chain) (head, error) {
	h, err := selectHead(ctx, tx, c)
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err := tx.Exec(ctx, c.kind.statements().begin, c.id); err != nil {
			return h, fmt.Errorf("begin the chain of %s %s: %w", c.kind, c.id, err)
		}
		h, err = selectHead(ctx, tx, c)
	}
	return h, err
}

func selectHead(ctx context.Context, tx postgres.Tx, c chain) (head, error) {
	h := head{chain: c}
	err := tx.QueryRow(ctx, c.kind.statements().lock, c.id).Scan(&h.Seq, &h.MAC, &h.Key, &h.Proof)
	if err != nil {
		return h, fmt.Errorf("lock the chain of %s %s: %w", c.kind, c.id, err)
	}
	return h, nil
}

// extend adds rows to the chain of a head that is theirs already, in one round
// trip; fresh notes the key that they are signed with.
func extend(ctx context.Context, tx postgres.Tx, h head, rows []row, fresh bool) error {
	s := h.chain.kind.statements()
	b := &postgres.Batch{}
	if fresh {
		b.Queue(`INSERT INTO audit_keys (key_id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, h.Key, rows[0].At)
	}
	for _, r := range rows {
		b.Queue(s.insert, postgres.NamedArgs{"chain": h.chain.id, "seq": r.Seq, "at": r.At, "person": r.Person, "action": r.Action,
			"subject": r.Subject, "detail": r.Detail, "key": r.Key, "mac": r.MAC})
	}
	b.Queue(s.advance, postgres.NamedArgs{"chain": h.chain.id, "seq": h.Seq, "mac": h.MAC, "key": h.Key, "proof": h.Proof})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("audit %s: %w", rows[0].Action, err)
	}
	return nil
}

// keysInUse are the keys that events were ever signed with.
func keysInUse(ctx context.Context, tx postgres.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT key_id FROM audit_keys ORDER BY first_used_at, key_id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
