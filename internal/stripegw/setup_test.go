package stripegw_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/stripegw"
	"sendvery.com/sendvery/internal/stripetest"
)

const webhook = "https://sendvery.example.org/webhooks/stripe"

// setUp returns the lines of a run, and how many changes it asked for.
func (s shop) setUp(t *testing.T, dry bool) (lines string, writes int) {
	t.Helper()
	var said strings.Builder
	before := s.stripe.Writes()
	err := s.Setup(t.Context(), stripegw.Setup{Webhook: webhook, DryRun: dry, Say: func(line string) { said.WriteString(line + "\n") }})
	if err != nil {
		t.Fatal(err)
	}
	return said.String(), s.stripe.Writes() - before
}

// things is what setup makes: three products, six prices, the portal, the end point.
const things = 3 + 6 + 1 + 1

func TestSetupOfANewAccount(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{Empty: true})
	if said, writes := s.setUp(t, true); writes != 0 || strings.Count(said, ": would make\n") != things || strings.Count(said, "\n") != things {
		t.Fatalf("a dry run asks for %d changes and says:\n%s", writes, said)
	}
	said, writes := s.setUp(t, false)
	if writes != things || strings.Count(said, ": made\n") != things || !strings.Contains(said, "price sendvery_pro_year, 239.88 USD a year: made") {
		t.Fatalf("it asks for %d changes and says:\n%s", writes, said)
	}
	if again, writes := s.setUp(t, false); writes != 0 || strings.Count(again, ": there already\n") != things || strings.Contains(again, "whsec_") {
		t.Errorf("again it asks for %d changes and says:\n%s", writes, again)
	}
	_, secret, _ := strings.Cut(strings.TrimSpace(said), "STRIPE_WEBHOOK_SECRETS: ")
	if !strings.HasPrefix(secret, "whsec_") || strings.ContainsAny(secret, " \n") {
		t.Errorf("the secret is not told:\n%s", said)
	}
	customer := s.customer(t)
	if _, err := s.Checkout(t.Context(), "order", s.order(customer, personal)); err != nil {
		t.Error(err)
	}
	if _, err := s.Portal(t.Context(), customer, webhook); err != nil {
		t.Error(err)
	}
}

// The secret that is told is the one that deliveries are signed with.
func TestSetupTellsTheSecret(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	taken := make(chan delivery, 10)
	address := serve(t, receive(t, taken))
	var secret string
	if err := s.Setup(t.Context(), stripegw.Setup{Webhook: address, Say: func(line string) {
		if _, told, ok := strings.Cut(line, "STRIPE_WEBHOOK_SECRETS: "); ok {
			secret = told
		}
	}}); err != nil {
		t.Fatal(err)
	}
	s.stripe.SetCard(s.customer(t), stripetest.Works)
	d := <-taken
	g := stripegw.New(stripegw.Config{Key: s.stripe.Key, Secrets: []string{secret}, Now: time.Now})
	if err := g.Verify(d.body, d.signature); err != nil {
		t.Error(err)
	}
}

// Whoever pays a price that was replaced still has the plan that it is for.
func TestSetupMovesAPriceToAnotherAmount(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{Empty: true})
	product := s.post(t, "/v1/products", url.Values{"name": {"Sendvery Personal"}, "metadata[sendvery_plan]": {"personal"}})
	s.post(t, "/v1/prices", url.Values{
		"product": {product}, "lookup_key": {personal.Key()}, "unit_amount": {"499"}, "currency": {"usd"}, "recurring[interval]": {"month"},
	})
	customer := s.customer(t)
	s.stripe.Subscribe(t, customer, personal)
	const told = "price sendvery_personal_month, 5.99 USD a month: "
	if said, _ := s.setUp(t, true); !strings.Contains(said, told+"would change from 4.99 USD") {
		t.Errorf("a dry run says:\n%s", said)
	}
	if said, _ := s.setUp(t, false); !strings.Contains(said, told+"changed from 4.99 USD") {
		t.Errorf("it says:\n%s", said)
	}
	if said, writes := s.setUp(t, false); writes != 0 {
		t.Errorf("again it asks for %d changes and says:\n%s", writes, said)
	}
	if got := s.only(t, customer).Key; got != personal.Key() {
		t.Errorf("who pays the old price has %q", got)
	}
	s.stripe.Subscribe(t, customer, personal)
	if invoices, err := s.Invoices(t.Context(), customer, 1); err != nil || invoices[0].Cents != 599 {
		t.Errorf("the next one pays %+v: %v", invoices, err)
	}
}

// What the operator changed by hand is changed back, once.
func TestSetupMends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(shop)
		want  string
	}{
		"an archived product": {func(s shop) {
			id := s.post(t, "/v1/products", url.Values{"name": {"Sendvery Pro"}, "metadata[sendvery_plan]": {"pro"}})
			s.post(t, "/v1/products/"+id, url.Values{"active": {"false"}})
		}, "product Sendvery Pro: changed: it was archived"},
		"a price that somebody made": {func(s shop) {
			id := s.post(t, "/v1/products", url.Values{"name": {"Pro"}})
			s.post(t, "/v1/prices", url.Values{"product": {id}, "lookup_key": {pro.Key()}, "unit_amount": {"2399"}, "currency": {"usd"}, "recurring[interval]": {"month"}})
		}, "price sendvery_pro_month, 23.99 USD a month: changed: it lacked our mark"},
		"a portal where one can cancel": {func(s shop) {
			s.post(t, "/v1/billing_portal/configurations", url.Values{
				"metadata[sendvery_portal]": {"1"}, "features[customer_update][enabled]": {"true"}, "features[subscription_cancel][enabled]": {"true"},
			})
		}, "customer portal: changed what it offers"},
		"an end point of other events": {func(s shop) {
			s.post(t, "/v1/webhook_endpoints", url.Values{"url": {webhook}, "enabled_events[0]": {"invoice.paid"}, "api_version": {"2023-10-16"}})
		}, "webhook end point " + webhook + ": changed"},
		"an end point that is off": {func(s shop) {
			id := s.post(t, "/v1/webhook_endpoints", url.Values{"url": {webhook}, "enabled_events[0]": {"invoice.paid"}, "api_version": {"2023-10-16"}})
			s.post(t, "/v1/webhook_endpoints/"+id, url.Values{"disabled": {"true"}})
		}, "webhook end point " + webhook + ": changed"},
		"an end point of another version": {func(s shop) {
			s.post(t, "/v1/webhook_endpoints", url.Values{"url": {webhook}, "enabled_events[0]": {"*"}, "api_version": {"2020-08-27"}})
		}, "There are 1 more end points at this address that write another version than 2023-10-16."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, stripetest.Options{Empty: true})
			test.spoil(s)
			if said, _ := s.setUp(t, false); !strings.Contains(said, test.want) {
				t.Errorf("it says:\n%s", said)
			}
			if said, writes := s.setUp(t, false); writes != 0 {
				t.Errorf("again it asks for %d changes and says:\n%s", writes, said)
			}
		})
	}
}

// What tests begin with is what setup makes.
func TestSetupFindsTheTestsAccountInOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	before := s.stripe.Writes()
	if err := s.Setup(t.Context(), stripegw.Setup{Say: func(string) {}}); err != nil || s.stripe.Writes() != before {
		t.Errorf("it asks for %d changes: %v", s.stripe.Writes()-before, err)
	}
}
