package mailbox

import (
	"context"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Pause stops reading until CheckNow resumes it. What is being read is dropped
// and read again then.
func (s *Service) Pause(ctx context.Context, a org.Access, id ID) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		m, err := get(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		paused, err := pause(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		if !paused {
			return fault.New(fault.Conflict, "This mailbox is not being read, so there is nothing to pause.")
		}
		return s.Trail.Record(ctx, tx, s.event(a, id, "mailbox.pause", m))
	})
}

// ReadAgain reads the mailbox from its start, or mails of the last so many
// days: 0 means all. Reports that are stored already are known and not counted
// again.
func (s *Service) ReadAgain(ctx context.Context, a org.Access, id ID, days int) error {
	if days < 0 || days > maxReadDays {
		return fault.InvalidFields(fault.Fields{"days": "Choose how far back to read."})
	}
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		m, err := get(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		now := s.Now()
		began, err := fromTheStart(ctx, tx, a.ID, id, s.daysAgo(days), now)
		if err != nil {
			return err
		}
		if !began {
			return fault.New(fault.Conflict, "This mailbox is not connected yet. Finish connecting it first.")
		}
		if err := forgetRead(ctx, tx, a.ID, id); err != nil {
			return err
		}
		if err := startRun(ctx, tx, a.ID, id, ImportRun, now); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, id, "mailbox.read-again", m))
	})
	if err == nil {
		s.dispatchSoon(ctx)
	}
	return err
}
