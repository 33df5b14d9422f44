package stripegw

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
)

// Checkout opens a page where a first subscription is paid.
func (g *Gateway) Checkout(ctx context.Context, attempt string, o billing.Order) (billing.Checkout, error) {
	price, err := g.price(ctx, o.Price)
	if err != nil {
		return billing.Checkout{}, err
	}
	org := o.Org.String()
	params := &stripe.CheckoutSessionParams{
		Params: once(ctx, attempt), Mode: stripe.String(string(stripe.CheckoutSessionModeSubscription)),
		Customer: stripe.String(o.Customer), ClientReferenceID: stripe.String(org),
		LineItems:                []*stripe.CheckoutSessionLineItemParams{{Price: stripe.String(price), Quantity: stripe.Int64(1)}},
		SubscriptionData:         &stripe.CheckoutSessionSubscriptionDataParams{Metadata: map[string]string{organization: org}},
		AllowPromotionCodes:      stripe.Bool(true),
		BillingAddressCollection: stripe.String(g.address),
		SuccessURL:               stripe.String(o.Back + "?checkout=done"), CancelURL: stripe.String(o.Back + "?checkout=left"),
		ExpiresAt: stripe.Int64(o.Until.Unix()),
	}
	if g.tax {
		params.AutomaticTax = &stripe.CheckoutSessionAutomaticTaxParams{Enabled: stripe.Bool(true)}
		params.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Address: stripe.String("auto")}
	}
	s, err := g.api.CheckoutSessions.New(params)
	if err != nil {
		return billing.Checkout{}, failure("open a checkout", err)
	}
	return billing.Checkout{ID: s.ID, URL: s.URL, Until: time.Unix(s.ExpiresAt, 0)}, nil
}

// ExpireCheckout closes such a page; one that is closed already is left as it
// is. Conflict when it was completed.
func (g *Gateway) ExpireCheckout(ctx context.Context, id string) error {
	_, err := g.api.CheckoutSessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: asking(ctx)})
	if refused(err) {
		if s, readErr := g.api.CheckoutSessions.Get(id, &stripe.CheckoutSessionParams{Params: asking(ctx)}); readErr == nil {
			switch s.Status {
			case stripe.CheckoutSessionStatusExpired:
				return nil
			case stripe.CheckoutSessionStatusComplete:
				return fault.Wrap(fault.Conflict, "This was paid meanwhile.", err)
			case stripe.CheckoutSessionStatusOpen:
				return fault.Wrap(fault.Conflict, "This is being paid at this moment.", err)
			}
		}
	}
	return failure("close a checkout", err)
}
