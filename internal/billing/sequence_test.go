package billing_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/stripegw"
	"sendvery.com/sendvery/internal/stripetest"
)

var sequences = flag.Int("sequences", 200, "how many random sequences of events are tried")

// atStripe has the house's provider be a Stripe on loopback.
func (h *house) atStripe(t *testing.T) *stripetest.Server {
	t.Helper()
	s := stripetest.New(t, stripetest.Options{Now: h.clock})
	h.Gateway = stripegw.New(stripegw.Config{Key: s.Key, URL: s.URL, Secrets: []string{s.Secret}, Now: time.Now})
	return s
}

// Whatever happens at Stripe, and in whatever order, how often or never its
// events come: once all have come that do, or accounts were reconciled, what is
// stored is what Stripe has, and each change of a plan was noted once.
func TestAnySequenceOfEventsEndsAsStripeIs(t *testing.T) {
	t.Parallel()
	const together = 100 // organizations in one database
	seed := rand.Uint64()
	for first := 0; first < *sequences; first += together {
		t.Run(fmt.Sprint("from ", first), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			runs := sequencesOf(t, h, seed+uint64(first), min(together, *sequences-first))
			h.later(t, 0)
			for _, r := range runs {
				if !r.dropped {
					r.compare(t, "after all events")
				}
			}
			h.later(t, time.Second)
			if _, err := h.Reconcile(t.Context(), func(billing.Drift) {}); err != nil {
				t.Fatal(err)
			}
			for _, r := range runs {
				r.compare(t, "reconciled")
			}
			h.later(t, time.Second)
			left := 0
			if _, err := h.Reconcile(t.Context(), func(billing.Drift) { left++ }); err != nil || left > 0 {
				t.Errorf("a second time %d differences are found, %v", left, err)
			}
		})
	}
}

// sequence is one organization whose subscription goes through something.
type sequence struct {
	h        *house
	stripe   *stripetest.Server
	seed     uint64
	random   *rand.Rand
	org      postgres.TenantID
	customer string
	said     []string // what happened, for whoever reads a failure
	dropped  bool     // an event never came
}

func sequencesOf(t *testing.T, h *house, seed uint64, n int) []*sequence {
	t.Helper()
	stripe := h.atStripe(t)
	var runs []*sequence
	for i := range n {
		at := seed + uint64(i)
		a := h.founder(t, fmt.Sprintf("owner%d@first.example", i), h.clock())
		if _, err := h.Subscribe(t.Context(), a, personal); err != nil {
			t.Fatal(err)
		}
		customers := stripe.Customers()
		r := &sequence{h: h, stripe: stripe, seed: at, random: rand.New(rand.NewPCG(at, 1)), org: a.Org, customer: customers[len(customers)-1]}
		r.run(t)
		runs = append(runs, r)
	}
	return runs
}

// run lets things happen at Stripe, and some of their events come meanwhile.
func (r *sequence) run(t *testing.T) {
	t.Helper()
	seen := len(r.stripe.Events())
	var waiting []stripetest.Event
	for range 2 + r.random.IntN(10) {
		r.step(t)
		all := r.stripe.Events()
		for _, e := range all[seen:] {
			if r.random.IntN(8) == 0 {
				r.dropped = true
				r.said = append(r.said, "dropped "+e.Type)
				continue
			}
			waiting = append(waiting, e)
			if r.random.IntN(4) == 0 {
				waiting = append(waiting, e)
			}
		}
		seen = len(all)
		r.random.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		n := r.random.IntN(len(waiting) + 1)
		r.come(t, waiting[:n])
		waiting = waiting[n:]
	}
	r.come(t, waiting)
}

// come delivers events at once, and follows them, each by whoever is first.
func (r *sequence) come(t *testing.T, events []stripetest.Event) {
	t.Helper()
	var wg sync.WaitGroup
	for _, e := range events {
		wg.Go(func() {
			header := http.Header{billing.SignatureHeader: {r.stripe.Sign(e.Body)}}
			if err := r.h.Deliver(context.WithoutCancel(t.Context()), header, e.Body); err != nil {
				t.Errorf("seed %d: %s: %v", r.seed, e.Type, err)
			}
			if err := r.h.Follow(t.Context(), billing.FollowEvent{Event: e.ID}); err != nil {
				t.Errorf("seed %d: %s: %v", r.seed, e.Type, err)
			}
		})
	}
	wg.Wait()
}

