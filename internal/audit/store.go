package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

// tables are those of one kind of chains, and the column that says whose a row is.
type tables struct{ heads, events, anchors, id string }

func (k kind) tables() tables {
	if k == ofOrg {
		return tables{"audit_heads", "audit_events", "audit_anchors", "org_id"}
	}
	return tables{"audit_person_heads", "audit_person_events", "audit_person_anchors", "chain_id"}
}

// lockHead returns the head of a chain, which begins with it where there is
// none, and lets nobody else have it until the transaction ends.
func lockHead(ctx context.Context, tx postgres.Tx, c chain) (head, error) {
	h, err := lock(ctx, tx, c)
	if errors.Is(err, pgx.ErrNoRows) {
		t := c.kind.tables()
		if _, err := tx.Exec(ctx, `INSERT INTO `+t.heads+` (`+t.id+`) VALUES ($1) ON CONFLICT DO NOTHING`, c.id); err != nil {
			return h, fmt.Errorf("begin the chain of %s: %w", c, err)
		}
		h, err = lock(ctx, tx, c)
	}
	return h, err
}

func lock(ctx context.Context, tx postgres.Tx, c chain) (head, error) {
	t := c.kind.tables()
	h := head{chain: c}
	err := tx.QueryRow(ctx, `SELECT seq, mac, key_id, proof FROM `+t.heads+` WHERE `+t.id+` = $1 FOR UPDATE`, c.id).
		Scan(&h.Seq, &h.MAC, &h.Key, &h.Proof)
	if err != nil {
		return h, fmt.Errorf("lock the chain of %s: %w", c, err)
	}
	return h, nil
}

// extend adds rows to the chain of a head that is theirs already, in one round
// trip; fresh notes the key that they are signed with.
func extend(ctx context.Context, tx postgres.Tx, h head, rows []row, fresh bool) error {
	t := h.chain.kind.tables()
	b := &postgres.Batch{}
	if fresh {
		b.Queue(`INSERT INTO audit_keys (key_id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, h.Key, rows[0].At)
	}
	for _, r := range rows {
		b.Queue(`INSERT INTO `+t.events+` (`+t.id+`, seq, at, person_id, action, subject, detail, key_id, mac)
			VALUES (@chain, @seq, @at, @person, @action, @subject, @detail, @key, @mac)`,
			postgres.NamedArgs{"chain": h.chain.id, "seq": r.Seq, "at": r.At, "person": r.Person, "action": r.Action,
				"subject": r.Subject, "detail": r.Detail, "key": r.Key, "mac": r.MAC})
	}
	b.Queue(`UPDATE `+t.heads+` SET seq = @seq, mac = @mac, key_id = @key, proof = @proof WHERE `+t.id+` = @chain`,
		postgres.NamedArgs{"chain": h.chain.id, "seq": h.Seq, "mac": h.MAC, "key": h.Key, "proof": h.Proof})
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
