package billing_test

import (
	"fmt"
	"maps"
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
		{billing.Reports, 100, "what comes in on top waits"},
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

func TestTheDayFromWhichThingsAreTakenAway(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	in := func(days int) time.Time { return now.AddDate(0, 0, days) }
	paid := func(ends bool) *billing.Paid {
		return &billing.Paid{Price: pro, Status: billing.Active, PeriodEnd: in(20), EndsThen: ends}
	}
	for name, c := range map[string]struct {
		account billing.Account
		want    time.Time
	}{
		"a plan that goes on":           {billing.Account{Paid: paid(false)}, time.Time{}},
		"one that was cancelled":        {billing.Account{Paid: paid(true)}, in(50)},
		"a missing payment":             {billing.Account{Paid: paid(false), PastDueSince: &now}, in(44)},
		"cancelled with one missing":    {billing.Account{Paid: paid(true), PastDueSince: &now}, in(44)},
		"a grace":                       {billing.Account{Kept: billing.Pro, KeptUntil: new(in(3))}, in(3)},
		"a grace, and a plan that goes": {billing.Account{Paid: paid(true), Kept: billing.Business, KeptUntil: new(in(3))}, in(3)},
	} {
		if got := c.account.TakenAwayFrom(); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
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
	for i := range 120 { // more than are listed at once
		h.founder(t, fmt.Sprintf("owner%d@third.example", i), h.clock().AddDate(0, -2, 0))
	}
	ada := h.ada
	h.ada = bob
	if got := h.allowance(t, billing.RetentionDays); !got.Unlimited {
		t.Error("before its grace begins, reports are kept for ", got.Max, " days")
	}
	h.ada = ada
	h.later(t, 0)
	if a := h.account(t); a.Kept != "" || h.allowance(t, billing.RetentionDays).Max != 30 {
		t.Errorf("a new one: %+v", a)
	}
	accountOf := func() billing.Account {
		t.Helper()
		a, err := h.Account(t.Context(), bob.Org)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := accountOf(); a.Plan != billing.Free || a.Kept != billing.Business || a.KeptUntil.Sub(h.clock()) != 30*day {
		t.Errorf("one that is a year old: %+v", a)
	}
	for _, days := range []int{23, 6, 1} {
		h.later(t, time.Duration(days)*day)
	}
	if a := accountOf(); a.Kept != "" || len(h.shrunk) != 121 {
		t.Errorf("after its grace: %+v, %d were set aside", a, len(h.shrunk))
	}
	told := map[billing.TellPlan]int{}
	for _, job := range h.jobs {
		if n, ok := job.(billing.TellPlan); ok && n.Org == bob.Org {
			told[billing.TellPlan{Subject: n.Subject, Days: n.Days}]++
		}
	}
	want := map[billing.TellPlan]int{
		{Subject: billing.GraceReminder, Days: 30}: 1, {Subject: billing.GraceReminder, Days: 7}: 1, {Subject: billing.GraceReminder, Days: 1}: 1,
	}
	if !maps.Equal(told, want) {
		t.Errorf("its owner is told %v", told)
	}
	h.later(t, day)
	if len(h.shrunk) != 121 {
		t.Error("the end of a grace was followed twice")
	}
}

// A page for paying that is opened before the job has seen the organization
// takes no grace away.
func TestOpeningAPaymentPageTakesNoGraceAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ada = h.founder(t, "bob@second.example", h.clock().AddDate(-1, 0, 0))
	if _, err := h.Subscribe(t.Context(), h.ada, personal); err != nil {
		t.Fatal(err)
	}
	if a := h.account(t); a.Kept != billing.Business || !h.allowance(t, billing.RetentionDays).Unlimited {
		t.Errorf("%+v", a)
	}
}

// Who goes up and down again within a grace keeps what each plan gave for its
// own thirty days, and what the largest gave no longer than once.
func TestAGraceIsNotRenewedByASmallerPlan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, business)
	begun := h.clock()
	h.provider.set(func(s *billing.Subscription) { s.Key = personal.Key() })
	h.sync(t)
	h.later(t, 20*day)
	h.provider.set(func(s *billing.Subscription) { s.Key = pro.Key() })
	h.sync(t)
	h.provider.set(func(s *billing.Subscription) { s.Key = personal.Key() })
	h.sync(t)
	if a := h.account(t); a.Kept != billing.Business || !a.KeptUntil.Equal(begun.Add(30*day)) {
		t.Errorf("what Business gave: %+v", a)
	}
	h.later(t, 10*day)
	if a := h.account(t); a.Kept != billing.Pro || !a.KeptUntil.Equal(begun.Add(50*day)) || len(h.shrunk) != 0 {
		t.Errorf("what Pro gave: %+v, set aside %v", a, h.shrunk)
	}
	h.post(t)
	h.later(t, 14*day)
	if got := said(h.post(t)); got != `grace_reminder from "personal", 7 days` {
		t.Error("told: ", got)
	}
	h.later(t, 6*day)
	if a := h.account(t); a.Kept != "" || len(h.shrunk) != 1 || h.shrunk[0].ID != billing.Personal {
		t.Errorf("after both: %+v, set aside %v", a, h.shrunk)
	}
}

// While an organization is being deleted nobody could read a reminder: its time
// stands still.
func TestAGraceDoesNotPassWhileAnOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, pro)
	h.gone = true
	h.sync(t)
	for range 29 {
		h.later(t, day)
	}
	h.gone = false
	h.later(t, day)
	if a := h.account(t); a.Kept != billing.Pro || len(h.shrunk) != 0 {
		t.Fatalf("restored after 29 days: %+v", a)
	}
	h.post(t)
	told := ""
	for range 23 {
		h.later(t, day)
		told += said(h.post(t))
	}
	if want := `grace_reminder from "free", 7 daysgrace_reminder from "free", 1 days`; told != want || h.account(t).Kept != "" {
		t.Errorf("told: %s, %+v", told, h.account(t))
	}
}

// One organization whose state cannot be read or stored keeps no other waiting.
func TestAFailureOfOneKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.pays(t, pro)
	h.provider.set(func(s *billing.Subscription) { s.Status = billing.Canceled })
	h.sync(t)
	old := h.founder(t, "bob@second.example", h.clock().AddDate(-1, 0, 0))
	h.admin(t, `INSERT INTO billing_accounts (org_id, plan) VALUES ($1, 'free')`, old.Org)
	h.admin(t, `ALTER TABLE billing_accounts ADD CHECK (org_id <> '`+old.Org.String()+`' OR version = 0)`) // it cannot be stored
	h.mu.Lock()
	h.now = h.now.Add(31 * day)
	h.mu.Unlock()
	if err := h.PassTime(t.Context(), billing.PassTime{}); err == nil {
		t.Error("the failure is not told")
	}
	if a := h.account(t); a.Kept != "" {
		t.Errorf("the other's grace still stands: %+v", a)
	}
}
