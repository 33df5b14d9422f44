// Package billing knows what an organization's plan allows. Without a payment
// provider configured, everything is unlimited.
package billing

import (
	"context"

	"sendvery.com/sendvery/internal/postgres"
)

// Limit names something that plans bound.
type Limit string

// The limits.
const (
	Domains       Limit = "domains"
	Seats         Limit = "seats"
	RetentionDays Limit = "retention_days"
)

// Allowance is how much of a limit an organization has.
type Allowance struct {
	Unlimited bool
	Max       int // meaningless when Unlimited
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
