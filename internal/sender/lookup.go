package sender

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/postgres"
)

// Bounds of the look-ups of one job, how long an answer is good, and when to
// try again without one: each time after twice as long.
const (
	lookupsPerJob = 400
	lookupsAtOnce = 8
	lookupTimeout = 5 * time.Second
	lookupsLength = 25 * time.Second
	factsGood     = 30 * 24 * time.Hour
	factsRetry    = time.Hour
	factsRetryMax = 24 * time.Hour
)

// pending is an address with facts that are due.
type pending struct {
	IP            netip.Addr `db:"ip"`
	Name          bool       `db:"name_due"`
	Network       bool       `db:"owner_due"`
	NameFailures  int        `db:"name_failures"` // in a row
	OwnerFailures int        `db:"owner_failures"`
}

// finding is what came of looking an address up.
type finding struct {
	pending
	name    string // "" = it has none
	network netowner.Network
	named   bool // the look-up of the name had an answer
	owned   bool // that of the network
}

// lookUp finds the facts that are due, those never looked up first; those of
// addresses that no organization has are forgotten instead. Addresses whose
// look-up fails for now are tried again after a while, and keep nobody else
// waiting. It reports whether more may be due.
func (s *Service) lookUp(ctx context.Context) (more bool, err error) {
	if s.Names == nil && s.Networks == nil {
		return false, nil
	}
	var due []pending
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		err := forgetFacts(ctx, tx, s.Now(), lookupsPerJob)
		if err != nil {
			return err
		}
		due, err = duePending(ctx, tx, s.Now(), s.Names != nil, s.Networks != nil, lookupsPerJob)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	found := s.find(ctx, due)
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error { return saveFacts(ctx, tx, found, s.Now()) })
	return len(due) == lookupsPerJob && len(found) > 0, err
}

// find asks for all addresses, a few at a time, until the time is up.
func (s *Service) find(ctx context.Context, due []pending) map[netip.Addr]finding {
	ctx, cancel := context.WithTimeout(ctx, lookupsLength)
	defer cancel()
	found := make(map[netip.Addr]finding, len(due))
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, lookupsAtOnce)
	for _, p := range due {
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			f := s.ask(ctx, p)
			if ctx.Err() != nil {
				return // the time is up, which says nothing of the address
			}
			mu.Lock()
			defer mu.Unlock()
			found[p.IP] = f
		})
	}
	group.Wait()
	return found
}

// ask looks one address up.
func (s *Service) ask(ctx context.Context, p pending) finding {
	f := finding{pending: p}
	var err error
	if p.Name {
		one, cancel := context.WithTimeout(ctx, lookupTimeout)
		f.name, err = s.Names.ConfirmedName(one, p.IP)
		f.named = err == nil
		cancel()
	}
	if p.Network {
		one, cancel := context.WithTimeout(ctx, lookupTimeout)
		f.network, err = s.Networks.Network(one, p.IP)
		f.owned = err == nil
		cancel()
	}
	return f
}
