package billing

import (
	"context"

	"sendvery.com/sendvery/internal/postgres"
)

// Limit names something that plans bound.
type Limit string

// The limits.
const (
	Domains Limit = "domains"
	Seats   Limit = "seats"
	// Reports is how many aggregate reports count in a month, UTC.
	Reports Limit = "reports"
	// RetentionDays is how long reports are kept.
	RetentionDays Limit = "retention_days"
)

// Allowance is how much of a limit an organization has.
type Allowance struct {
	Unlimited bool
	Max       int  // meaningless when Unlimited
	Largest   bool // there is no larger plan
}

// Allows reports whether n of it are within the allowance.
func (a Allowance) Allows(n int) bool { return a.Unlimited || n <= a.Max }

// Limits answers what organizations may do.
type Limits struct {
	// Of answers for one organization; nil allows everything.
	Of func(context.Context, postgres.Tx, postgres.TenantID, Limit) (Allowance, error)
}

// Check returns the organization's allowance, read in the transaction that is
// about to use it.
func (l Limits) Check(ctx context.Context, tx postgres.Tx, org postgres.TenantID, limit Limit) (Allowance, error) {
	if l.Of == nil {
		return Allowance{Unlimited: true}, nil
	}
	return l.Of(ctx, tx, org, limit)
}

// Allowance is what the account gives of a limit. From the day that a plan
// became smaller nothing new is added beyond it, and reports over its number
// wait; how long reports are kept stays as it was until the grace is over.
func (a Account) Allowance(l Limit) Allowance {
	if a.Kept != "" && l == RetentionDays {
		return PlanOf(a.Kept).Allowance(l)
	}
	return PlanOf(a.Plan).Allowance(l)
}
