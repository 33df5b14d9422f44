package report

import (
	"context"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// ReleasePlanHeld is the job that counts reports which are held for the plan,
// as far as that allows in the month, newest first. It works in slices.
type ReleasePlanHeld struct {
	Org org.ID `json:"org"`
}

// Kind implements work.Args.
func (ReleasePlanHeld) Kind() string { return "release_plan_held" }

// FindPlanHeld is the job that has them released for every organization that
// has any: a month may have begun.
type FindPlanHeld struct{}

// Kind implements work.Args.
func (FindPlanHeld) Kind() string { return "find_plan_held" }

// PlanGrown has what is held for the plan released. It takes part in the
// transaction that makes the allowance larger.
func (s *Service) PlanGrown(ctx context.Context, tx postgres.Tx, org org.ID) error {
	return s.Queue.Enqueue(ctx, tx, ReleasePlanHeld{Org: org})
}

// FindPlanHeld does a FindPlanHeld job.
func (s *Service) FindPlanHeld(ctx context.Context, _ FindPlanHeld) error {
	var orgs []org.ID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		orgs, err = withPlanHeld(ctx, tx, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	var failed error // of some organizations: the others are served nevertheless
	for _, id := range orgs {
		failed = errors.Join(failed, s.DB.InOrg(ctx, id, func(ctx context.Context, tx postgres.Tx) error {
			if _, _, n, err := s.allowance(ctx, tx, id); err != nil || n == 0 {
				return err
			}
			return s.Queue.Enqueue(ctx, tx, ReleasePlanHeld{Org: id}, work.Once())
		}))
	}
	return failed
}

// ReleasePlanHeld does a ReleasePlanHeld job. Reports that the plan would remove
// at once, because they are too old, wait on for a plan that keeps them.
func (s *Service) ReleasePlanHeld(ctx context.Context, j ReleasePlanHeld) error {
	return s.release(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) ([]item, error) {
		reasons, since, n, err := s.allowance(ctx, tx, j.Org)
		if err != nil || n == 0 {
			return nil, err
		}
		ids, err := planHeld(ctx, tx, j.Org, reasons, since, n)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		return s.readOriginals(ctx, tx, j.Org, `r.org_id = @org AND r.receipt_id = ANY(@ids)`, asChosen, postgres.NamedArgs{"org": j.Org, "ids": ids, "n": n})
	})
}

// allowance is which reports may be released: held for one of the reasons,
// ending no earlier than a time, and up to n of them in one job; 0 when the
// month's number is reached. Without plans nothing is set aside.
func (s *Service) allowance(ctx context.Context, tx postgres.Tx, org org.ID) (reasons []Reason, since time.Time, n int, err error) {
	if s.Plans.Of == nil {
		return []Reason{ReasonPlan, ReasonSetAside}, time.Time{}, releaseItems, nil
	}
	allowed, err := s.Plans.Check(ctx, tx, org, billing.Reports)
	if err != nil {
		return nil, time.Time{}, 0, err
	}
	kept, err := s.Plans.Check(ctx, tx, org, billing.RetentionDays)
	if err != nil {
		return nil, time.Time{}, 0, err
	}
	if !kept.Unlimited {
		since = s.Now().AddDate(0, 0, -kept.Max)
	}
	n = releaseItems
	if !allowed.Unlimited {
		used, err := usageOf(ctx, tx, org, monthStart(s.Now()))
		if err != nil {
			return nil, time.Time{}, 0, err
		}
		n = min(n, max(0, allowed.Max-used))
	}
	return []Reason{ReasonPlan}, since, n, nil
}
