package report

import (
	"context"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Rebuild makes an organization's sums of days and what is known of its
// senders anew from its records. Progress is told how many days of domains are
// done, and of how many. Where it stops, the SumDays job or another Rebuild
// goes on: until then the old sums are shown.
func (s *Service) Rebuild(ctx context.Context, org org.ID, progress func(done, of int)) error {
	days := 0
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		if err := lockDaily(ctx, tx, org); err != nil {
			return err
		}
		err := regroupSenders(ctx, tx, org) // before days are marked, as where addresses are identified
		if err == nil {
			days, err = markAllStale(ctx, tx, org)
		}
		return err
	})
	for done := 0; err == nil; {
		var more int
		err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
			if err := lockDaily(ctx, tx, org); err != nil {
				return err
			}
			var err error
			more, err = s.sumNext(ctx, tx, org, sumDaysAtOnce)
			return err
		})
		if more == 0 {
			break
		}
		done += more
		progress(min(done, days), days)
	}
	return err
}
