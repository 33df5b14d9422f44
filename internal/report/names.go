package report

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// NameResolver looks up the name of an address, confirmed by a look-up back:
// a name that anybody could claim is none. "" means that there is none; an
// error that it is not known just now.
type NameResolver interface {
	ConfirmedName(ctx context.Context, ip netip.Addr) (string, error)
}

// LookUpNames is the job that finds the names of sending addresses. What it
// finds is a fact about the network and shared by all organizations.
type LookUpNames struct{}

// Kind implements work.Args.
func (LookUpNames) Kind() string { return "look_up_names" }

// Bounds of one job, how long an answer is good, and when to try again without.
const (
	namesPerJob   = 400
	nameLookups   = 8
	nameTimeout   = 5 * time.Second
	nameGood      = 30 * 24 * time.Hour
	nameRetry     = time.Hour
	nameJobLength = 25 * time.Second
)

// LookUpNames does a LookUpNames job. Addresses whose look-up fails for now
// are tried again after a while, and keep nobody else waiting.
func (s *Service) LookUpNames(ctx context.Context, _ LookUpNames) error {
	if s.Names == nil {
		return nil
	}
	var ips []netip.Addr
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		ips, err = unnamed(ctx, tx, s.Now(), namesPerJob)
		return err
	})
	if err != nil || len(ips) == 0 {
		return err
	}
	found := s.lookUp(ctx, ips)
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return saveNames(ctx, tx, found, s.Now())
	})
	if err == nil && len(ips) == namesPerJob && len(found) > 0 {
		return work.Again(0)
	}
	return err
}

// lookUp is what came of asking for one address.
type lookUp struct {
	name   string // "" = it has none
	failed bool   // not known just now
}

// lookUp asks for all addresses, a few at a time, until the job's time is up.
func (s *Service) lookUp(ctx context.Context, ips []netip.Addr) map[netip.Addr]lookUp {
	ctx, cancel := context.WithTimeout(ctx, nameJobLength)
	defer cancel()
	found := make(map[netip.Addr]lookUp, len(ips))
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, nameLookups)
	for _, ip := range ips {
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			one, cancel := context.WithTimeout(ctx, nameTimeout)
			defer cancel()
			name, err := s.Names.ConfirmedName(one, ip)
			if ctx.Err() != nil {
				return // the job's time is up, which says nothing of the address
			}
			mu.Lock()
			found[ip] = lookUp{name: name, failed: err != nil}
			mu.Unlock()
		})
	}
	group.Wait()
	return found
}

// senderOf groups host names into senders: by their organizational domain.
func senderOf(name string) string {
	n, err := fqdn.Parse(name)
	if err != nil {
		return ""
	}
	return n.Organizational().String()
}
