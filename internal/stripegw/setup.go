package stripegw

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"sendvery.com/sendvery/internal/billing"
)

// Setup makes what is missing at Stripe, and changes what is not as it must be.
// Done again it does nothing.
type Setup struct {
	Webhook string // address that events are delivered to; "" leaves deliveries alone
	DryRun  bool   // only say what would be done
	Say     func(line string)
}

// Setup does it: a product per plan and a price per way of paying it, the
// portal's configuration, and the end point that events are delivered to.
func (g *Gateway) Setup(ctx context.Context, s Setup) error {
	products, err := g.setupProducts(ctx, s)
	if err != nil {
		return err
	}
	for _, p := range billing.Prices() {
		if err := g.setupPrice(ctx, s, products[p.Plan], p); err != nil {
			return err
		}
	}
	if err := g.setupPortal(ctx, s); err != nil {
		return err
	}
	if s.Webhook == "" {
		return nil
	}
	return g.setupWebhook(ctx, s)
}

// step does one thing, unless it is only to be said, and says how it went.
func (s Setup) step(thing, would, did string, do func() error) error {
	if s.DryRun {
		s.Say(thing + ": would " + would)
		return nil
	}
	if err := do(); err != nil {
		return err
	}
	s.Say(thing + ": " + did)
	return nil
}

func (s Setup) there(thing string) { s.Say(thing + ": there already") }

// setupProducts returns the products' ids by plan; in a dry run those that
// would be made are missing.
func (g *Gateway) setupProducts(ctx context.Context, s Setup) (map[billing.PlanID]string, error) {
	found := map[billing.PlanID]*stripe.Product{}
	it := g.api.Products.List(&stripe.ProductListParams{ListParams: listing(ctx)})
	for it.Next() {
		if p := it.Product(); p.Metadata[planMark] != "" {
			found[billing.PlanID(p.Metadata[planMark])] = p
		}
	}
	if err := it.Err(); err != nil {
		return nil, failure("list products", err)
	}
	ids := map[billing.PlanID]string{}
	for _, plan := range billing.Plans() {
		if plan.Monthly == 0 {
			continue
		}
		thing, p := "product Sendvery "+plan.Name, found[plan.ID]
		var err error
		switch {
		case p == nil:
			err = s.step(thing, "make", "made", func() error {
				made, err := g.api.Products.New(&stripe.ProductParams{
					Params: asking(ctx), Name: stripe.String("Sendvery " + plan.Name), Metadata: map[string]string{planMark: string(plan.ID)},
				})
				if err != nil {
					return failure("make a product", err)
				}
				ids[plan.ID] = made.ID
				return nil
			})
		case !p.Active:
			ids[plan.ID] = p.ID
			err = s.step(thing, "change: it is archived", "changed: it was archived", func() error {
				_, err := g.api.Products.Update(p.ID, &stripe.ProductParams{Params: asking(ctx), Active: stripe.Bool(true)})
				return failure("change a product", err)
			})
		default:
			ids[plan.ID] = p.ID
			s.there(thing)
		}
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// setupPrice makes a price of a product. An amount at Stripe never changes: a
// new price takes the look-up key over.
func (g *Gateway) setupPrice(ctx context.Context, s Setup, product string, p billing.Price) error {
	thing := fmt.Sprintf("price %s, %s a %s", p.Key(), amount(p.Cents(), billing.Currency), p.Interval)
	before, err := g.priceAt(ctx, p)
	if err != nil {
		return err
	}
	mark := map[string]string{priceMark: p.Key()}
	made := func() error {
		_, err := g.api.Prices.New(&stripe.PriceParams{
			Params: asking(ctx), Product: stripe.String(product), Currency: stripe.String(billing.Currency), UnitAmount: stripe.Int64(p.Cents()),
			Recurring: &stripe.PriceRecurringParams{Interval: stripe.String(string(p.Interval))},
			LookupKey: stripe.String(p.Key()), TransferLookupKey: stripe.Bool(true), Metadata: mark,
		})
		return failure("make a price", err)
	}
	marked := func() error {
		_, err := g.api.Prices.Update(before.ID, &stripe.PriceParams{Params: asking(ctx), Metadata: mark})
		return failure("mark a price", err)
	}
	switch {
	case before == nil:
		return s.step(thing, "make", "made", made)
	case before.UnitAmount != p.Cents() || string(before.Currency) != billing.Currency || before.Recurring == nil ||
		string(before.Recurring.Interval) != string(p.Interval) || before.Recurring.IntervalCount != 1:
		was := amount(before.UnitAmount, string(before.Currency)) + "; whoever pays that goes on with it"
		return s.step(thing, "change from "+was, "changed from "+was, func() error {
			if err := marked(); err != nil {
				return err
			}
			return made()
		})
	case before.Metadata[priceMark] != p.Key():
		return s.step(thing, "change: it lacks our mark", "changed: it lacked our mark", marked)
	}
	s.there(thing)
	return nil
}

// setupPortal makes the configuration of the portal. Plans are changed and
// cancelled in our own pages, which say what that means.
func (g *Gateway) setupPortal(ctx context.Context, s Setup) error {
	const thing = "customer portal"
	updates := []string{"address", "email", "tax_id"}
	features := &stripe.BillingPortalConfigurationFeaturesParams{
		CustomerUpdate:      &stripe.BillingPortalConfigurationFeaturesCustomerUpdateParams{Enabled: stripe.Bool(true), AllowedUpdates: stripe.StringSlice(updates)},
		InvoiceHistory:      &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)},
		PaymentMethodUpdate: &stripe.BillingPortalConfigurationFeaturesPaymentMethodUpdateParams{Enabled: stripe.Bool(true)},
	}
	before, err := g.portalSettings(ctx)
	if err != nil {
		return err
	}
	if before == nil {
		return s.step(thing, "make", "made", func() error {
			_, err := g.api.BillingPortalConfigurations.New(&stripe.BillingPortalConfigurationParams{
				Params: asking(ctx), Features: features, Metadata: map[string]string{portalMark: "1"},
				BusinessProfile: &stripe.BillingPortalConfigurationBusinessProfileParams{Headline: stripe.String("Sendvery: payment details and invoices")},
			})
			return failure("make a configuration of the portal", err)
		})
	}
	if offers(before.Features, updates) {
		s.there(thing)
		return nil
	}
	// A new one leaves these out: they are off, and to name them asks for more.
	features.SubscriptionCancel = &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{Enabled: stripe.Bool(false)}
	features.SubscriptionUpdate = &stripe.BillingPortalConfigurationFeaturesSubscriptionUpdateParams{Enabled: stripe.Bool(false)}
	return s.step(thing, "change what it offers", "changed what it offers", func() error {
		_, err := g.api.BillingPortalConfigurations.Update(before.ID, &stripe.BillingPortalConfigurationParams{Params: asking(ctx), Features: features})
		return failure("change the configuration of the portal", err)
	})
}

