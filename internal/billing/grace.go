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
	if err := s.begin(ctx); err != nil {
		return err
	}
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

// newcomer is an organization that has no account yet.
type newcomer struct {
	Org       postgres.TenantID `db:"org_id"`
	CreatedAt time.Time         `db:"created_at"`
}

// begin gives organizations without an account one on the plan Free. One that
// was there before there were plans keeps what it has for a grace, and is told.
func (s *Service) begin(ctx context.Context) error {
	for {
		var list []newcomer
		err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
			list, err = newcomers(ctx, tx, passAtOnce)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, n := range list {
			if err := s.DB.InOrg(ctx, n.Org, func(ctx context.Context, tx postgres.Tx) error { return s.beginOne(ctx, tx, n) }); err != nil {
				return err
			}
		}
	}
}

func (s *Service) beginOne(ctx context.Context, tx postgres.Tx, n newcomer) error {
	r, err := lock(ctx, tx, n.Org)
	if err != nil || r.Version > 0 {
		return err
	}
	old := s.Now().Sub(n.CreatedAt) > 24*time.Hour // others began with plans
	if old {
		r.Plan = Business
		r.turn(Free, s.Now())
	}
	if err := save(ctx, tx, r); err != nil || !old {
		return err
	}
	return s.notify(ctx, tx, n.Org, []TellPlan{{Subject: GraceReminder, Days: 30}})
}
