package app

import (
	"context"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/billing"
)

// errNoBilling is for commands about payments where there are none.
var errNoBilling = errors.New("STRIPE_SECRET_KEY is missing: there are no payments")

// ReplayEvent does an event of the payment provider once more.
func (a *App) ReplayEvent(ctx context.Context, id string) (billing.EventState, error) {
	if a.plans == nil {
		return "", errNoBilling
	}
	return a.plans.Replay(ctx, id)
}

// ReplaySince does its events since then once more, and tells what became of
// each.
func (a *App) ReplaySince(ctx context.Context, since time.Time, told func(id string, state billing.EventState, err error)) error {
	if a.plans == nil {
		return errNoBilling
	}
	return a.plans.ReplaySince(ctx, since, told)
}

// ReconcileBilling compares every organization with the payment provider and
// repairs what differs.
func (a *App) ReconcileBilling(ctx context.Context, found func(billing.Drift)) (compared int, err error) {
	if a.plans == nil {
		return 0, errNoBilling
	}
	return a.plans.Reconcile(ctx, found)
}
