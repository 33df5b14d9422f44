package report

import (
	"context"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Deliver stores what a mail holds that a mail provider hands over, by the same
// limits and verdicts as what is read from a mailbox: anybody may have written
// it. LimitReached when the organization had too many of late.
func (s *Service) Deliver(ctx context.Context, org org.ID, f File) (Receipt, error) {
	if err := s.Uploads.takeInbound(ctx, org); err != nil {
		return Receipt{}, err
	}
	mail := []item{{source: FromInbound, size: f.Size, content: f.Content}}
	results, err := s.ingest(ctx, org, mail, func(context.Context, postgres.Tx, int, []result) error { return nil })
	if err != nil {
		return Receipt{}, err
	}
	receipt, _, err := s.Receipt(ctx, org, results[0].receipt)
	return receipt, err
}
