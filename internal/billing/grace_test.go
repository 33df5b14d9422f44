package billing_test

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
)

const day = 24 * time.Hour

var (
	personal = billing.PlanOf(billing.Personal).Price(billing.Monthly)
	pro      = billing.PlanOf(billing.Pro).Price(billing.Monthly)
	business = billing.PlanOf(billing.Business).Price(billing.Monthly)
)

// said is what mails are about, without their addresses.
func said(sent []string) string {
	return strings.ReplaceAll(strings.Join(sent, "; "), "ada@first.example: ", "")
}

func TestNothingIsTakenAwayForThirtyDaysAfterAPlanEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, pro)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.sync(t)
	if a := h.account(t); a.Plan != billing.Free || a.Kept != billing.Pro || !a.KeptUntil.Equal(h.clock().Add(30*day)) {
		t.Fatalf("after the end: %+v", a)
	}
	if got := said(h.post(t)); got != `grace_reminder from "pro", 30 days` {
		t.Error("told at the beginning: ", got)
	}
	for _, c := range []struct {
		limit billing.Limit
		want  int
		why   string
	}{
		{billing.RetentionDays, 730, "what is stored stays"},
		{billing.Reports, 10_000, "as much may come in"},
		{billing.Domains, 1, "nothing new is added beyond the smaller plan"},
		{billing.Seats, 1, "nobody new is invited beyond the smaller plan"},
	} {
		if got := h.allowance(t, c.limit); got.Max != c.want {
			t.Errorf("%s in the grace: %d, want %d: %s", c.limit, got.Max, c.want, c.why)
		}
	}
	h.later(t, 22*day)
	if sent := h.post(t); len(sent) != 0 {
		t.Error("8 days before its end: ", sent)
	}
	h.later(t, day)
	if got := said(h.post(t)); got != `grace_reminder from "free", 7 days` {
		t.Error("7 days before its end: ", got)
	}
	h.later(t, 6*day)
	if got := said(h.post(t)); got != `grace_reminder from "free", 1 days` {
		t.Error("a day before its end: ", got)
	}
	h.later(t, day-time.Second)
	if len(h.shrunk) != 0 || h.allowance(t, billing.RetentionDays).Max != 730 {
		t.Error("something was taken away a second before the grace was over")
	}
	h.later(t, time.Second)
	if len(h.shrunk) != 1 || h.shrunk[0].ID != billing.Free || h.allowance(t, billing.RetentionDays).Max != 30 || h.account(t).Kept != "" {
		t.Errorf("after the grace: %v, %+v", h.shrunk, h.account(t))
	}
	h.later(t, day)
	if len(h.shrunk) != 1 || len(h.post(t)) != 0 {
		t.Error("the end of a grace was followed twice")
	}
}

func TestAPlanBoughtInTheGraceRestoresEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, pro)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.sync(t)
	h.later(t, 20*day)
	grown := h.grown
	h.pays(t, business)
	if a := h.account(t); a.Plan != billing.Business || a.Kept != "" || h.grown != grown+1 {
		t.Errorf("%+v, told of growth %d times", a, h.grown-grown)
	}
	h.later(t, 11*day)
	if len(h.shrunk) != 0 {
		t.Error("the old grace took something away")
	}
}

// A smaller plan than before, bought in the grace, does not make it longer or
// shorter, nor what it keeps smaller.
func TestASmallerPlanBoughtInTheGraceKeepsTheGrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, business)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.sync(t)
	until := *h.account(t).KeptUntil
	h.later(t, 10*day)
	h.pays(t, personal)
	if a := h.account(t); a.Plan != billing.Personal || a.Kept != billing.Business || !a.KeptUntil.Equal(until) {
		t.Errorf("%+v", a)
	}
}

func TestAMissingPaymentEndsThePlanAfterFourteenDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, personal)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.PastDue })
	h.sync(t)
	h.sync(t)
	if got := said(h.post(t)); got != `payment_failed from "", 0 days` {
		t.Error("told: ", got)
	}
	a := h.account(t)
	if a.Plan != billing.Personal || !a.LimitsFrom().Equal(h.clock().Add(14*day)) {
		t.Fatalf("while it is tried again: %+v", a)
	}
	h.later(t, 14*day-time.Second)
	if h.account(t).Plan != billing.Personal {
		t.Error("the plan ended too early")
	}
	h.later(t, time.Second)
	if a := h.account(t); a.Plan != billing.Free || a.Kept != billing.Personal || !a.KeptUntil.Equal(h.clock().Add(30*day)) {
		t.Errorf("after 14 days: %+v", a)
	}
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Active })
	h.sync(t)
	if a := h.account(t); a.Plan != billing.Personal || a.Kept != "" || a.PastDueSince != nil {
		t.Errorf("paid after all: %+v", a)
	}
}

func TestAnOrganizationOlderThanPlansKeepsWhatItHasForAGrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.founder(t, "bob@second.example", h.clock().AddDate(-1, 0, 0))
	if got := h.allowance(t, billing.RetentionDays); !got.Unlimited {
		t.Error("before it is known how old it is, reports are kept for ", got.Max, " days")
	}
	h.later(t, 0)
	if a := h.account(t); a.Kept != "" || h.allowance(t, billing.RetentionDays).Max != 30 {
		t.Errorf("a new one: %+v", a)
	}
	a, err := h.Account(t.Context(), bob.Org)
	if err != nil {
		t.Fatal(err)
	}
	if a.Plan != billing.Free || a.Kept != billing.Business || a.KeptUntil.Sub(h.clock()) != 30*day {
		t.Errorf("one that is a year old: %+v", a)
	}
}
