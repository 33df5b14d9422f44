package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// turn puts a plan in force. A smaller one begins a grace, in which what the
// larger one gave stays; one at least as large ends it.
func (r *row) turn(plan PlanID, now time.Time) change {
	c := change{from: r.Plan, to: plan}
	r.Plan = plan
	ended := r.expire(now)
	if plan.Less(c.from) {
		r.keep(c.from, now.Add(DowngradeGrace))
		c.reminder = 30
	}
	r.drop(func(p PlanID, _ time.Time) bool { return !plan.Less(p) })
	switch {
	case len(r.Kept) == 0:
		r.Reminded, c.graceEnded = 0, ended
	case c.reminder == 30 || ended: // the first mail of a further grace was written when it began
		r.Reminded = 30
	default:
		c.reminder = r.remind(now)
	}
	return c
}

// keep adds a grace. What a larger plan keeps for as long needs none.
func (r *row) keep(plan PlanID, until time.Time) {
	for i, p := range r.Kept {
		if !p.Less(plan) && !r.KeptUntil[i].Before(until) {
			return
		}
	}
	r.drop(func(p PlanID, t time.Time) bool { return !plan.Less(p) && !until.Before(t) })
	r.Kept, r.KeptUntil = append(r.Kept, plan), append(r.KeptUntil, until)
}

// expire ends what is over, and reports whether something is.
func (r *row) expire(now time.Time) bool {
	return r.drop(func(_ PlanID, until time.Time) bool { return !now.Before(until) })
}

// drop ends the graces of which something is true, and reports whether there
// were any.
func (r *row) drop(gone func(PlanID, time.Time) bool) bool {
	var plans []PlanID
	var untils []time.Time
	for i, p := range r.Kept {
		if !gone(p, r.KeptUntil[i]) {
			plans, untils = append(plans, p), append(untils, r.KeptUntil[i])
		}
	}
	some := len(plans) < len(r.Kept)
	r.Kept, r.KeptUntil = plans, untils
	return some
}

// stand has the time of a grace begin anew: it does not pass while nobody sees
// the organization.
func (r *row) stand(now time.Time) {
	if len(r.Kept) > 0 {
		r.Kept, r.KeptUntil, r.Reminded = r.Kept[:1], []time.Time{now.Add(DowngradeGrace)}, 30
	}
}

// remind says which reminder of the grace that ends next is due; 0 = none.
func (r *row) remind(now time.Time) int {
	left := r.KeptUntil[0].Sub(now)
	for _, days := range [...]int{1, 7} {
		if left <= time.Duration(days)*24*time.Hour && r.Reminded > days {
			r.Reminded = days
			return days
		}
	}
	return 0
}

// Born makes the account of an organization, in the transaction that makes it.
func (s *Service) Born(ctx context.Context, tx postgres.Tx, org postgres.TenantID) error {
	r, err := lock(ctx, tx, org)
	if err != nil {
		return err
	}
	return save(ctx, tx, r)
}

// begin makes what lock has just made the account of an organization that was
// there before there were plans: it keeps what it has for a grace, and is told.
func (s *Service) begin(ctx context.Context, tx postgres.Tx, r *row) error {
	if r.Version > 0 {
		return nil
	}
	r.keep(Business, s.Now().Add(DowngradeGrace))
	r.Reminded = 30
	return s.notify(ctx, tx, r.Org, []TellPlan{{Subject: GraceReminder, Days: 30}})
}

// PassTime is the job that moves on what goes by time: reminders of a grace, its
// end, and the end of waiting for a payment.
type PassTime struct{}

// Kind implements work.Args.
func (PassTime) Kind() string { return "pass_billing_time" }

const (
	orgsAtOnce = 100 // that are listed
	jobLength  = 20 * time.Second
)

// PassTime does a PassTime job. The state is read anew first: what was paid a
// moment ago ends no plan.
func (s *Service) PassTime(ctx context.Context, _ PassTime) error {
	end := s.Now().Add(jobLength)
	begun := s.each(ctx, end, newcomers, s.Sync)
	passed := s.each(ctx, end, func(ctx context.Context, tx postgres.Tx, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
		return due(ctx, tx, s.Now(), after, n)
	}, s.Sync)
	return cmp.Or(begun, passed)
}

// each does something for every organization that is listed. One that fails
// keeps no other waiting. Whoever is not reached by the end is done in the same
// job, begun again.
func (s *Service) each(
	ctx context.Context, end time.Time, list func(ctx context.Context, tx postgres.Tx, after postgres.TenantID, n int) ([]postgres.TenantID, error),
	do func(context.Context, postgres.TenantID) error,
) error {
	var failed error
	for after := (postgres.TenantID{}); ; {
		var orgs []postgres.TenantID
		err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
			orgs, err = list(ctx, tx, after, orgsAtOnce)
			return err
		})
		if err != nil || len(orgs) == 0 {
			return errors.Join(failed, err)
		}
		for _, org := range orgs {
			if s.Now().After(end) && failed == nil {
				return work.Again(0)
			} else if s.Now().After(end) {
				return failed
			}
			if err := do(ctx, org); err != nil {
				failed = errors.Join(failed, fmt.Errorf("plan of organization %s: %w", org, err))
			}
		}
		after = orgs[len(orgs)-1]
	}
}
