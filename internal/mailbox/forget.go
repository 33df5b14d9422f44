package mailbox

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
)

// ForgetDrafts is the job that removes settings, password included, which
// never passed their connection test.
type ForgetDrafts struct{}

// Kind implements work.Args.
func (ForgetDrafts) Kind() string { return "forget_mailbox_drafts" }

// draftLife is how long such settings wait for another try.
const draftLife = 24 * time.Hour

// ForgetDrafts does a ForgetDrafts job.
func (s *Service) ForgetDrafts(ctx context.Context, _ ForgetDrafts) error {
	var all []sealed
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		all, err = drafts(ctx, tx, s.Now().Add(-draftLife))
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range all {
		err := s.DB.InOrg(ctx, d.Org, func(ctx context.Context, tx postgres.Tx) error {
			if err := remove(ctx, tx, d.Org, d.ID); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{Org: d.Org, Action: "mailbox.forget", Subject: d.ID.String(), At: s.Now()})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
