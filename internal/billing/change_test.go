package billing_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
)

func TestTwoOwnersWhoUpgradeAtOnceGetOneSubscription(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.ada
	bob.Email = "bob@first.example"
	var wg sync.WaitGroup
	for range 10 {
		for _, a := range []billing.Actor{h.ada, bob} {
			wg.Go(func() {
				for _, p := range []billing.Price{personal, pro} {
					if _, err := h.Subscribe(t.Context(), a, p); err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if _, err := h.Subscribe(t.Context(), bob, pro); err != nil {
		t.Fatal("the claim was not given back: ", err)
	}
	h.provider.complete(t, h.clock()) // whoever still can, pays
	h.sync(t)
	if n := len(h.provider.subs["cus_1"]); n != 1 || h.provider.customers != 1 {
		t.Errorf("%d subscriptions, %d customers", n, h.provider.customers)
	}
	if a := h.account(t); a.Plan != billing.Pro || a.Checkout != nil {
		t.Errorf("%+v", a)
	}
	if _, err := h.Subscribe(t.Context(), h.ada, personal); !fault.Is(err, fault.Conflict) {
		t.Error("a second subscription could be bought: ", err)
	}
}

func TestTheSamePlanLeadsToTheSamePageWhileItIsOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	subscribe := func(p billing.Price) string {
		t.Helper()
		url, err := h.Subscribe(t.Context(), h.ada, p)
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
	first := subscribe(personal)
	if again := subscribe(personal); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if other := subscribe(pro); other == first || h.provider.pages[0].state != "expired" {
		t.Error("the page for another plan is still open")
	}
	h.later(t, 55*time.Minute) // a page that closes in a moment helps nobody
	if subscribe(pro) == h.provider.pages[1].URL {
		t.Error("a page was handed out that is about to close")
	}
}

func TestAChangeIsChargedOnlyAsItWasSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	q, err := h.Preview(t.Context(), h.ada, pro)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.provider.changes) != 0 || h.account(t).Plan != billing.Personal {
		t.Fatal("a preview changed something")
	}
	seen := billing.Agreed{To: q.To, At: q.At, Due: q.Due}
	other := seen
	other.Due--
	if err := h.Change(t.Context(), h.ada, other); !fault.Is(err, fault.Conflict) {
		t.Error("charged another amount than was seen: ", err)
	}
	old := seen
	old.At = old.At.Add(-2 * time.Hour)
	if err := h.Change(t.Context(), h.ada, old); !fault.Is(err, fault.Conflict) {
		t.Error("charged what was seen two hours ago: ", err)
	}
	if len(h.provider.changes) != 0 {
		t.Fatal("something was changed")
	}
	for range 2 { // the second owner presses the same button
		if err := h.Change(t.Context(), h.ada, seen); err != nil {
			t.Fatal(err)
		}
	}
	if a := h.account(t); len(h.provider.changes) != 1 || a.Plan != billing.Pro {
		t.Errorf("%d changes, %+v", len(h.provider.changes), a)
	}
	if got := said(h.post(t)); got != `plan_changed from "personal", 0 days` {
		t.Error("told: ", got)
	}
}

func TestADeclinedCardChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.declines = true
	q, err := h.Preview(t.Context(), h.ada, business)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Change(t.Context(), h.ada, billing.Agreed{To: q.To, At: q.At, Due: q.Due}); !fault.Is(err, fault.LimitReached) {
		t.Error(err)
	}
	if a := h.account(t); a.Plan != billing.Personal || a.Paid.Plan != billing.Personal {
		t.Errorf("%+v", a)
	}
}

func TestCancellingEndsWithThePeriodAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	if err := h.Cancel(t.Context(), h.ada); err != nil {
		t.Fatal(err)
	}
	if a := h.account(t); a.Plan != billing.Personal || !a.Paid.EndsThen || a.Kept != "" {
		t.Errorf("cancelled: %+v", a)
	}
	if got := said(h.post(t)); got != `plan_ends from "", 0 days` {
		t.Error("told: ", got)
	}
	if err := h.Resume(t.Context(), h.ada); err != nil {
		t.Fatal(err)
	}
	if a := h.account(t); a.Paid.EndsThen {
		t.Errorf("resumed: %+v", a)
	}
}

func TestAPlanThatIsOverWhenTheMailIsWrittenIsNotConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.Subscribe(t.Context(), h.ada, personal); err != nil {
		t.Fatal(err)
	}
	h.provider.complete(t, h.clock())
	h.sync(t)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.sync(t)
	if got := said(h.post(t)); got != `grace_reminder from "personal", 30 days` {
		t.Error("told: ", got)
	}
}

// What owners do is in the trail in the transaction that stores what came of it.
func TestWhatOwnersDoIsRecorded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	if err := h.Cancel(t.Context(), h.ada); err != nil {
		t.Fatal(err)
	}
	got := ask[string](t, h, `SELECT string_agg(action || CASE WHEN person_id IS NULL THEN ' (program)' ELSE '' END, ', ' ORDER BY seq) FROM audit_events WHERE org_id = $1`, h.ada.Org)
	if want := "billing.customer, billing.checkout, billing.plan (program), billing.cancel"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDeletingAnOrganizationEndsWhatItPays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.gone = true
	h.sync(t)
	if s := h.provider.subs["cus_1"][0]; s.Status != billing.Canceled {
		t.Errorf("it still pays: %+v", s)
	}
}