// step lets one thing happen at Stripe.
func (r *sequence) step(t *testing.T) {
	t.Helper()
	prices := billing.Prices()
	price := prices[r.random.IntN(len(prices))]
	subs := r.stripe.Subscriptions(r.customer)
	if len(subs) == 0 || (r.paid(t) == nil && r.random.IntN(2) == 0) {
		r.said = append(r.said, "subscribe "+price.Key())
		r.stripe.Subscribe(t, r.customer, price)
		return
	}
	id := subs[len(subs)-1]
	card := []stripetest.Card{stripetest.Works, stripetest.Declined}[r.random.IntN(2)]
	ends := r.random.IntN(2) == 0
	steps := []struct {
		what string
		do   func()
	}{
		{"renew", func() { r.stripe.Renew(id) }},
		{fmt.Sprint("card ", card), func() { r.stripe.SetCard(r.customer, card) }},
		{"pay", func() { r.stripe.Pay(id) }},
		{"give up", func() { r.stripe.GiveUp(id) }},
		{"cancel", func() { r.stripe.Cancel(id) }},
		{fmt.Sprint("ends then ", ends), func() { r.stripe.CancelAtEnd(id, ends) }},
		{"change to " + price.Key(), func() { r.stripe.ChangePrice(id, price) }},
	}
	if r.random.IntN(6) == 0 {
		days := 1 + r.random.IntN(20)
		r.said = append(r.said, fmt.Sprint(days, " days pass"))
		r.h.later(t, time.Duration(days)*day)
		return
	}
	one := steps[r.random.IntN(len(steps))]
	r.said = append(r.said, one.what)
	one.do()
}

// paid is the subscription that pays at Stripe; nil without one.
func (r *sequence) paid(t *testing.T) *billing.Subscription {
	t.Helper()
	subs, err := r.h.Gateway.Subscriptions(t.Context(), r.customer)
	if err != nil {
		t.Fatal(err)
	}
	n := slices.IndexFunc(subs, func(s billing.Subscription) bool { return s.Status.Pays() })
	if n < 0 {
		return nil
	}
	return &subs[n]
}

func (r *sequence) compare(t *testing.T, when string) {
	t.Helper()
	a, err := r.h.Account(t.Context(), r.org)
	if err != nil {
		t.Fatal(err)
	}
	want, is := "free", string(a.Plan)
	if sub := r.paid(t); sub != nil {
		price, _ := billing.PriceOf(sub.Key)
		plan := price.Plan
		if from := a.LimitsFrom(); !from.IsZero() && !r.h.clock().Before(from) {
			plan = billing.Free
		}
		want = fmt.Sprint(plan, " ", sub.Key, " ", sub.Status, " ", sub.PeriodEnd.Unix(), " ", sub.EndsThen)
	}
	if a.Paid != nil {
		is += fmt.Sprint(" ", a.Paid.Key(), " ", a.Paid.Status, " ", a.Paid.PeriodEnd.Unix(), " ", a.Paid.EndsThen)
	}
	if is != want || (a.PastDueSince != nil) != (a.Paid != nil && a.Paid.Status == billing.PastDue) {
		t.Errorf("%s, seed %d: %s is stored, Stripe has %s; it went: %v", when, r.seed, is, want, r.said)
	}
	changes := ask[[]string](t, r.h, `SELECT coalesce(array_agg(detail->>'from' || ' ' || (detail->>'to') ORDER BY seq), '{}') FROM audit_events WHERE org_id = $1 AND action = 'billing.plan'`, r.org)
	plan := "free"
	for _, c := range changes {
		var from, to string
		if _, err := fmt.Sscan(c, &from, &to); err != nil {
			t.Fatal(err)
		}
		if from != plan || to == from {
			t.Errorf("%s, seed %d: a change was noted twice or not at all: %v", when, r.seed, changes)
		}
		plan = to
	}
	if plan != string(a.Plan) {
		t.Errorf("%s, seed %d: the trail ends with %s, the plan is %s", when, r.seed, plan, a.Plan)
	}
}

