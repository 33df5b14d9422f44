package billing

import (
	"context"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// quoteLife is how long what a preview said can be agreed to.
const quoteLife = time.Hour

// Quote is what a change of plan costs.
type Quote struct {
	From, To Price
	Preview
	At time.Time // from when it is counted
}

// Agreed is what an owner saw of a quote, and agrees to.
type Agreed struct {
	To  Price
	At  time.Time
	Due int64 // cents
}

// Preview asks the provider what a change of plan would cost. Conflict without a
// paid plan, and for the plan that it is.
func (s *Service) Preview(ctx context.Context, a Actor, to Price) (Quote, error) {
	if _, known := PriceOf(to.Key()); !known {
		return Quote{}, fault.New(fault.Invalid, "There is no such plan.")
	}
	r, err := s.read(ctx, a.Org)
	if err != nil {
		return Quote{}, err
	}
	return s.quote(ctx, r, to, s.Now().UTC().Truncate(time.Second))
}

func (s *Service) quote(ctx context.Context, r row, to Price, at time.Time) (Quote, error) {
	if r.Subscription == nil {
		return Quote{}, errNoPlan()
	}
	from := Price{*r.PricePlan, *r.Interval}
	if from == to {
		return Quote{}, fault.New(fault.Conflict, "This is the plan that your organization has already.")
	}
	if *r.Status == PastDue {
		return Quote{}, fault.New(fault.Conflict, "A payment is missing. Pay it first, then the plan can be changed.")
	}
	p, err := s.Gateway.Preview(ctx, r.changeTo(to, at))
	return Quote{From: from, To: to, Preview: p, At: at}, err
}

func (r *row) changeTo(to Price, at time.Time) Change {
	return Change{Customer: *r.Customer, Subscription: *r.Subscription, Item: *r.Item, To: to, At: at}
}

// Change changes the plan as it was agreed to: what is due then is what the
// preview said. Conflict, and nothing is charged, when it is another amount by
// now or the quote is old. A plan that has become the agreed one meanwhile is
// left as it is.
func (s *Service) Change(ctx context.Context, a Actor, q Agreed) error {
	if age := s.Now().Sub(q.At); age < -time.Minute || age > quoteLife {
		return fault.New(fault.Conflict, "These amounts are older than an hour. Please look at them again.")
	}
	return s.alone(ctx, a, func(ctx context.Context, claim string, r row) error {
		if r.Subscription != nil && (Price{*r.PricePlan, *r.Interval}) == q.To {
			return nil
		}
		now, err := s.quote(ctx, r, q.To, q.At)
		if err != nil {
			return err
		}
		if now.Due != q.Due {
			return fault.New(fault.Conflict, "The amount has changed since you saw it, and nothing was charged. Please look at it again.")
		}
		if err := s.Gateway.Change(ctx, claim, r.changeTo(q.To, q.At)); err != nil {
			return err
		}
		return s.sync(ctx, a.Org, nil, s.event(a, "billing.change", map[string]string{
			"from": now.From.Key(), "to": q.To.Key(), "due": strconv.FormatInt(q.Due, 10) + " " + now.Currency,
		}))
	})
}

// Cancel ends the subscription with the period that is paid.
func (s *Service) Cancel(ctx context.Context, a Actor) error {
	return s.endsThen(ctx, a, true, "billing.cancel")
}

// Resume takes Cancel back while the period lasts.
func (s *Service) Resume(ctx context.Context, a Actor) error {
	return s.endsThen(ctx, a, false, "billing.resume")
}

func (s *Service) endsThen(ctx context.Context, a Actor, ends bool, action string) error {
	return s.alone(ctx, a, func(ctx context.Context, _ string, r row) error {
		if r.Subscription == nil {
			return errNoPlan()
		}
		if r.EndsThen == ends {
			return nil
		}
		if err := s.Gateway.CancelAtEnd(ctx, *r.Subscription, ends); err != nil {
			return err
		}
		return s.sync(ctx, a.Org, nil, s.event(a, action, map[string]string{"plan": string(*r.PricePlan)}))
	})
}

// Portal returns the address of the provider's page for cards, addresses and
// invoices. It opens for whoever has it, for some minutes.
func (s *Service) Portal(ctx context.Context, a Actor) (url string, err error) {
	r, err := s.stored(ctx, a.Org)
	if err != nil {
		return "", err
	}
	if r.Customer == nil {
		return "", errNoPlan()
	}
	if url, err = s.Gateway.Portal(ctx, *r.Customer, a.Back); err != nil {
		return "", err
	}
	return url, s.DB.InOrg(ctx, a.Org, func(ctx context.Context, tx postgres.Tx) error {
		return s.Trail.Record(ctx, tx, s.event(a, "billing.portal", nil))
	})
}

// invoicesShown is how many invoices a page shows: two years of monthly ones.
const invoicesShown = 24

// Invoices lists the organization's last invoices, the newest first.
func (s *Service) Invoices(ctx context.Context, org postgres.TenantID) ([]Invoice, error) {
	r, err := s.stored(ctx, org)
	if err != nil || r.Customer == nil {
		return nil, err
	}
	return s.Gateway.Invoices(ctx, *r.Customer, invoicesShown)
}

// Returned reads the state anew when an owner comes back from the provider.
func (s *Service) Returned(ctx context.Context, org postgres.TenantID) error { return s.Sync(ctx, org) }
