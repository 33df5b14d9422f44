package report

import (
	"context"
	"time"
)

// EnsureMonths is the job that makes the partitions of this month and the
// next ahead of time, so that the first reports of a month need not.
type EnsureMonths struct{}

// Kind implements work.Args.
func (EnsureMonths) Kind() string { return "ensure_months" }

// EnsureMonths does an EnsureMonths job.
func (s *Service) EnsureMonths(ctx context.Context, _ EnsureMonths) error {
	now := s.Now().UTC()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	return s.ensureMonths(ctx, []time.Time{now, next})
}
