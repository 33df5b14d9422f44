package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// PassTime is the job that moves on what goes by time: reminders of a grace, its
// end, and the end of waiting for a payment.
type PassTime struct{}

// Kind implements work.Args.
func (PassTime) Kind() string { return "pass_billing_time" }

const (
	passAtOnce = 100
	jobLength  = 20 * time.Second
)

// PassTime does a PassTime job. The state is read anew first: what was paid a
// moment ago ends no plan. Failures of one organization keep no other waiting.
func (s *Service) PassTime(ctx context.Context, _ PassTime) error {
	var orgs []postgres.TenantID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		orgs, err = due(ctx, tx, s.Now(), passAtOnce)
		return err
	})
	if err != nil {
		return err
	}
	return s.syncEach(ctx, orgs, passAtOnce)
}

// syncEach syncs organizations, and is to be called again soon when there may be
// more than these.
func (s *Service) syncEach(ctx context.Context, orgs []postgres.TenantID, most int) error {
	end := s.Now().Add(jobLength)
	var failed error
	for _, org := range orgs {
		if s.Now().After(end) {
			break
		}
		if err := s.Sync(ctx, org); err != nil {
			failed = errors.Join(failed, fmt.Errorf("plan of organization %s: %w", org, err))
		}
	}
	if failed == nil && (len(orgs) == most || s.Now().After(end)) {
		return work.Again(0)
	}
	return failed
}
