// Package audit records what people change: who, what, when. An event is
// written in the transaction of the change, as its last statement.
//
// Events form chains. Each holds a message authentication code over itself and
// the code of the event before it, and the head of its chain holds the last
// one, so that nobody without the key can change, delete, insert or reorder
// events, or cut off the last ones, and stay unseen. Who restores head and
// events of an earlier day together, or has the key, is found only by an anchor
// that was taken out of the house.
package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// Event is one change by a person, or by the program when Person is zero. It
// belongs to the chain of Org; where that is zero to the person's own, and
// where both are to the program's.
//
// Events are never changed, so nothing in them may be about a person but the
// opaque Person: no mail address, and so no user name of a mailbox, which
// often is one. Only in a chain of a person's own, which is erased with them,
// may Detail name their device and network.
type Event struct {
	Org     postgres.TenantID
	Person  postgres.PersonID
	Action  string            // noun.verb, for example mailbox.create
	Subject string            // what was changed: an id, or the name of a domain or organization; never a secret
	Detail  map[string]string // further facts of the same kind
	At      time.Time
}

// Trail adds events to their chains and shows that they are whole. Recording
// needs the keys alone.
type Trail struct {
	Keys *seal.Signer
	DB   *postgres.DB
	Now  func() time.Time
}

// Record appends events to the transaction. It is its last statement: their
// chains are locked until the transaction ends. Events of several chains are
// recorded by one call, which locks the chains in one order for everybody.
func (t *Trail) Record(ctx context.Context, tx postgres.Tx, events ...Event) error {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.chain().compare(b.chain()) })
	var heads []head
	for _, e := range events {
		if len(heads) > 0 && heads[len(heads)-1].chain == e.chain() {
			continue
		}
		h, err := lockHead(ctx, tx, e.chain())
		if err != nil {
			return err
		}
		heads = append(heads, h)
	}
	for _, h := range heads {
		n := slices.IndexFunc(events, func(e Event) bool { return e.chain() != h.chain })
		if n < 0 {
			n = len(events)
		}
		if err := t.extend(ctx, tx, h, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// extend appends events to the chain of a locked head.
func (t *Trail) extend(ctx context.Context, tx postgres.Tx, h head, events []Event) error {
	// Behind a head that is not ours the change goes on, but no event must make
	// it one: what was cut off would never be missed again.
	ours := h.Seq == 0 || t.Keys.Made(h.Proof, h.Key, h.message())
	known := h.Key
	rows := make([]row, 0, len(events))
	for _, e := range events {
		r := e.row(h.Seq+1, t.Keys.IDs()[0])
		var err error
		if r.MAC, err = t.Keys.Sum(r.Key, r.message(h.chain, r.Seq, h.MAC)); err != nil {
			return fmt.Errorf("audit %s: %w", e.Action, err)
		}
		h.Seq, h.Key, h.MAC = r.Seq, r.Key, r.MAC
		rows = append(rows, r)
	}
	var err error
	if h.Proof, err = t.Keys.Sum(h.Key, h.message()); err != nil {
		return err
	}
	if !ours {
		h.Proof = []byte{}
	}
	return extend(ctx, tx, h, rows, known != h.Key)
}

// row is the event as it is stored under a number, by a key. Text is cleaned
// before it is signed: the database would refuse or change some.
func (e Event) row(seq int64, key string) row {
	r := row{Seq: seq, At: e.At.UTC().Truncate(time.Microsecond), Action: e.Action, Subject: plaintext.String(e.Subject), Key: key}
	if !e.Person.IsZero() {
		r.Person = &e.Person
	}
	if len(e.Detail) > 0 {
		r.Detail = map[string]string{}
		for name, value := range e.Detail {
			r.Detail[name] = plaintext.String(value)
		}
	}
	return r
}
