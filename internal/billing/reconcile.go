package billing

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// CompareAccounts is the job that compares every organization with the
// provider, once a night, and repairs what differs.
type CompareAccounts struct{}

// Kind implements work.Args.
func (CompareAccounts) Kind() string { return "compare_billing_accounts" }

const (
	compareEvery  = 20 * time.Hour // what was read since then is not read again
	compareAtOnce = 200
	adoptSince    = 72 * time.Hour // customers made longer ago were looked at on earlier nights
)

// CompareAccounts does a CompareAccounts job.
func (s *Service) CompareAccounts(ctx context.Context, _ CompareAccounts) error {
	var orgs []postgres.TenantID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		orgs, err = unread(ctx, tx, s.Now().Add(-compareEvery), compareAtOnce)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.syncEach(ctx, orgs, compareAtOnce); err != nil {
		return err
	}
	return s.adopt(ctx, s.Now().Add(-adoptSince), func(d Drift) {
		s.Log.WarnContext(ctx, "billing differs from the payment provider", "organization", d.Org, "what", d.What)
	})
}

// Drift is where an organization's account was not what the provider has.
type Drift struct {
	Org      postgres.TenantID
	What     string
	Repaired bool
}

// Reconcile compares every organization with the provider, tells found of each
// difference, repairs it, and counts the organizations.
func (s *Service) Reconcile(ctx context.Context, found func(Drift)) (compared int, err error) {
	if err := s.adopt(ctx, time.Time{}, found); err != nil {
		return 0, err
	}
	began := s.Now()
	for {
		var orgs []postgres.TenantID
		err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
			orgs, err = unread(ctx, tx, began, compareAtOnce)
			return err
		})
		if err != nil || len(orgs) == 0 {
			return compared, err
		}
		for _, org := range orgs {
			if err := s.compare(ctx, org, found); err != nil {
				return compared, fmt.Errorf("organization %s: %w", org, err)
			}
			compared++
		}
	}
}

// compare syncs one organization and tells what that changed.
func (s *Service) compare(ctx context.Context, org postgres.TenantID, found func(Drift)) error {
	was, err := s.Account(ctx, org)
	if err != nil {
		return err
	}
	if err := s.Sync(ctx, org); err != nil {
		return err
	}
	is, err := s.Account(ctx, org)
	if err != nil {
		return err
	}
	if before, after := was.summary(), is.summary(); before != after {
		found(Drift{Org: org, What: "stored: " + before + "; provider: " + after, Repaired: true})
	}
	if is.Twice {
		found(Drift{Org: org, What: "more than one subscription is paid; end one of them at the provider"})
	}
	return nil
}

// summary says what is paid, in a line.
func (a Account) summary() string {
	if a.Paid == nil {
		return "plan " + string(a.Plan) + ", nothing paid"
	}
	s := fmt.Sprintf("plan %s, pays %s %s until %s", a.Plan, a.Paid.Key(), a.Paid.Status, a.Paid.PeriodEnd.UTC().Format(time.DateOnly))
	if a.Paid.EndsThen {
		s += " and ends then"
	}
	return s
}

// adopt looks at the provider's customers made since then for those of
// organizations that do not know them: the program ended in between.
func (s *Service) adopt(ctx context.Context, since time.Time, found func(Drift)) error {
	return s.Gateway.Customers(ctx, since, func(c Customer) error {
		var r row
		err := s.DB.InOrg(ctx, c.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
			if _, err = s.People(ctx, tx, c.Org); err != nil {
				return err
			}
			if r, err = lock(ctx, tx, c.Org); err != nil || r.Customer != nil {
				return err
			}
			r.Customer = &c.ID
			return save(ctx, tx, r)
		})
		switch {
		case fault.Is(err, fault.NotFound): // an organization that is gone; its subscription ended with it
			return nil
		case err != nil:
			return err
		case *r.Customer != c.ID:
			return s.second(ctx, c, found)
		}
		return nil
	})
}

// second tells of a customer that an organization has beside its own, if it
// pays.
func (s *Service) second(ctx context.Context, c Customer, found func(Drift)) error {
	subs, err := s.Gateway.Subscriptions(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if sub.Status.Pays() {
			found(Drift{Org: c.Org, What: "customer " + c.ID + " pays for it too, beside its own; end that subscription at the provider"})
		}
	}
	return nil
}

// replayed is how a delivery that we fetched ourselves is marked.
func replayed() http.Header { return http.Header{"Sendvery-Fetched": {"true"}} }

// Replay does an event once more, from what is stored or else from the
// provider.
func (s *Service) Replay(ctx context.Context, id string) (EventState, error) {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return reopen(ctx, tx, id) })
	if fault.Is(err, fault.NotFound) {
		var body []byte
		if body, err = s.Gateway.Event(ctx, id); err == nil {
			err = s.keep(ctx, replayed(), body)
		}
	}
	if err != nil {
		return "", err
	}
	return s.follow(ctx, id)
}

// ReplaySince does the events since then once more, those that were delivered
// and those that the provider still has, and tells what became of each.
func (s *Service) ReplaySince(ctx context.Context, since time.Time, told func(id string, state EventState, err error)) error {
	err := s.Gateway.Events(ctx, since, func(body []byte) error {
		return s.keep(ctx, replayed(), body)
	})
	if err != nil {
		return err
	}
	var list []string
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		list, err = eventsSince(ctx, tx, since)
		return err
	})
	for _, id := range list {
		state, err := s.Replay(ctx, id)
		told(id, state, err)
	}
	return err
}
