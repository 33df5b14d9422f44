package auth

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// UndoLife is how long the deletion of an account can be taken back.
const UndoLife = 30 * 24 * time.Hour

// Delete marks the person's account as deleted and signs them out everywhere.
// Signing in again within 30 days offers to take that back; then it is erased.
// Their organizations are left first: by who calls.
func (s *Service) Delete(ctx context.Context, person PersonID) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		if err := markDeleted(ctx, tx, person, now, now.Add(UndoLife)); err != nil {
			return err
		}
		if err := deleteChange(ctx, tx, person); err != nil {
			return err
		}
		return s.endAll(ctx, tx, person, audit.Event{Person: person, Action: "account.delete", Subject: person.String(), At: now})
	})
}

// Restore takes the deletion of an account back.
func (s *Service) Restore(ctx context.Context, person PersonID) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		there, err := unmarkDeleted(ctx, tx, person, now)
		if err != nil {
			return err
		}
		if !there {
			return fault.New(fault.NotFound, "There is no deletion to take back.")
		}
		return s.Trail.Record(ctx, tx, audit.Event{Person: person, Action: "account.restore", Subject: person.String(), At: now})
	})
}

// Purge is the job that erases people whose time to come back is over.
type Purge struct{}

// Kind implements work.Args.
func (Purge) Kind() string { return "purge_people" }

// Purge does a Purge job: the person, their memberships, sessions and own trail
// go; events of organizations keep their id, which then names nobody.
func (s *Service) Purge(ctx context.Context, _ Purge) error {
	var due []PersonID
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		due, err = duePurges(ctx, tx, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	for _, person := range due {
		err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			now := s.Now()
			if err := s.Trail.EndPerson(ctx, tx, person, now); err != nil {
				return err
			}
			return erasePerson(ctx, tx, person, now)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
