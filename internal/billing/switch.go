package billing

import (
	"context"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// quoteLife is how long what a preview said can be agreed to, and skew how far
// the clocks of processes may be apart.
const (
	quoteLife = 10 * time.Minute
	skew      = 2 * time.Second
)

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
	at := s.Now().UTC().Truncate(time.Second)
	if r.PeriodStart != nil && at.Before(*r.PeriodStart) { // the provider's clock is ahead
		at = *r.PeriodStart
	}
	return s.quote(ctx, r, to, at)
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
// left as it is. What was agreed to is recorded before it is charged.
func (s *Service) Change(ctx context.Context, a Actor, q Agreed) error {
	return s.alone(ctx, a, func(ctx context.Context, claim string, r row) error {
		if r.Subscription != nil && (Price{*r.PricePlan, *r.Interval}) == q.To {
			return nil
		}
		if !s.stands(r, q.At) {
			return fault.New(fault.Conflict, "These amounts are old, and nothing was charged. Please look at them again.")
		}
		now, err := s.quote(ctx, r, q.To, q.At)
		if err != nil {
			return err
		}
		if now.Due != q.Due {
			return fault.New(fault.Conflict, "The amount has changed since you saw it, and nothing was charged. Please look at it again.")
		}
		detail := map[string]string{"from": now.From.String(), "to": q.To.String(), "due": strconv.FormatInt(q.Due, 10) + " cents " + strings.ToUpper(now.Currency)}
		if err := s.change(ctx, a, "billing.change", detail, func(r *row) { r.ChangedAt = new(s.Now()) }); err != nil {
			return err
		}
		if err := s.Gateway.Change(ctx, claim, r.changeTo(q.To, q.At)); err != nil {
			return err
		}
		return s.Sync(ctx, a.Org)
	})
}

// stands reports whether what was counted from a time can still be agreed to: it
// is from within the period and from after the last change, or one could be paid
// for at an earlier time than the next is given back for.
func (s *Service) stands(r row, at time.Time) bool {
	age := s.Now().Sub(at)
	return age >= -skew && age <= quoteLife && (r.PeriodStart == nil || !at.Before(*r.PeriodStart)) &&
		(r.ChangedAt == nil || !at.Before(r.ChangedAt.Truncate(time.Second)))
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
		if err := s.change(ctx, a, action, map[string]string{"plan": string(*r.PricePlan)}, func(*row) {}); err != nil {
			return err
		}
		if err := s.Gateway.CancelAtEnd(ctx, *r.Subscription, ends); err != nil {
			return err
		}
		return s.Sync(ctx, a.Org)
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
	url, err = s.Gateway.Portal(ctx, *r.Customer, a.Back)
	if fault.Is(err, fault.NotFound) {
		return "", fault.Wrap(fault.Conflict, "Stripe does not know your organization any more. Choose a plan, then it does again.", err)
	}
	if err != nil {
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
