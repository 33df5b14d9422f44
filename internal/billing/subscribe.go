package billing

import (
	"context"
	"crypto/sha256"
	"fmt"
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
// of it, whoever pays. One that is not paid any more, or was never, ends before:
// its open invoice could be paid besides. Conflict when the organization has one
// that is paid.
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
		if r.Customer != nil {
			if err := s.endAll(ctx, *r.Customer, func(sub Subscription) bool { return !sub.Status.Pays() }); err != nil {
				return err
			}
		}
		page, err := s.open(ctx, a, claim, r, p)
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
func (r *row) offers(p Price) bool { return Price{*r.CheckoutPlan, *r.CheckoutInterval} == p }

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

// open opens a page for paying. A customer that somebody has deleted at the
// provider is made anew.
func (s *Service) open(ctx context.Context, a Actor, claim string, r row, p Price) (Checkout, error) {
	customer, err := s.customer(ctx, a, fmt.Sprintf("customer %x", sha256.Sum256([]byte(a.Org.String()+"\n"+a.Name+"\n"+a.Email))), r.Customer)
	if err != nil {
		return Checkout{}, err
	}
	order := Order{Customer: customer, Org: a.Org, Price: p, Back: a.Back, Until: s.Now().Add(checkoutLife)}
	page, err := s.Gateway.Checkout(ctx, claim, order)
	if !fault.Is(err, fault.NotFound) {
		return page, err
	}
	if order.Customer, err = s.customer(ctx, a, "customer "+claim, nil); err != nil {
		return Checkout{}, err
	}
	return s.Gateway.Checkout(ctx, claim+" again", order)
}

// customer returns who pays for the organization at the provider: the one that
// is there, or a new one. An attempt that is repeated after a crash makes no
// second one.
func (s *Service) customer(ctx context.Context, a Actor, attempt string, there *string) (string, error) {
	if there != nil {
		return *there, nil
	}
	id, err := s.Gateway.CreateCustomer(ctx, attempt, Customer{Org: a.Org, Name: a.Name, Email: a.Email})
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
		if err := s.begin(ctx, tx, &r); err != nil {
			return err
		}
		do(&r)
		if err := save(ctx, tx, r); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, action, detail))
	})
}
