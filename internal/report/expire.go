package report

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// refusedLife is how long the original of a refused mail is kept, to be read
// again after an upgrade.
const refusedLife = 90 * 24 * time.Hour

// ExpireOriginals is the job that removes the originals of mails that were
// refused too long ago.
type ExpireOriginals struct{}

// Kind implements work.Args.
func (ExpireOriginals) Kind() string { return "expire_originals" }

// ExpireOriginals does an ExpireOriginals job.
func (s *Service) ExpireOriginals(ctx context.Context, _ ExpireOriginals) error {
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return removeRefused(ctx, tx, s.Now().Add(-refusedLife))
	})
}
