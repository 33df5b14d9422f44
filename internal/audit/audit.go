// Package audit records what people change: who, what, when. An event is
// written in the transaction of the change, as its last statement.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// Event is one change by a person, or by the program when Person is zero.
type Event struct {
	Org     postgres.TenantID
	Person  postgres.PersonID
	Action  string // noun.verb, for example mailbox.create
	Subject string // what was changed: an id or a name, never a secret
	Detail  map[string]string
	At      time.Time
}

// Record appends the event to the transaction.
func Record(ctx context.Context, tx postgres.Tx, e Event) error {
	var person *postgres.PersonID
	if !e.Person.IsZero() {
		person = &e.Person
	}
	var detail []byte
	if e.Detail != nil {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("audit %s: %w", e.Action, err)
		}
	}
	return insert(ctx, tx, e, person, detail)
}
