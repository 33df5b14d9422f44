package stripegw_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/stripegw"
	"sendvery.com/sendvery/internal/stripetest"
	"sendvery.com/sendvery/internal/uid"
)

var (
	personal = billing.Price{Plan: billing.Personal, Interval: billing.Monthly}
	pro      = billing.Price{Plan: billing.Pro, Interval: billing.Monthly}
	proYear  = billing.Price{Plan: billing.Pro, Interval: billing.Yearly}
)

// shop is a gateway in front of a Stripe of its own.
type shop struct {
	*stripegw.Gateway
	stripe *stripetest.Server
	org    postgres.TenantID
}

func newShop(t *testing.T, o stripetest.Options) shop {
	t.Helper()
	s := stripetest.New(t, o)
	return shop{stripegw.New(stripegw.Config{Key: s.Key, URL: s.URL, Secrets: []string{s.Secret}, Now: time.Now}), s, uid.New[postgres.Tenant]()}
}

// customer makes one for the shop's organization.
func (s shop) customer(t *testing.T) string {
	t.Helper()
	id, err := s.CreateCustomer(t.Context(), "customer-"+s.org.String(), billing.Customer{Org: s.org, Name: "Example", Email: "owner@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// only returns the customer's one subscription.
func (s shop) only(t *testing.T, customer string) billing.Subscription {
	t.Helper()
	list, err := s.Subscriptions(t.Context(), customer)
	if err != nil || len(list) != 1 {
		t.Fatalf("there are %d subscriptions: %v", len(list), err)
	}
	return list[0]
}

// order is a subscription to a plan.
func (s shop) order(customer string, p billing.Price) billing.Order {
	return billing.Order{Customer: customer, Org: s.org, Price: p, Back: "http://localhost:9/o/example/billing", Until: time.Now().Add(time.Hour)}
}

// types lists the events so far.
func (s shop) types() []string {
	var list []string
	for _, e := range s.stripe.Events() {
		list = append(list, e.Type)
	}
	return list
}

// post asks Stripe for something that the gateway does not, and returns its id.
func (s shop) post(t *testing.T, path string, form url.Values) (id string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.stripe.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+s.stripe.Key)
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.ID == "" {
		t.Fatalf("Stripe answers %s: %v", resp.Status, err)
	}
	return made.ID
}

// press sends a page's form and returns where the browser is sent, and what it
// sees else.
func press(t *testing.T, page string, form url.Values) (to, text string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Get("Location"), string(content)
}

func TestCustomersOfOrganizations(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	want := map[string]postgres.TenantID{}
	for range 230 { // more than two pages
		org := uid.New[postgres.Tenant]()
		id, err := s.CreateCustomer(t.Context(), org.String(), billing.Customer{Org: org, Name: "Example", Email: "owner@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		want[id] = org
	}
	s.post(t, "/v1/customers", url.Values{"name": {"Of something else in the account"}})
	got := map[string]postgres.TenantID{}
	if err := s.Customers(t.Context(), time.Time{}, func(c billing.Customer) error {
		got[c.ID] = c.Org
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	stop := errors.New("enough")
	if err := s.Customers(t.Context(), time.Time{}, func(billing.Customer) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("it says %v", err)
	}
}

// What is tried again with the same key is done once.
func TestAnAttemptIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	first, again := s.customer(t), s.customer(t)
	if first != again || len(s.stripe.Customers()) != 1 {
		t.Errorf("there are the customers %s and %s", first, again)
	}
	_, err := s.CreateCustomer(t.Context(), "customer-"+s.org.String(), billing.Customer{Org: s.org, Name: "Another"})
	if !fault.Is(err, fault.Temporary) {
		t.Errorf("the same key with another name: it says %v", err)
	}
}

func TestCheckoutThatIsPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	c, err := s.Checkout(t.Context(), "order", s.order(customer, personal))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Checkout(t.Context(), "order", s.order(customer, personal)); err != nil || again.ID != c.ID {
		t.Errorf("a second try opens %s: %v", again.ID, err)
	}
	if to, text := press(t, c.URL, url.Values{"card": {"declined"}}); to != "" || !strings.Contains(text, "declined") {
		t.Errorf("a card that is declined leads to %q", to)
	}
	if to, _ := press(t, c.URL, url.Values{"card": {"works"}}); to != "http://localhost:9/o/example/billing?checkout=done" {
		t.Errorf("the browser is sent to %q", to)
	}
	sub := s.only(t, customer)
	if sub.Status != billing.Active || sub.Key != personal.Key() || sub.EndsThen || sub.Item == "" || time.Until(sub.PeriodEnd) < 27*24*time.Hour {
		t.Errorf("the subscription is %+v", sub)
	}
	invoices, err := s.Invoices(t.Context(), customer, 10)
	if err != nil || len(invoices) != 1 || invoices[0].Cents != 599 || invoices[0].Status != "paid" || invoices[0].Currency != "usd" || invoices[0].URL == "" {
		t.Errorf("the invoices are %+v: %v", invoices, err)
	}
	if err := s.ExpireCheckout(t.Context(), c.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("closing what was paid: it says %v", err)
	}
	if diff := cmp.Diff([]string{"customer.subscription.created", "invoice.finalized", "invoice.paid", "checkout.session.completed"}, s.types()); diff != "" {
		t.Error(diff)
	}
}

func TestCheckoutThatIsClosed(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	c, err := s.Checkout(t.Context(), "order", s.order(customer, personal))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // one that is closed is left as it is
		if err := s.ExpireCheckout(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if to, _ := press(t, c.URL, url.Values{"card": {"works"}}); to != "" {
		t.Errorf("it could be paid, and led to %q", to)
	}
	if err := s.ExpireCheckout(t.Context(), "cs_test_none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("closing what is not there: it says %v", err)
	}
	if list, err := s.Subscriptions(t.Context(), customer); err != nil || len(list) != 0 {
		t.Errorf("there is %+v: %v", list, err)
	}
}

// A change costs what its preview says, at the same time of the period.
func TestChangeCostsWhatThePreviewSays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to billing.Price
		at       time.Duration // of the period
		due      int64
	}{
		"up, with all of the month left":   {personal, pro, 0, 2399 - 599},
		"up, to a year":                    {personal, proYear, 0, 12*1999 - 599},
		"down, with all of the month left": {pro, personal, 0, 599 - 2399},
		"to what it is":                    {pro, pro, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, stripetest.Options{})
			customer := s.customer(t)
			s.stripe.Subscribe(t, customer, test.from)
			sub := s.only(t, customer)
			c := billing.Change{Customer: customer, Subscription: sub.ID, Item: sub.Item, To: test.to, At: sub.Created.Add(test.at)}
			p, err := s.Preview(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			var sum int64
			for _, l := range p.Lines {
				sum += l.Cents
			}
			if p.Due != test.due || sum != test.due || p.Currency != "usd" {
				t.Errorf("the preview is %+v, want %d", p, test.due)
			}
			if got := s.only(t, customer).Key; got != test.from.Key() {
				t.Fatalf("the preview changed it to %s", got)
			}
			if err := s.Change(t.Context(), "change", c); err != nil {
				t.Fatal(err)
			}
			if got := s.only(t, customer).Key; got != test.to.Key() {
				t.Errorf("it is %s", got)
			}
			invoices, err := s.Invoices(t.Context(), customer, 1)
			if err != nil || test.due != 0 && invoices[0].Cents != test.due {
				t.Errorf("the last invoice is %+v: %v", invoices, err)
			}
		})
	}
}

// Half a month is worth half the price.
func TestPreviewInTheMiddleOfAPeriod(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	s.stripe.Subscribe(t, customer, personal)
	sub := s.only(t, customer)
	p, err := s.Preview(t.Context(), billing.Change{
		Customer: customer, Subscription: sub.ID, Item: sub.Item, To: pro, At: sub.Created.Add(sub.PeriodEnd.Sub(sub.Created) / 2),
	})
	if want := int64(1200 - 300); err != nil || p.Due != want || len(p.Lines) != 2 || p.Lines[0].Cents != -300 {
		t.Errorf("the preview is %+v, want %d: %v", p, want, err)
	}
}

// What is left over of a change to a smaller plan pays for the next one, and is
// named: lines and sum would not fit one another.
func TestPreviewNamesWhatIsCarriedOver(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	s.stripe.Subscribe(t, customer, pro)
	change := func(to billing.Price) billing.Change {
		sub := s.only(t, customer)
		return billing.Change{Customer: customer, Subscription: sub.ID, Item: sub.Item, To: to, At: sub.Created}
	}
	if err := s.Change(t.Context(), "down", change(personal)); err != nil {
		t.Fatal(err)
	}
	p, err := s.Preview(t.Context(), change(proYear))
	if err != nil {
		t.Fatal(err)
	}
	credit, total := int64(2399-599), int64(12*1999-599)
	if len(p.Lines) != 3 || p.Lines[2] != (billing.Line{Text: "Carried over from earlier invoices", Cents: -credit}) || p.Due != total-credit {
		t.Errorf("the preview is %+v, want %d", p, total-credit)
	}
}

func TestChangeWithACardThatIsDeclined(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	id := s.stripe.Subscribe(t, customer, personal)
	s.stripe.SetCard(customer, stripetest.Declined)
	sub := s.only(t, customer)
	err := s.Change(t.Context(), "change", billing.Change{Customer: customer, Subscription: id, Item: sub.Item, To: pro, At: time.Now()})
	if !fault.Is(err, fault.LimitReached) || !strings.Contains(fault.Sentence(err), "declined") {
		t.Errorf("it says %v", err)
	}
	if got := s.only(t, customer); got != sub {
		t.Errorf("it became %+v", got)
	}
}

func TestASubscriptionEnds(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	id := s.stripe.Subscribe(t, customer, personal)
	for _, ends := range []bool{true, false, true} {
		if err := s.CancelAtEnd(t.Context(), id, ends); err != nil || s.only(t, customer).EndsThen != ends {
			t.Fatalf("it ends: %v: %v", !ends, err)
		}
	}
	s.stripe.Renew(id)
	sub := s.only(t, customer)
	if sub.Status != billing.Canceled {
		t.Fatalf("it is %s", sub.Status)
	}
	if err := s.End(t.Context(), id); err != nil {
		t.Errorf("ending what has ended: it says %v", err)
	}
	change := billing.Change{Customer: customer, Subscription: id, Item: sub.Item, To: pro, At: time.Now()}
	_, previewErr := s.Preview(t.Context(), change)
	for what, err := range map[string]error{
		"resuming": s.CancelAtEnd(t.Context(), id, false), "changing": s.Change(t.Context(), "c", change), "previewing": previewErr,
	} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s what has ended: it says %v", what, err)
		}
	}
}

func TestEndAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	id := s.stripe.Subscribe(t, customer, personal)
	for _, id := range []string{id, "sub_none"} {
		if err := s.End(t.Context(), id); err != nil {
			t.Errorf("%s: it says %v", id, err)
		}
	}
	if got := s.only(t, customer).Status; got != billing.Canceled {
		t.Errorf("it is %s", got)
	}
}

func TestADeletedCustomerHasNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	deleted := s.customer(t)
	s.stripe.DeleteCustomer(deleted)
	list, err := s.Subscriptions(t.Context(), deleted)
	if err != nil || slices.ContainsFunc(list, func(sub billing.Subscription) bool { return sub.Status.Pays() }) {
		t.Errorf("subscriptions: %+v, %v", list, err)
	}
	if list, err := s.Invoices(t.Context(), deleted, 10); err != nil || len(list) > 0 {
		t.Errorf("invoices: %+v, %v", list, err)
	}
	if _, err := s.Portal(t.Context(), deleted, "http://localhost:9/"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the portal: %v", err)
	}
}

// With the key of another account nobody would have a subscription; so that is
// an error, and no plan ends by it.
func TestACustomerOfAnotherAccountIsAnError(t *testing.T) {
	t.Parallel()
	s, other := newShop(t, stripetest.Options{}), newShop(t, stripetest.Options{})
	customer := other.customer(t)
	other.stripe.Subscribe(t, customer, personal)
	if list, err := s.Subscriptions(t.Context(), customer); err == nil || fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "STRIPE_SECRET_KEY") {
		t.Errorf("%+v, %v", list, err)
	}
}

