package billing

import (
	"context"

	"sendvery.com/sendvery/internal/postgres"
)

// Account returns how an organization pays, as it was stored last.
func (s *Service) Account(ctx context.Context, org postgres.TenantID) (a Account, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		r, err := load(ctx, tx, org)
		a = r.account()
		return err
	})
	return a, err
}

func (r *row) account() Account {
	a := Account{
		Org: r.Org, Plan: r.Plan, PastDueSince: r.PastDueSince, Twice: r.Twice, HasCustomer: r.Customer != nil,
	}
	if len(r.Kept) > 0 {
		a.Kept, a.KeptUntil = r.Kept[0], &r.KeptUntil[0]
	}
	if r.Subscription != nil {
		a.Paid = &Paid{Price: Price{*r.PricePlan, *r.Interval}, Status: *r.Status, PeriodEnd: *r.PeriodEnd, EndsThen: r.EndsThen}
	}
	if r.CheckoutID != nil {
		a.Checkout = &Pending{Price: Price{*r.CheckoutPlan, *r.CheckoutInterval}, URL: *r.CheckoutURL, Until: *r.CheckoutUntil}
	}
	return a
}

// Limits answers what organizations may do by the plans that they have.
func (s *Service) Limits() Limits {
	return Limits{Of: func(ctx context.Context, tx postgres.Tx, org postgres.TenantID, l Limit) (Allowance, error) {
		r, err := load(ctx, tx, org)
		if err == nil && l == RetentionDays && r.Version == 0 {
			// It was there before there were plans, and its grace has not begun yet.
			return Allowance{Unlimited: true}, nil
		}
		return r.account().Allowance(l), err
	}}
}
