package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// ExpireReports is the job that removes the reports of days that are beyond
// what an organization's plan keeps, TLS reports too, with all that came of them, and months of
// records that nobody has any more.
type ExpireReports struct{}

// Kind implements work.Args.
func (ExpireReports) Kind() string { return "expire_reports" }

// Bounds of one job, and of one of its transactions, in days of domains: while
// one is under way, no report of the organization can be replaced.
const (
	expireLength     = 15 * time.Second
	expireDaysAtOnce = 5
	expireTLSAtOnce  = 500 // reports
)

// ExpireReports does an ExpireReports job.
func (s *Service) ExpireReports(ctx context.Context, _ ExpireReports) error {
	end := s.Now().Add(expireLength)
	var orgs []org.ID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		orgs, err = everyone(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	longest, unlimited := 0, false
	var failed error // of some organizations: the others' reports go nevertheless
	for _, id := range orgs {
		for more := true; more; {
			if s.Now().After(end) {
				return cmp.Or(failed, work.Again(0))
			}
			kept, some, err := s.expireSome(ctx, id)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("reports of organization %s: %w", id, err))
				if ctx.Err() != nil {
					return failed
				}
			}
			more, longest, unlimited = some && err == nil, max(longest, kept.Max), unlimited || kept.Unlimited
		}
	}
	if failed != nil || unlimited || len(orgs) == 0 {
		return failed
	}
	return s.DropMonths(ctx, s.Now().AddDate(0, 0, -longest))
}

// expireSome removes some days of an organization that are beyond what its plan
// keeps, the oldest first, and reports whether there may be more.
func (s *Service) expireSome(ctx context.Context, org org.ID) (kept billing.Allowance, more bool, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		if kept, err = s.Plans.Check(ctx, tx, org, billing.RetentionDays); err != nil || kept.Unlimited {
			return err
		}
		before := s.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -kept.Max)
		days, err := daysBefore(ctx, tx, org, before, expireDaysAtOnce)
		if err != nil {
			return err
		}
		if len(days.days) == 0 {
			n, err := removeTLSReports(ctx, tx, org, before, expireTLSAtOnce)
			more = n > 0
			return err
		}
		more = true
		gone, err := lockReports(ctx, tx, org, days)
		if err != nil {
			return err
		}
		if err := lockDaily(ctx, tx, org); err != nil {
			return err
		}
		return removeDays(ctx, tx, org, days, gone)
	})
	return kept, more, err
}

// DropMonths drops the months of records that end before a time and hold
// nothing. One that is in use just now is left for another time.
func (s *Service) DropMonths(ctx context.Context, before time.Time) error {
	var months []time.Time
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		months, err = monthsBefore(ctx, tx, before)
		return err
	})
	for _, m := range months {
		if err != nil {
			break
		}
		s.months.Delete(monthOf(m)) // before it goes: what is stored meanwhile asks again
		err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return dropMonth(ctx, tx, m) })
	}
	return err
}