// A process that dies between storing an event and following it, or while it
// follows it, leaves an event that is followed later, once.
func TestACrashAtAnyMomentLosesNothingAndDoesNothingTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stripe := h.atStripe(t)
	h.paysAt(t, stripe, personal)
	stripe.ChangePrice(stripe.Subscriptions(stripe.Customers()[0])[0], pro)
	events := stripe.Events()
	e := events[len(events)-1]
	if err := h.Deliver(t.Context(), http.Header{billing.SignatureHeader: {stripe.Sign(e.Body)}}, e.Body); err != nil {
		t.Fatal(err)
	}
	state := func() string { return ask[string](t, h, `SELECT state FROM stripe_events WHERE event_id = $1`, e.ID) }
	follow := func(ctx context.Context) error { return h.Follow(ctx, billing.FollowEvent{Event: e.ID}) }

	// It died before anything was followed: the job is there.
	if state() != "waiting" || len(h.jobs) == 0 {
		t.Fatal(state(), h.jobs)
	}
	// It dies at each of the steps in the transaction that stores what followed.
	grown := h.grown
	for _, dies := range []struct {
		when string
		set  func(fail error)
	}{
		{"before owners are known", func(fail error) { h.fails.people = fail }},
		{"while more is given", func(fail error) { h.fails.grown = fail }},
		{"while mails are ordered", func(fail error) { h.fails.enqueue = fail }},
	} {
		dies.set(context.Canceled)
		if err := follow(t.Context()); err == nil {
			t.Fatal(dies.when, ": it was followed")
		}
		dies.set(nil)
		if a := h.account(t); a.Plan != billing.Personal || state() == "done" {
			t.Errorf("%s: half of it is stored: %+v, %s", dies.when, a, state())
		}
	}
	if err := follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := h.account(t); a.Plan != billing.Pro || state() != "done" || h.grown != grown+3 { // two of them were rolled back
		t.Errorf("%+v, %s, told of growth %d times", a, state(), h.grown-grown)
	}
	if n := ask[int](t, h, `SELECT count(*) FROM audit_events WHERE action = 'billing.plan'`); n != 2 {
		t.Errorf("%d changes of plan are in the trail", n)
	}
}

// paysAt makes the organization one that pays at Stripe.
func (h *house) paysAt(t *testing.T, stripe *stripetest.Server, p billing.Price) {
	t.Helper()
	if _, err := h.Subscribe(t.Context(), h.ada, p); err != nil {
		t.Fatal(err)
	}
	stripe.Subscribe(t, stripe.Customers()[0], p)
	h.sync(t)
	h.jobs = nil
}

func TestReplayFollowsWhatNeverCame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stripe := h.atStripe(t)
	h.paysAt(t, stripe, personal)
	sub := stripe.Subscriptions(stripe.Customers()[0])[0]
	stripe.ChangePrice(sub, pro)
	events := stripe.Events()
	state, err := h.Replay(t.Context(), events[len(events)-1].ID)
	if err != nil || state != billing.Done || h.account(t).Plan != billing.Pro {
		t.Errorf("one: %s, %v, %+v", state, err, h.account(t))
	}
	if _, err := h.Replay(t.Context(), "evt_of_nobody"); !fault.Is(err, fault.NotFound) {
		t.Error("one that is not there: ", err)
	}
	stripe.Cancel(sub)
	done := 0
	err = h.ReplaySince(t.Context(), h.clock().Add(-time.Hour), func(id string, state billing.EventState, err error) {
		if err != nil {
			t.Error(id, ": ", err)
		}
		if state == billing.Done {
			done++
		}
	})
	if err != nil || done < 2 || h.account(t).Plan != billing.Free {
		t.Errorf("all: %d are done, %v, %+v", done, err, h.account(t))
	}
}

func TestReconcileFindsACustomerThatWasNotStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stripe := h.atStripe(t)
	id, err := h.Gateway.CreateCustomer(t.Context(), "lost", billing.Customer{Org: h.ada.Org, Name: "First", Email: h.ada.Email})
	if err != nil {
		t.Fatal(err)
	}
	stripe.Subscribe(t, id, pro)
	var found []billing.Drift
	n, err := h.Reconcile(t.Context(), func(d billing.Drift) { found = append(found, d) })
	if err != nil || n != 1 || len(found) != 1 || !found[0].Repaired || h.account(t).Plan != billing.Pro {
		t.Errorf("%d compared, %+v, %v", n, found, err)
	}
}
