package billing

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
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
	compareEvery = 20 * time.Hour // what was read since then is not read again
	adoptSince   = 72 * time.Hour // customers made longer ago were looked at on earlier nights
)

// CompareAccounts does a CompareAccounts job.
func (s *Service) CompareAccounts(ctx context.Context, _ CompareAccounts) error {
	found := func(d Drift) {
		s.Log.WarnContext(ctx, "billing differs from the payment provider", "organization", d.Org, "what", d.What, "repaired", d.Repaired)
	}
	since := s.Now().Add(-compareEvery)
	compared := s.each(ctx, s.Now().Add(jobLength), func(ctx context.Context, tx postgres.Tx, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
		return unread(ctx, tx, since, after, n)
	}, func(ctx context.Context, org postgres.TenantID) error { return s.compare(ctx, org, found) })
	return cmp.Or(compared, s.adopt(ctx, s.Now().Add(-adoptSince), found))
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
	err = s.each(ctx, began.Add(24*time.Hour), func(ctx context.Context, tx postgres.Tx, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
		return unread(ctx, tx, began, after, n)
	}, func(ctx context.Context, org postgres.TenantID) error {
		compared++
		return s.compare(ctx, org, found)
	})
	return compared, err
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
			if err := s.begin(ctx, tx, &r); err != nil {
				return err
			}
			r.Customer = &c.ID
			return save(ctx, tx, r)
		})
		switch {
		case fault.Is(err, fault.NotFound): // an organization that is gone; its subscription should have ended with it
			return s.paying(ctx, c, "the organization is deleted, but customer "+c.ID+" still pays; end that subscription at the provider", found)
		case err != nil:
			return err
		case *r.Customer != c.ID:
			return s.paying(ctx, c, "customer "+c.ID+" pays for it too, beside its own; end that subscription at the provider", found)
		}
		return nil
	})
}

// paying tells of a customer that should not pay, if it does.
func (s *Service) paying(ctx context.Context, c Customer, what string, found func(Drift)) error {
	subs, err := s.Gateway.Subscriptions(ctx, c.ID)
	if err == nil && slices.ContainsFunc(subs, func(sub Subscription) bool { return sub.Status.Pays() }) {
		found(Drift{Org: c.Org, What: what})
	}
	return err
}

// replayed is how a delivery that we fetched ourselves is marked.
func replayed() http.Header { return http.Header{"Sendvery-Fetched": {"true"}} }

// Replay does an event once more, from what is stored or else from the
// provider.
func (s *Service) Replay(ctx context.Context, id string) (EventState, error) {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := reopen(ctx, tx, id); err != nil {
			return err
		}
		return s.Queue.Enqueue(ctx, tx, FollowEvent{Event: id}) // in case it fails here
	})
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
