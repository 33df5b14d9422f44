package audit

import (
	"context"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// endAction is recorded in the program's chain when another chain ends.
const endAction = "chain.end"

// EndOrg records that the chain of an organization ends here. It is the last
// statement before the organization itself is deleted, and its chain with it:
// an older anchor then finds the end instead of a hole.
func (t *Trail) EndOrg(ctx context.Context, tx postgres.Tx, org postgres.TenantID, at time.Time) error {
	return t.end(ctx, tx, Event{Org: org}.chain(), at)
}

// EndPerson is EndOrg for a person who is erased. Events that they caused
// elsewhere stay, with their opaque id.
func (t *Trail) EndPerson(ctx context.Context, tx postgres.Tx, person postgres.PersonID, at time.Time) error {
	return t.end(ctx, tx, Event{Person: person}.chain(), at)
}

func (t *Trail) end(ctx context.Context, tx postgres.Tx, c chain, at time.Time) error {
	h, err := lockHead(ctx, tx, c)
	if err != nil {
		return err
	}
	return t.Record(ctx, tx, Event{Action: endAction, Subject: c.String(), At: at, Detail: map[string]string{"events": strconv.FormatInt(h.Seq, 10)}})
}