// offers reports whether the portal offers what it should, and no more.
func offers(f *stripe.BillingPortalConfigurationFeatures, updates []string) bool {
	if f == nil || f.CustomerUpdate == nil || f.InvoiceHistory == nil || f.PaymentMethodUpdate == nil || f.SubscriptionCancel == nil || f.SubscriptionUpdate == nil {
		return false
	}
	var allowed []string
	for _, u := range f.CustomerUpdate.AllowedUpdates {
		allowed = append(allowed, string(u))
	}
	slices.Sort(allowed)
	return f.CustomerUpdate.Enabled && slices.Equal(allowed, updates) && f.InvoiceHistory.Enabled && f.PaymentMethodUpdate.Enabled &&
		!f.SubscriptionCancel.Enabled && !f.SubscriptionUpdate.Enabled
}

// setupWebhook makes the end point of deliveries. The version that they are
// written in cannot be changed: an end point with another one stays until the
// operator removes it, so that nothing is lost while its secret is replaced.
func (g *Gateway) setupWebhook(ctx context.Context, s Setup) error {
	thing := "webhook end point " + s.Webhook
	var ours *stripe.WebhookEndpoint
	others := 0
	it := g.api.WebhookEndpoints.List(&stripe.WebhookEndpointListParams{ListParams: listing(ctx)})
	for it.Next() {
		switch e := it.WebhookEndpoint(); {
		case e.URL != s.Webhook:
		case e.APIVersion == stripe.APIVersion:
			ours = e
		default:
			others++
		}
	}
	if err := it.Err(); err != nil {
		return failure("list webhook end points", err)
	}
	if err := g.setupDeliveries(ctx, s, thing, ours); err != nil {
		return err
	}
	if others > 0 {
		s.Say(fmt.Sprintf("There are %d more end points at this address that write another version than %s. "+
			"Let STRIPE_WEBHOOK_SECRETS be the new secret, a comma, and the old one, restart Sendvery, remove the old end point at Stripe, and then its secret.", others, stripe.APIVersion))
	}
	return nil
}

// setupDeliveries makes or changes the end point of our version.
func (g *Gateway) setupDeliveries(ctx context.Context, s Setup, thing string, before *stripe.WebhookEndpoint) error {
	params := &stripe.WebhookEndpointParams{Params: asking(ctx), EnabledEvents: stripe.StringSlice(eventTypes())}
	if before == nil {
		secret := ""
		params.URL, params.APIVersion, params.Description = stripe.String(s.Webhook), stripe.String(stripe.APIVersion), stripe.String("Sendvery")
		err := s.step(thing, "make", "made", func() error {
			made, err := g.api.WebhookEndpoints.New(params)
			if err != nil {
				return failure("make a webhook end point", err)
			}
			secret = made.Secret
			return nil
		})
		if secret != "" {
			s.Say("Its signing secret is shown this once; put it first in STRIPE_WEBHOOK_SECRETS: " + secret)
		}
		return err
	}
	slices.Sort(before.EnabledEvents)
	if before.Status == "enabled" && slices.Equal(before.EnabledEvents, slices.Sorted(slices.Values(eventTypes()))) {
		s.there(thing)
		return nil
	}
	params.Disabled = stripe.Bool(false)
	return s.step(thing, "change: it is off, or has other events", "changed: it was off, or had other events", func() error {
		_, err := g.api.WebhookEndpoints.Update(before.ID, params)
		return failure("change a webhook end point", err)
	})
}

// amount writes an amount for the operator.
func amount(cents int64, currency string) string {
	return fmt.Sprintf("%d.%02d %s", cents/100, cents%100, strings.ToUpper(currency))
}
