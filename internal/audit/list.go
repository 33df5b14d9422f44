package audit

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// Entry is an event as it is shown.
type Entry struct {
	Seq     int64 // number in the chain; one up to 0 is from before there was one, and proved by nothing
	At      time.Time
	Person  *postgres.PersonID // nil: the program
	Email   *string            // of a person who belongs to the organization now; nil for a former member
	Action  string
	Subject string
	Detail  map[string]string
	MAC     []byte // the event's code; nil for one that nothing proves
}

// Actor is somebody who can have caused events.
type Actor struct {
	ID    postgres.PersonID
	Email string
}

// By chooses events by who caused them.
type By string

// The ways to choose.
const (
	ByAnybody By = ""
	ByPerson  By = "person"  // the one of the query
	ByFormer  By = "former"  // people who do not belong to the organization any more
	ByProgram By = "program" // nobody: the program itself
)

// Query chooses events, the newest first.
type Query struct {
	Action string // "" = all
	By     By
	Person postgres.PersonID
	From   time.Time // zero = from the first
	To     time.Time // and before then; zero = to the last
	Before *int64    // below this number; nil = from the top
	Limit  int
}

// Events returns a page of an organization's events and how many it has in
// all, whatever is chosen.
func (t *Trail) Events(ctx context.Context, org postgres.TenantID, q Query) (list []Entry, total int64, err error) {
	c := Event{Org: org}.chain()
	err = t.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueEntries(b, c, q, &list)
		queueTotal(b, c, &total)
	})
	return list, total, err
}

// Members returns who belongs to the organization, by address.
func (t *Trail) Members(ctx context.Context, org postgres.TenantID) (list []Actor, err error) {
	err = t.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueMembers(b, org, &list) })
	return list, err
}

// OwnEvents returns a page of the events of a person's own chain and how many
// it has in all.
func (t *Trail) OwnEvents(ctx context.Context, person postgres.PersonID, q Query) (list []Entry, total int64, err error) {
	c := Event{Person: person}.chain()
	err = t.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		b := &postgres.Batch{}
		queueEntries(b, c, q, &list)
		queueTotal(b, c, &total)
		return tx.SendBatch(ctx, b).Close()
	})
	return list, total, err
}
