package audit

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/postgres"
)

func insert(ctx context.Context, tx postgres.Tx, e Event, person *postgres.PersonID, detail []byte) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_events (org_id, at, person_id, action, subject, detail)
		VALUES (@org, @at, @person, @action, @subject, @detail)`,
		postgres.NamedArgs{"org": e.Org, "at": e.At, "person": person, "action": e.Action, "subject": e.Subject, "detail": detail})
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}
