package mailbox

import (
	"context"
	"time"

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
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return removeDrafts(ctx, tx, s.Now().Add(-draftLife))
	})
}
