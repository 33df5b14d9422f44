package failurereport

import (
	"context"

	"sendvery.com/sendvery/internal/postgres"
)

// Expire is the job that removes the reports whose time is over.
type Expire struct{}

// Kind implements work.Args.
func (Expire) Kind() string { return "expire_failure_reports" }

// Expire does an Expire job.
func (s *Service) Expire(ctx context.Context, _ Expire) error {
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return removeBefore(ctx, tx, s.Now().Add(-Life))
	})
}
