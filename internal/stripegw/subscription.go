package stripegw

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
)

// atOnce has what a change costs, or is worth, put on an invoice at once.
const atOnce = "always_invoice"

// Subscriptions lists the customer's, ended ones too, the newest first, 100 at
// most. A customer that is deleted has none; one that was never there is an
// error, because the account may be the wrong one.
func (g *Gateway) Subscriptions(ctx context.Context, customer string) ([]billing.Subscription, error) {
	it := g.api.Subscriptions.List(&stripe.SubscriptionListParams{
		ListParams: stripe.ListParams{Context: ctx, Limit: stripe.Int64(page), Single: true},
		Customer:   stripe.String(customer), Status: stripe.String("all"),
	})
	var list []billing.Subscription
	for it.Next() {
		list = append(list, subscription(it.Subscription()))
	}
	err := failure("list subscriptions", it.Err())
	if !fault.Is(err, fault.NotFound) {
		return list, err
	}
	if c, readErr := g.api.Customers.Get(customer, &stripe.CustomerParams{Params: asking(ctx)}); readErr == nil && c.Deleted {
		return nil, nil
	}
	return nil, fmt.Errorf("customer %s is not in this account of Stripe: is STRIPE_SECRET_KEY that of another one? %w", customer, errors.Unwrap(err))
}

func subscription(s *stripe.Subscription) billing.Subscription {
	read := billing.Subscription{
		ID: s.ID, Status: billing.Status(s.Status), Created: time.Unix(s.Created, 0), PeriodStart: time.Unix(s.CurrentPeriodStart, 0), PeriodEnd: time.Unix(s.CurrentPeriodEnd, 0), EndsThen: s.CancelAtPeriodEnd,
	}
	if s.Items != nil && len(s.Items.Data) > 0 {
		read.Item = s.Items.Data[0].ID
		read.Key = key(s.Items.Data[0].Price)
	}
	return read
}

// key returns a price's look-up key; empty for one that is not in our table. A
// price that a newer one took the key from carries it as a mark: it is still
// paid by whoever bought it.
func key(p *stripe.Price) string {
	if p == nil {
		return ""
	}
	for _, k := range []string{p.LookupKey, p.Metadata[priceMark]} {
		if _, known := billing.PriceOf(k); known {
			return k
		}
	}
	return ""
}

// Preview says what a change would cost, without doing it.
func (g *Gateway) Preview(ctx context.Context, c billing.Change) (billing.Preview, error) {
	price, err := g.price(ctx, c.To)
	if err != nil {
		return billing.Preview{}, err
	}
	i, err := g.api.Invoices.Upcoming(&stripe.InvoiceUpcomingParams{
		Params: asking(ctx), Customer: stripe.String(c.Customer), Subscription: stripe.String(c.Subscription),
		SubscriptionItems:             []*stripe.SubscriptionItemsParams{{ID: stripe.String(c.Item), Price: stripe.String(price)}},
		SubscriptionProrationBehavior: stripe.String(atOnce), SubscriptionProrationDate: stripe.Int64(c.At.Unix()),
		SubscriptionCancelAtPeriodEnd: stripe.Bool(false),
	})
	if err != nil {
		return billing.Preview{}, g.failed(ctx, "preview a change", c.Subscription, err)
	}
	p := billing.Preview{Currency: string(i.Currency), Due: i.AmountDue, Tax: i.Tax}
	if i.Total < 0 {
		p.Due = i.Total
	}
	if i.Lines != nil {
		for _, l := range i.Lines.Data {
			p.Lines = append(p.Lines, billing.Line{Text: l.Description, Cents: l.Amount})
		}
	}
	for _, d := range i.TotalDiscountAmounts {
		p.Lines = append(p.Lines, billing.Line{Text: "Discount", Cents: -d.Amount})
	}
	if i.Total > 0 && i.AmountDue != i.Total {
		p.Lines = append(p.Lines, billing.Line{Text: "Carried over from earlier invoices", Cents: i.AmountDue - i.Total})
	}
	return p, nil
}

// Change changes the price of a subscription and asks for what it costs at
// once. When that cannot be paid nothing is changed: LimitReached. One that was
// to end with its period goes on.
func (g *Gateway) Change(ctx context.Context, attempt string, c billing.Change) error {
	price, err := g.price(ctx, c.To)
	if err != nil {
		return err
	}
	_, err = g.api.Subscriptions.Update(c.Subscription, &stripe.SubscriptionParams{
		Params:            once(ctx, attempt),
		Items:             []*stripe.SubscriptionItemsParams{{ID: stripe.String(c.Item), Price: stripe.String(price)}},
		ProrationBehavior: stripe.String(atOnce), ProrationDate: stripe.Int64(c.At.Unix()),
		PaymentBehavior: stripe.String("error_if_incomplete"), CancelAtPeriodEnd: stripe.Bool(false),
	})
	failed := g.failed(ctx, "change a subscription", c.Subscription, err)
	if refused(err) && !fault.Is(failed, fault.Conflict) {
		return fault.Wrap(fault.LimitReached, "Stripe could not take the payment, and nothing was changed. There may be no card that it can charge: add one, then try again.", failed)
	}
	return failed
}

// CancelAtEnd says whether the subscription ends with the period that is paid.
func (g *Gateway) CancelAtEnd(ctx context.Context, subscription string, ends bool) error {
	_, err := g.api.Subscriptions.Update(subscription, &stripe.SubscriptionParams{Params: asking(ctx), CancelAtPeriodEnd: stripe.Bool(ends)})
	return g.failed(ctx, "have a subscription end", subscription, err)
}

// End ends a subscription at once. One that has ended is left as it is.
func (g *Gateway) End(ctx context.Context, subscription string) error {
	_, err := g.api.Subscriptions.Cancel(subscription, &stripe.SubscriptionCancelParams{Params: asking(ctx)})
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.Code == stripe.ErrorCodeResourceMissing {
		return nil
	}
	return failure("end a subscription", err)
}

// failed is failure, and Conflict for a subscription that has ended: Stripe has
// several ways of refusing those.
func (g *Gateway) failed(ctx context.Context, doing, id string, err error) error {
	if refused(err) {
		s, readErr := g.api.Subscriptions.Get(id, &stripe.SubscriptionParams{Params: asking(ctx)})
		if readErr == nil && (s.Status == stripe.SubscriptionStatusCanceled || s.Status == stripe.SubscriptionStatusIncompleteExpired) {
			return fault.Wrap(fault.Conflict, "The subscription has ended meanwhile.", failure(doing, err))
		}
	}
	return failure(doing, err)
}
