package report

import (
	"context"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// WaitingLife is how long the original of a refused or held mail is kept: to
// be read again after an upgrade, or once its domain is added.
const WaitingLife = 90 * 24 * time.Hour

// ExpireOriginals is the job that removes the originals of mails that were
// refused or held too long ago. Their receipts stay. What is held for the plan
// stays for as long as the plan keeps reports, if that is longer.
type ExpireOriginals struct{}

// Kind implements work.Args.
func (ExpireOriginals) Kind() string { return "expire_originals" }

// ExpireOriginals does an ExpireOriginals job.
func (s *Service) ExpireOriginals(ctx context.Context, _ ExpireOriginals) error {
	var orgs []org.ID
	before := s.Now().Add(-WaitingLife)
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		if err = removeWaiting(ctx, tx, before); err == nil {
			orgs, err = withPlanHeld(ctx, tx, before)
		}
		return err
	})
	for _, id := range orgs {
		err = errors.Join(err, s.DB.InOrg(ctx, id, func(ctx context.Context, tx postgres.Tx) error { return s.expirePlanHeld(ctx, tx, id, before) }))
	}
	return err
}

// expirePlanHeld removes what is held for an organization's plan for longer
// than that keeps reports, and was received before.
func (s *Service) expirePlanHeld(ctx context.Context, tx postgres.Tx, org org.ID, before time.Time) error {
	kept, err := s.Plans.Check(ctx, tx, org, billing.RetentionDays)
	if err != nil || kept.Unlimited {
		return err
	}
	if longer := s.Now().AddDate(0, 0, -kept.Max); longer.Before(before) {
		before = longer
	}
	return removePlanHeld(ctx, tx, org, before)
}