// A payment fails, and is made good in the portal.
func TestThePortalMakesAFailedPaymentGood(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	id := s.stripe.Subscribe(t, customer, personal)
	s.stripe.SetCard(customer, stripetest.Declined)
	s.stripe.Renew(id)
	if got := s.only(t, customer).Status; got != billing.PastDue {
		t.Fatalf("it is %s", got)
	}
	portal, err := s.Portal(t.Context(), customer, "http://localhost:9/o/example/billing")
	if err != nil {
		t.Fatal(err)
	}
	press(t, portal, url.Values{"card": {"works"}})
	if got := s.only(t, customer).Status; got != billing.Active {
		t.Errorf("it is %s", got)
	}
	if got := s.types(); !slices.Contains(got, "invoice.payment_failed") || got[len(got)-1] != "customer.subscription.updated" {
		t.Errorf("the events are %v", got)
	}
}

// An event is the same when it is fetched, listed and delivered.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	customer := s.customer(t)
	id := s.stripe.Subscribe(t, customer, personal)
	for range 60 { // more than a page
		s.stripe.Renew(id)
	}
	s.stripe.Emit("price.updated", map[string]any{"id": "price_1", "object": "price"}) // not asked for
	var want, got []string
	for _, e := range s.stripe.Events() {
		if e.Type != "price.updated" {
			want = append(want, e.ID)
		}
		if err := s.Verify(e.Body, s.stripe.Sign(e.Body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Events(t.Context(), time.Now().Add(-36*time.Hour), func(body []byte) error {
		e, err := s.Read(body)
		got = append(got, e.ID)
		if e.Customer != customer || e.Live || time.Since(e.Created) > time.Hour {
			t.Errorf("it reads %+v", e)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	body, err := s.Event(t.Context(), want[0])
	if err != nil || string(body) != string(s.stripe.Events()[0].Body) {
		t.Errorf("it is fetched as %s: %v", body, err)
	}
	if _, err := s.Event(t.Context(), "evt_none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not there: it says %v", err)
	}
	none := func([]byte) error { return errors.New("there is one") }
	if err := s.Events(t.Context(), time.Now().Add(time.Minute), none); err != nil {
		t.Error(err)
	}
}

// Events come signed, and again until they are taken.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{})
	taken := make(chan delivery, 10)
	var refused atomic.Bool
	take := receive(t, taken)
	s.stripe.Deliver(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if refused.CompareAndSwap(false, true) { // the first time
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		take(w, r)
	}))
	s.stripe.SetCard(s.customer(t), stripetest.Works)
	d := <-taken
	if err := s.Verify(d.body, d.signature); err != nil {
		t.Error(err)
	}
	if e, err := s.Read(d.body); err != nil || e.Type != "customer.updated" {
		t.Errorf("it is %+v: %v", e, err)
	}
}

// delivery is an event as it came.
type delivery struct {
	body      []byte
	signature string
}

// receive takes deliveries.
func receive(t *testing.T, taken chan<- delivery) http.HandlerFunc {
	t.Helper()
	return func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		taken <- delivery{body, r.Header.Get("Stripe-Signature")}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		code   string
		want   fault.Kind
	}{
		"it is busy":           {http.StatusTooManyRequests, "rate_limit", fault.Temporary},
		"it fails":             {http.StatusInternalServerError, "", fault.Temporary},
		"it is away":           {http.StatusServiceUnavailable, "", fault.Temporary},
		"the key is in use":    {http.StatusConflict, "idempotency_key_in_use", fault.Temporary},
		"the card is declined": {http.StatusPaymentRequired, "card_declined", fault.LimitReached},
		"it is not there":      {http.StatusNotFound, "resource_missing", fault.NotFound},
		"the key is wrong":     {http.StatusUnauthorized, "", fault.Internal},
		"the key may not":      {http.StatusForbidden, "", fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, stripetest.Options{})
			s.stripe.Fail(test.status, test.code)
			_, err := s.CreateCustomer(t.Context(), "attempt", billing.Customer{Org: s.org})
			if err == nil || fault.KindOf(err) != test.want {
				t.Errorf("it says %v", err)
			}
			if said := fault.Sentence(err); strings.Contains(said, "the test asked") || strings.Contains(said, "stripe answers") {
				t.Errorf("people read %q", said)
			}
		})
	}
}

// A network that fails, and a server that is not Stripe, are worth another try.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	nonsense := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Stripe-Should-Retry", "false")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>") // the client left
	})
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, nonsense, http.StatusFound) })
	gone, stop := context.WithCancel(t.Context())
	stop()
	for address, ctx := range map[string]context.Context{nonsense: t.Context(), elsewhere: t.Context(), "http://127.0.0.1:1": gone} {
		g := stripegw.New(stripegw.Config{Key: "sk_test_example", URL: address, Now: time.Now})
		_, err := g.Subscriptions(ctx, "cus_1")
		if !fault.Is(err, fault.Temporary) {
			t.Errorf("%s: it says %v", address, err)
		}
	}
}

// An account where setup did not run says so to the operator, in the log.
func TestNothingIsSoldYet(t *testing.T) {
	t.Parallel()
	s := newShop(t, stripetest.Options{Empty: true})
	customer := s.customer(t)
	_, checkoutErr := s.Checkout(t.Context(), "order", s.order(customer, personal))
	_, portalErr := s.Portal(t.Context(), customer, "http://localhost:9/")
	for _, err := range []error{checkoutErr, portalErr} {
		if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "sendvery stripe setup") {
			t.Errorf("it says %v", err)
		}
	}
}

func serve(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