func TestOfTwoSubscriptionsTheBetterOneCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.add("cus_1", business, h.clock().Add(time.Hour))
	h.sync(t)
	if a := h.account(t); !a.Twice || a.Plan != billing.Business {
		t.Errorf("the larger one: %+v", a)
	}
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.PastDue })
	h.sync(t)
	if a := h.account(t); a.Plan != billing.Personal || a.PastDueSince != nil || a.Kept != billing.Business {
		t.Errorf("the one that is paid: %+v", a)
	}
}

// What is not paid any more could be paid later, beside a new subscription.
func TestASubscriptionThatIsNotPaidEndsBeforeANewOneBegins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Unpaid })
	h.sync(t)
	if _, err := h.Subscribe(t.Context(), h.ada, pro); err != nil {
		t.Fatal(err)
	}
	if s := h.provider.subs["cus_1"][0]; s.Status != billing.Canceled {
		t.Errorf("it can still be paid: %+v", s)
	}
}

// Going up as if it were later and down as if it were earlier would earn money.
func TestAQuoteIsFromAfterTheLastChangeAndWithinThePeriod(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	agree := func(to billing.Price, at time.Time) error {
		t.Helper()
		q, err := h.provider.Preview(t.Context(), billing.Change{To: to, At: at})
		if err != nil {
			t.Fatal(err)
		}
		return h.Change(t.Context(), h.ada, billing.Agreed{To: to, At: at, Due: q.Due})
	}
	if err := agree(pro, h.clock().Add(-time.Minute)); !fault.Is(err, fault.Conflict) {
		t.Error("from before the period: ", err)
	}
	if err := agree(pro, h.clock().Add(time.Minute)); !fault.Is(err, fault.Conflict) {
		t.Error("from the future: ", err)
	}
	h.later(t, time.Hour)
	if err := agree(pro, h.clock()); err != nil {
		t.Fatal(err)
	}
	h.later(t, time.Minute)
	if err := agree(personal, h.clock().Add(-2*time.Minute)); !fault.Is(err, fault.Conflict) {
		t.Error("from before the last change: ", err)
	}
	if err := agree(personal, h.clock()); err != nil {
		t.Error("from now: ", err)
	}
}

// What an owner agreed to is in the trail whatever becomes of storing the rest.
func TestWhatWasAgreedToIsRecordedBeforeItIsCharged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	q, err := h.Preview(t.Context(), h.ada, pro)
	if err != nil {
		t.Fatal(err)
	}
	h.provider.changed = func() { h.provider.away = true } // and so is never read again
	if err := h.Change(t.Context(), h.ada, billing.Agreed{To: q.To, At: q.At, Due: q.Due}); !fault.Is(err, fault.Temporary) {
		t.Fatal(err)
	}
	got := ask[string](t, h, `SELECT (detail->>'to') || ', ' || (detail->>'due') FROM audit_events WHERE action = 'billing.change' AND person_id = $1`, h.ada.Person)
	if want := fmt.Sprint("pro by the month, ", q.Due, " cents USD"); got != want {
		t.Errorf("the trail has %q, want %q", got, want)
	}
}

func TestReconcileTellsOfWhoPaysAndShouldNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.known = []billing.Customer{{ID: "cus_1", Org: h.ada.Org}, {ID: "cus_2", Org: h.ada.Org}}
	h.provider.add("cus_2", pro, h.clock())
	reconciled := func() (told []string) {
		t.Helper()
		if _, err := h.Reconcile(t.Context(), func(d billing.Drift) { told = append(told, d.What) }); err != nil {
			t.Fatal(err)
		}
		return told
	}
	if told := reconciled(); len(told) != 1 || !strings.Contains(told[0], "cus_2 pays for it too") {
		t.Errorf("a second customer: %q", told)
	}
	h.gone = true
	h.provider.known = h.provider.known[1:]
	if told := reconciled(); len(told) != 1 || !strings.Contains(told[0], "is deleted, but customer cus_2 still pays") {
		t.Errorf("an organization that is gone: %q", told)
	}
}

func TestWhileTheProviderIsAwayThePlanStaysAsItWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.away = true
	if err := h.Cancel(t.Context(), h.ada); !fault.Is(err, fault.Temporary) {
		t.Error(err)
	}
	h.deliver(t, "evt_away", "customer.subscription.updated")
	if err := h.Follow(t.Context(), billing.FollowEvent{Event: "evt_away"}); !fault.Is(err, fault.Temporary) {
		t.Error(err)
	}
	if a := h.account(t); a.Plan != billing.Personal {
		t.Errorf("%+v", a)
	}
	open, n, err := h.OpenEvents(t.Context(), 10)
	if err != nil || n != 1 || open[0].State != billing.Failed || !strings.Contains(open[0].Failure, "temporary") {
		t.Errorf("for the operator: %+v, %d, %v", open, n, err)
	}
	h.provider.away = false
	h.post(t)
	if _, n, err = h.OpenEvents(t.Context(), 10); err != nil || n != 0 {
		t.Errorf("tried again: %d are open, %v", n, err)
	}
}
