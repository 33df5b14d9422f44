package report

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// WaitingLife is how long the original of a refused or held mail is kept: to
// be read again after an upgrade, or once its domain is added.
const WaitingLife = 90 * 24 * time.Hour

// ExpireOriginals is the job that removes the originals of mails that were
// refused or held too long ago. Their receipts stay.
type ExpireOriginals struct{}

// Kind implements work.Args.
func (ExpireOriginals) Kind() string { return "expire_originals" }

// ExpireOriginals does an ExpireOriginals job.
func (s *Service) ExpireOriginals(ctx context.Context, _ ExpireOriginals) error {
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return removeWaiting(ctx, tx, s.Now().Add(-WaitingLife))
	})
}
