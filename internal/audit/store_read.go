package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// freeze has every statement of the transaction see the database as it is at
// the first one. Nothing may come before it.
func freeze(ctx context.Context, tx postgres.Tx) error {
	if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
		return fmt.Errorf("see the trail at one moment: %w", err)
	}
	return nil
}

// chooser returns heads of a kind in the order of their ids, from behind one on
// or, where that is nil, from the first.
type chooser func(ctx context.Context, tx postgres.Tx, k kind, after *uid.ID[chain], limit int) ([]head, error)

// heads chooses all.
func heads(ctx context.Context, tx postgres.Tx, k kind, after *uid.ID[chain], limit int) ([]head, error) {
	return queryHeads(ctx, tx, k, `true`, after, limit)
}

// movedHeads chooses those that no anchor names yet.
func movedHeads(ctx context.Context, tx postgres.Tx, k kind, after *uid.ID[chain], limit int) ([]head, error) {
	t := k.tables()
	return queryHeads(ctx, tx, k, `NOT EXISTS (
		SELECT FROM `+t.anchors+` a WHERE a.`+t.id+` = h.`+t.id+` AND a.seq = h.seq)`, after, limit)
}

func queryHeads(ctx context.Context, tx postgres.Tx, k kind, where string, after *uid.ID[chain], limit int) ([]head, error) {
	t := k.tables()
	rows, err := tx.Query(ctx, `
		SELECT h.`+t.id+`, h.seq, h.mac, h.key_id, h.proof FROM `+t.heads+` h
		WHERE (@after::uuid IS NULL OR h.`+t.id+` > @after) AND `+where+` ORDER BY h.`+t.id+` LIMIT @limit`,
		postgres.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("heads of %ss: %w", k, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (head, error) {
		h := head{chain: chain{kind: k}}
		return h, row.Scan(&h.chain.id, &h.Seq, &h.MAC, &h.Key, &h.Proof)
	})
	if err != nil {
		return nil, fmt.Errorf("heads of %ss: %w", k, err)
	}
	return list, nil
}

// headless chooses chains whose head is gone.
func headless(ctx context.Context, tx postgres.Tx, k kind, after *uid.ID[chain], limit int) ([]head, error) {
	t := k.tables()
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT e.`+t.id+` FROM `+t.events+` e
		WHERE e.seq > 0 AND (@after::uuid IS NULL OR e.`+t.id+` > @after) AND NOT EXISTS (SELECT FROM `+t.heads+` h WHERE h.`+t.id+` = e.`+t.id+`)
		ORDER BY e.`+t.id+` LIMIT @limit`, postgres.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("chains without head: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (head, error) {
		h := head{chain: chain{kind: k}}
		return h, row.Scan(&h.chain.id)
	})
	if err != nil {
		return nil, fmt.Errorf("chains without head: %w", err)
	}
	return list, nil
}

// headOf returns the head of a chain, nil when there is none.
func headOf(ctx context.Context, tx postgres.Tx, c chain) (*head, error) {
	t := c.kind.tables()
	h := &head{chain: c}
	err := tx.QueryRow(ctx, `SELECT seq, mac, key_id, proof FROM `+t.heads+` WHERE `+t.id+` = $1`, c.id).Scan(&h.Seq, &h.MAC, &h.Key, &h.Proof)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // see above
	}
	if err != nil {
		return nil, fmt.Errorf("head of the chain of %s: %w", c, err)
	}
	return h, nil
}

// countOlder counts the events that are from before their chains.
func countOlder(ctx context.Context, tx postgres.Tx) (n int64, err error) {
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM audit_events WHERE seq <= 0`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count older events: %w", err)
	}
	return n, nil
}

// eachRow hands over the events of a chain as they come from the server, in
// order; sound is whether what is stored can be an event at all.
func eachRow(ctx context.Context, tx postgres.Tx, c chain, each func(r row, sound bool)) error {
	t := c.kind.tables()
	rows, err := tx.Query(ctx, `
		SELECT seq, CASE WHEN isfinite(at) THEN at END, person_id, action, subject, coalesce(detail::text, ''), coalesce(key_id, ''), coalesce(mac, '')
		FROM `+t.events+` WHERE `+t.id+` = $1 AND seq > 0 ORDER BY seq`, c.id)
	if err != nil {
		return fmt.Errorf("events of %s: %w", c, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var at *time.Time
		var detail string
		if err := rows.Scan(&r.Seq, &at, &r.Person, &r.Action, &r.Subject, &detail, &r.Key, &r.MAC); err != nil {
			return fmt.Errorf("events of %s: %w", c, err)
		}
		var sound bool
		if r.Detail, sound = details(detail); at != nil {
			r.At = *at
		}
		each(r, sound && at != nil)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("events of %s: %w", c, err)
	}
	return nil
}

// details reads what is stored of an event's details; not ok when we cannot
// have written it.
func details(text string) (d map[string]string, ok bool) {
	if text == "" {
		return nil, true
	}
	var values map[string]*string
	if json.Unmarshal([]byte(text), &values) != nil || len(values) == 0 {
		return nil, false
	}
	d = make(map[string]string, len(values))
	for name, value := range values {
		if value == nil {
			return nil, false
		}
		d[name] = *value
	}
	return d, true
}

// anchorsOf returns the newest anchors of a chain that are kept, in order.
func anchorsOf(ctx context.Context, tx postgres.Tx, c chain, limit int) ([]anchor, error) {
	t := c.kind.tables()
	rows, err := tx.Query(ctx, `SELECT seq, at, mac, key_id, signature FROM `+t.anchors+` WHERE `+t.id+` = $1 ORDER BY seq DESC LIMIT $2`, c.id, limit)
	if err != nil {
		return nil, fmt.Errorf("anchors of %s: %w", c, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (anchor, error) {
		a := anchor{chain: c}
		return a, row.Scan(&a.Seq, &a.At, &a.MAC, &a.Key, &a.Signature)
	})
	if err != nil {
		return nil, fmt.Errorf("anchors of %s: %w", c, err)
	}
	slices.Reverse(list)
	return list, nil
}

// keepAnchors stores anchors; one that another process stored meanwhile stays.
func keepAnchors(ctx context.Context, tx postgres.Tx, k kind, list []anchor) error {
	t := k.tables()
	b := &postgres.Batch{}
	for _, a := range list {
		b.Queue(`INSERT INTO `+t.anchors+` (`+t.id+`, seq, at, mac, key_id, signature)
			VALUES (@chain, @seq, @at, @mac, @key, @signature)
			ON CONFLICT DO NOTHING`, postgres.NamedArgs{"chain": a.chain.id, "seq": a.Seq, "at": a.At, "mac": a.MAC, "key": a.Key, "signature": a.Signature})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("keep anchors of %ss: %w", k, err)
	}
	return nil
}

func forgetAnchors(ctx context.Context, tx postgres.Tx, k kind, before time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM `+k.tables().anchors+` WHERE at < $1`, before); err != nil {
		return fmt.Errorf("forget anchors of %ss: %w", k, err)
	}
	return nil
}
