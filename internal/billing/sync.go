package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// SyncAccount is the job that reads an organization's state at the provider.
type SyncAccount struct {
	Org postgres.TenantID `json:"org"`
}

// Kind implements work.Args.
func (SyncAccount) Kind() string { return "sync_billing_account" }

// SyncAccount does a SyncAccount job.
func (s *Service) SyncAccount(ctx context.Context, j SyncAccount) error { return s.Sync(ctx, j.Org) }

// Closing has what an organization pays for ended, in the transaction that
// deletes it.
func (s *Service) Closing(ctx context.Context, tx postgres.Tx, org postgres.TenantID) error {
	return s.Queue.Enqueue(ctx, tx, SyncAccount{Org: org})
}

// Sync makes what is stored of an organization what the provider has now. An
// organization that is being deleted pays no more.
func (s *Service) Sync(ctx context.Context, org postgres.TenantID) error {
	return s.sync(ctx, org, nil)
}

// errOvertaken means that somebody else stored a state meanwhile.
var errOvertaken = errors.New("the account was changed meanwhile")

// overtakenAtMost bounds how often one sync begins again.
const overtakenAtMost = 20

// sync is Sync; in the transaction that stores the state, also is called (nil =
// nothing). Whoever reads the provider and is overtaken before writing reads
// again, so that an old state never takes the place of a newer one.
func (s *Service) sync(ctx context.Context, org postgres.TenantID, also func(context.Context, postgres.Tx) error) error {
	for range overtakenAtMost {
		if err := s.syncOnce(ctx, org, also); !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return fault.Wrap(fault.Temporary, "The plan of this organization is being changed. Please try again in a minute.", errOvertaken)
}

func (s *Service) syncOnce(ctx context.Context, org postgres.TenantID, also func(context.Context, postgres.Tx) error) error {
	was := reading{at: s.Now()}
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) (err error) {
		if was.row, err = load(ctx, tx, org); err != nil {
			return err
		}
		_, err = s.People(ctx, tx, org)
		if was.closing = fault.Is(err, fault.NotFound); was.closing {
			err = nil
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case was.closing && was.row.Customer == nil:
		return nil // there is nothing to end, and its row may be gone
	case was.closing:
		if err := s.end(ctx, was.row); err != nil {
			return err
		}
	}
	if was.row.Customer != nil {
		if was.subs, err = s.Gateway.Subscriptions(ctx, *was.row.Customer); err != nil {
			return err
		}
	}
	return s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return s.store(ctx, tx, was, also) })
}

// reading is what the provider said about an account as it was then.
type reading struct {
	row     row
	closing bool // the organization is being deleted
	at      time.Time
	subs    []Subscription
}

