package billing_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
)

// What an event says is not believed: an "updated" that comes after the
// "deleted" finds the subscription ended.
func TestAnUpdatedAfterADeletedUpgradesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, pro)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.deliver(t, "evt_2", "customer.subscription.deleted")
	h.deliver(t, "evt_1", "customer.subscription.updated")
	h.post(t)
	if a := h.account(t); a.Plan != billing.Free {
		t.Errorf("%+v", a)
	}
}

func TestAnEventIsStoredAsItCameAndFollowedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	body := []byte("{ \"ID\":\"evt_1\",  \"Type\":\"invoice.paid\", \"Customer\":\"cus_1\" }\n")
	header := http.Header{billing.SignatureHeader: {"good"}, "User-Agent": {"Provider/1.0"}, "Cookie": {"a=secret"}}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := h.Deliver(t.Context(), header, body); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(h.jobs) != 1 {
		t.Errorf("it is followed by %d jobs", len(h.jobs))
	}
	if got := ask[[]byte](t, h, `SELECT body FROM stripe_events`); string(got) != string(body) {
		t.Errorf("stored: %q", got)
	}
	if got := ask[string](t, h, `SELECT headers::text FROM stripe_events`); got != `{"User-Agent": ["Provider/1.0"], "Stripe-Signature": ["good"]}` {
		t.Error("headers: ", got)
	}
	h.post(t)
	if got := ask[string](t, h, `SELECT state || ' ' || customer_id || ' ' || attempts FROM stripe_events`); got != "done cus_1 1" {
		t.Error(got)
	}
}

func TestWhatIsNotTheProvidersIsNotStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	err := h.Deliver(t.Context(), http.Header{billing.SignatureHeader: {"bad"}}, []byte(`{"ID":"evt_1","Type":"invoice.paid"}`))
	if !fault.Is(err, fault.Invalid) || ask[int](t, h, `SELECT count(*) FROM stripe_events`) != 0 || len(h.jobs) != 0 {
		t.Error(err)
	}
}

func TestEventsOfUnknownTypesAndCustomersAreKeptAndNothingFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.deliver(t, "evt_1", "a.type.of.tomorrow")
	if err := h.Deliver(t.Context(), http.Header{billing.SignatureHeader: {"good"}}, []byte(`{"ID":"evt_2","Type":"invoice.paid","Customer":"cus_99"}`)); err != nil {
		t.Fatal(err)
	}
	if err := h.Deliver(t.Context(), http.Header{billing.SignatureHeader: {"good"}}, []byte(`{"ID":"evt_3","Type":"invoice.paid","Customer":"cus_1","Live":true}`)); err != nil {
		t.Fatal(err)
	}
	h.provider.away = true // so it is not asked
	h.post(t)
	if n := ask[int](t, h, `SELECT count(*) FROM stripe_events WHERE state = 'kept' AND length(body) > 0`); n != 3 {
		t.Errorf("%d are kept", n)
	}
}

// A sync that read the provider and was overtaken by a later one before it
// wrote does not write what it read.
func TestAnOldAnswerNeverReplacesANewerOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	once := sync.Once{}
	h.provider.asked = func() {
		once.Do(func() { // between the answer to the first sync and its writing
			h.provider.asked = nil
			h.provider.set(func(s *billing.Subscription) { s.Key = business.Key() })
			h.sync(t)
		})
	}
	h.sync(t)
	if a := h.account(t); a.Plan != billing.Business {
		t.Errorf("%+v", a)
	}
}

func TestDeliveriesAreForgottenAfterNinetyDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.deliver(t, "evt_done", "invoice.paid")
	h.post(t)
	h.provider.away = true
	h.deliver(t, "evt_failed", "invoice.paid")
	if err := h.Follow(t.Context(), billing.FollowEvent{Event: "evt_failed"}); err == nil {
		t.Fatal("it was followed")
	}
	if n := ask[int](t, h, `SELECT count(*) FROM stripe_events WHERE customer_id = 'cus_1'`); n != 2 {
		t.Errorf("%d would go with their organization", n)
	}
	h.provider.away = false
	for _, c := range []struct {
		after time.Duration
		left  int
	}{{90*day - time.Hour, 2}, {2 * time.Hour, 0}} {
		h.later(t, c.after)
		if err := h.ForgetEvents(t.Context(), billing.ForgetEvents{}); err != nil {
			t.Fatal(err)
		}
		if n := ask[int](t, h, `SELECT count(*) FROM stripe_events`); n != c.left {
			t.Errorf("%d are left", n)
		}
	}
}

func TestABurstOfDeliveriesIsStoredAndFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.set(func(s *billing.Subscription) { s.Key = pro.Key() })
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 25 {
				h.deliver(t, fmt.Sprintf("evt_%d_%d", i, j), "customer.subscription.updated")
			}
		})
	}
	wg.Wait()
	h.post(t)
	if n := ask[int](t, h, `SELECT count(*) FROM stripe_events WHERE state = 'done'`); n != 500 {
		t.Errorf("%d are done", n)
	}
	if h.account(t).Plan != billing.Pro {
		t.Errorf("%+v", h.account(t))
	}
}
