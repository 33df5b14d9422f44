package sender

import (
	"context"
	"net/netip"

	"sendvery.com/sendvery/internal/postgres"
)

// Learn makes facts of addresses known that nobody is to look up, for
// demonstrations: nobody has these addresses. What is known already stays.
func (s *Service) Learn(ctx context.Context, facts map[netip.Addr]Facts) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return learn(ctx, tx, facts) })
}