// end ends what an organization pays for, and closes the page where it may
// still be paid.
func (s *Service) end(ctx context.Context, r row) error {
	if r.CheckoutID != nil {
		err := s.Gateway.ExpireCheckout(ctx, *r.CheckoutID)
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return s.endAll(ctx, *r.Customer, func(Subscription) bool { return true })
}

// endAll ends those of a customer's subscriptions that have not ended and of
// which something is true.
func (s *Service) endAll(ctx context.Context, customer string, these func(Subscription) bool) error {
	subs, err := s.Gateway.Subscriptions(ctx, customer)
	for _, sub := range subs {
		if err != nil {
			break
		}
		if sub.Status != Canceled && sub.Status != IncompleteExpired && these(sub) {
			err = s.Gateway.End(ctx, sub.ID)
		}
	}
	return err
}

// store writes what follows from a reading.
func (s *Service) store(ctx context.Context, tx postgres.Tx, was reading, also func(context.Context, postgres.Tx) error) error {
	r, err := lock(ctx, tx, was.row.Org)
	if err != nil {
		return err
	}
	if r.Version != was.row.Version {
		return errOvertaken
	}
	if err := s.begin(ctx, tx, &r); err != nil {
		return err
	}
	c := r.follow(was.subs, s.Now())
	if was.closing {
		r.stand(s.Now())
	}
	if err := save(ctx, tx, r); err != nil {
		return err
	}
	if err := synced(ctx, tx, r.Org, was.at); err != nil {
		return err
	}
	events, err := s.consequences(ctx, tx, r, c)
	if err != nil {
		return err
	}
	if also != nil {
		if err := also(ctx, tx); err != nil {
			return err
		}
	}
	return s.Trail.Record(ctx, tx, events...)
}

// change is what a new state of an account leads to.
type change struct {
	from, to   PlanID // of the plan in force; equal = it stays
	failed     bool   // a payment is missing since just now
	repriced   bool   // the same plan is paid at other intervals
	ends       bool   // it was cancelled just now
	reminder   int    // days before the end of the grace that are to be told; 0 = none
	graceEnded bool
}

// follow makes the row what the subscriptions say at a time, and moves on what
// goes by time.
func (r *row) follow(subs []Subscription, now time.Time) change {
	paying := slices.DeleteFunc(slices.Clone(subs), func(s Subscription) bool {
		_, known := PriceOf(s.Key)
		return !known || !s.Status.Pays()
	})
	slices.SortFunc(paying, better)
	r.Twice = len(paying) > 1
	if len(paying) > 0 || (r.CheckoutUntil != nil && now.After(*r.CheckoutUntil)) {
		r.CheckoutID, r.CheckoutURL, r.CheckoutPlan, r.CheckoutInterval, r.CheckoutUntil = nil, nil, nil, nil, nil
	}
	was := *r
	r.Subscription, r.Item, r.PricePlan, r.Interval, r.Status, r.PeriodStart, r.PeriodEnd, r.EndsThen = nil, nil, nil, nil, nil, nil, nil, false
	r.PastDueSince = nil
	plan := Free
	if len(paying) > 0 {
		sub := paying[0]
		price, _ := PriceOf(sub.Key)
		plan = price.Plan
		r.Subscription, r.Item, r.PricePlan, r.Interval, r.Status = &sub.ID, &sub.Item, &price.Plan, &price.Interval, &sub.Status
		r.PeriodStart, r.PeriodEnd, r.EndsThen = &sub.PeriodStart, &sub.PeriodEnd, sub.EndsThen
		if sub.Status == PastDue {
			r.PastDueSince = cmp.Or(was.PastDueSince, &now)
			if !now.Before(r.PastDueSince.Add(PaymentGrace)) {
				plan = Free
			}
		}
	}
	c := r.turn(plan, now)
	c.failed = r.PastDueSince != nil && was.PastDueSince == nil
	c.ends = r.EndsThen && !was.EndsThen
	c.repriced = was.Interval != nil && r.Interval != nil && *was.Interval != *r.Interval && *was.PricePlan == *r.PricePlan
	return c
}

// better orders subscriptions that are paid: without a missing payment first,
// then the larger plan, then the older one.
func better(a, b Subscription) int {
	late := func(s Subscription) int {
		if s.Status == PastDue {
			return 1
		}
		return 0
	}
	planOf := func(s Subscription) int {
		price, _ := PriceOf(s.Key)
		return rank(price.Plan)
	}
	return cmp.Or(late(a)-late(b), planOf(b)-planOf(a), a.Created.Compare(b.Created))
}

// consequences has done what follows from a change, and returns its events.
func (s *Service) consequences(ctx context.Context, tx postgres.Tx, r row, c change) (events []audit.Event, err error) {
	event := func(action string, detail map[string]string) {
		events = append(events, audit.Event{Org: r.Org, Action: action, Detail: detail, At: s.Now()})
	}
	var notices []TellPlan
	if c.from != c.to {
		event("billing.plan", map[string]string{"from": string(c.from), "to": string(c.to)})
	}
	if c.from.Less(c.to) {
		notices = append(notices, TellPlan{Subject: PlanChanged, From: c.from})
		if err := s.Grown(ctx, tx, r.Org); err != nil {
			return nil, err
		}
	}
	if c.repriced {
		notices = append(notices, TellPlan{Subject: PlanChanged, From: c.from})
	}
	if c.ends {
		notices = append(notices, TellPlan{Subject: PlanEnds})
	}
	if c.reminder > 0 { // the first one says that the plan became smaller
		notices = append(notices, TellPlan{Subject: GraceReminder, From: c.from, Days: c.reminder})
	}
	if c.failed {
		notices = append(notices, TellPlan{Subject: PaymentFailed})
	}
	if c.graceEnded {
		event("billing.grace_over", map[string]string{"plan": string(c.to)})
		if err := s.Shrunk(ctx, tx, r.Org, PlanOf(c.to)); err != nil {
			return nil, err
		}
	}
	return events, s.notify(ctx, tx, r.Org, notices)
}

// notify has the owners written to.
func (s *Service) notify(ctx context.Context, tx postgres.Tx, org postgres.TenantID, notices []TellPlan) error {
	if len(notices) == 0 {
		return nil
	}
	people, err := s.People(ctx, tx, org)
	if fault.Is(err, fault.NotFound) {
		return nil // it is being deleted: nobody waits for news of its plan
	}
	if err != nil {
		return fmt.Errorf("owners to tell about a plan: %w", err)
	}
	for _, n := range notices {
		for _, owner := range people.Owners {
			n.Org, n.Person = org, owner.ID
			if err := s.Queue.Enqueue(ctx, tx, n, work.Attempts(8)); err != nil {
				return err
			}
		}
	}
	return nil
}
