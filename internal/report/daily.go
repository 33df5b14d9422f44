package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// SumDays is the job that adds up what reports come to per day: by sender, and
// by sender and receiver. Numbers do not wait for it: what is not in the sums
// yet is added when they are read.
type SumDays struct{}

// Kind implements work.Args.
func (SumDays) Kind() string { return "sum_days" }

// Bounds of one job, and of one of its transactions: while one is under way,
// no report of the organization can be replaced.
const (
	sumJobLength  = 15 * time.Second
	sumDaysAtOnce = 14
	sumOrgsAtOnce = 200
)

// SumDays does a SumDays job: a few days of every organization in turn, until
// nothing is left or its time is up.
func (s *Service) SumDays(ctx context.Context, _ SumDays) error {
	end := s.Now().Add(sumJobLength)
	var failed error // of some organizations: the others are added up nevertheless
	for {
		var orgs []org.ID
		err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
			var err error
			orgs, err = unsummed(ctx, tx, sumOrgsAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		advanced := false
		for _, id := range orgs {
			more, err := s.SumSome(ctx, id)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("days of organization %s: %w", id, err))
				if ctx.Err() != nil {
					return failed
				}
			}
			advanced = advanced || more
			if s.Now().After(end) {
				return cmp.Or(failed, work.Again(0))
			}
		}
		if !advanced || failed != nil {
			return failed
		}
	}
}

// SumSome adds up some days of an organization, and reports whether it did.
// It leaves an organization alone in which another one does so, or in which a
// report is just being replaced.
func (s *Service) SumSome(ctx context.Context, org org.ID) (did bool, err error) {
	return s.sumSome(ctx, org, sumDaysAtOnce)
}

// sumSome is SumSome for up to n days of domains.
func (s *Service) sumSome(ctx context.Context, org org.ID, n int) (did bool, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		free, err := tryDaily(ctx, tx, org)
		if err != nil || !free {
			return err
		}
		n, err := s.sumNext(ctx, tx, org, n)
		did = n > 0
		return err
	})
	return did, err
}

// sumNext adds up the next n days of domains, under the lock on sums, and
// returns how many these were: what is not in them yet comes before what is
// wrong in them, and that before days of a domain to judge anew, which count
// as one.
func (s *Service) sumNext(ctx context.Context, tx postgres.Tx, org org.ID, n int) (int, error) {
	days, err := dueDays(ctx, tx, org, n)
	if err == nil && len(days.days) == 0 {
		days, err = staleDays(ctx, tx, org, n)
	}
	if err != nil {
		return 0, err
	}
	if len(days.days) == 0 {
		did, err := judgeNext(ctx, tx, org)
		if did {
			return 1, err
		}
		return 0, err
	}
	return len(days.days), sumDays(ctx, tx, org, days)
}

// domainDays are days of domains.
type domainDays struct {
	domains []DomainID
	days    []time.Time
}

// byDomain are the days of each domain.
func (d domainDays) byDomain() map[DomainID][]time.Time {
	of := map[DomainID][]time.Time{}
	for i, id := range d.domains {
		of[id] = append(of[id], d.days[i])
	}
	return of
}
