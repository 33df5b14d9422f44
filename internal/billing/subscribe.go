package billing

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// checkoutLife is how long a page for paying stays open; one that closes within
// checkoutSpare is not handed out any more.
const (
	checkoutLife  = time.Hour
	checkoutSpare = 10 * time.Minute
)

// Subscribe returns the address of the provider's page where a first
// subscription is paid. Owners who ask for the same at the same time get the
// same page, and a page for something else is closed: so one subscription comes
// of it, whoever pays. Conflict when the organization has one.
func (s *Service) Subscribe(ctx context.Context, a Actor, p Price) (url string, err error) {
	if _, known := PriceOf(p.Key()); !known {
		return "", fault.New(fault.Invalid, "There is no such plan.")
	}
	err = s.alone(ctx, a, func(ctx context.Context, claim string, r row) error {
		if r.Subscription != nil {
			return fault.New(fault.Conflict, "This organization has a paid plan already. Switch it to another one instead.")
		}
		if r.CheckoutID != nil {
			if r.offers(p) && s.Now().Add(checkoutSpare).Before(*r.CheckoutUntil) {
				url = *r.CheckoutURL
				return nil
			}
			if err := s.close(ctx, *r.CheckoutID); err != nil {
				return err
			}
		}
		customer, err := s.customer(ctx, a, r)
		if err != nil {
			return err
		}
		until := s.Now().Add(checkoutLife)
		page, err := s.Gateway.Checkout(ctx, claim, Order{Customer: customer, Org: a.Org, Price: p, Back: a.Back, Until: until})
		if err != nil {
			return err
		}
		url = page.URL
		return s.change(ctx, a, "billing.checkout", map[string]string{"plan": string(p.Plan), "interval": string(p.Interval)}, func(r *row) {
			r.CheckoutID, r.CheckoutURL, r.CheckoutPlan, r.CheckoutInterval, r.CheckoutUntil = &page.ID, &page.URL, &p.Plan, &p.Interval, &page.Until
		})
	})
	return url, err
}

// offers reports whether the page that is open is for the price.
func (r row) offers(p Price) bool { return Price{*r.CheckoutPlan, *r.CheckoutInterval} == p }

// close closes a page for paying; Conflict when somebody has just paid there.
func (s *Service) close(ctx context.Context, id string) error {
	switch err := s.Gateway.ExpireCheckout(ctx, id); {
	case fault.Is(err, fault.NotFound):
		return nil
	case fault.Is(err, fault.Conflict):
		return fault.Wrap(fault.Conflict, "The payment page that was open has just been completed or closed. Please look again in a minute.", err)
	default:
		return err
	}
}

// customer returns who pays for the organization at the provider, and makes
// them when there is none. The attempt is the organization's own: a crash in
// between makes no second one.
func (s *Service) customer(ctx context.Context, a Actor, r row) (string, error) {
	if r.Customer != nil {
		return *r.Customer, nil
	}
	id, err := s.Gateway.CreateCustomer(ctx, "customer "+a.Org.String(), Customer{Org: a.Org, Name: a.Name, Email: a.Email})
	if err != nil {
		return "", err
	}
	return id, s.change(ctx, a, "billing.customer", nil, func(r *row) { r.Customer = &id })
}

// change changes the stored account, and records what the owner did.
func (s *Service) change(ctx context.Context, a Actor, action string, detail map[string]string, do func(*row)) error {
	return s.DB.InOrg(ctx, a.Org, func(ctx context.Context, tx postgres.Tx) error {
		r, err := lock(ctx, tx, a.Org)
		if err != nil {
			return err
		}
		do(&r)
		if err := save(ctx, tx, r); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, action, detail))
	})
}
