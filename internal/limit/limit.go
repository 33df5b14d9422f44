// Package limit bounds how often something may be done per key, by the
// generic cell rate algorithm: a burst, then one more every so often. The
// memory backend counts for one process, Redis for all of them; both keep the
// same contract.
package limit

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"
)

const (
	// memoryKeys bounds how many keys the memory backend remembers; the least
	// recently used one is forgotten first.
	memoryKeys = 65536
	// attempts is how often a turn is tried while others take theirs of the same
	// key at the same time.
	attempts = 100
)

// Maker makes limiters: burst times at once, then once every per/burst. A name
// is used once and has printable ASCII without quotes. NewMemory and Redis.New
// are Makers.
type Maker func(name string, burst int, per time.Duration) (*Limiter, error)

// Limiter answers whether something may be done now.
type Limiter struct {
	counter counter
	name    string
	burst   int
	per     time.Duration
	quiet   bool
}

// counter is what the backends have in common.
type counter interface {
	RateLimitCtx(ctx context.Context, key string, quantity int) (limited bool, result throttled.RateLimitResult, err error)
}

// NewMemory makes a limiter for one process.
func NewMemory(name string, burst int, per time.Duration) (*Limiter, error) {
	local, err := newLocal(burst, per)
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	return &Limiter{counter: local, name: name, burst: burst, per: per}, nil
}

func newLocal(burst int, per time.Duration) (counter, error) {
	store, err := memstore.NewCtx(memoryKeys)
	if err != nil {
		return nil, err
	}
	return newGCRA(store, burst, per)
}

func newGCRA(store throttled.GCRAStoreCtx, burst int, per time.Duration) (counter, error) {
	gcra, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{
		MaxRate: throttled.PerDuration(burst, per), MaxBurst: burst - 1,
	})
	if err != nil {
		return nil, err
	}
	gcra.SetMaxCASAttemptsLimit(attempts)
	return gcra, nil
}

// Quiet returns the same limiter, whose state Watch does not learn: for keys
// that are not the asker's own, what is left would tell what others did.
func (l *Limiter) Quiet() *Limiter {
	q := *l
	q.quiet = true
	return &q
}

// Take uses one turn of key. A wait above zero means that the key has none
// left and says how long until it has. A nil Limiter limits nothing.
func (l *Limiter) Take(ctx context.Context, key string) (wait time.Duration, err error) {
	if l == nil {
		return 0, nil
	}
	limited, result, err := l.counter.RateLimitCtx(ctx, l.name+"\x00"+key, 1)
	if err != nil {
		return 0, fmt.Errorf("rate limit %s: %w", l.name, err)
	}
	if limited {
		wait = max(result.RetryAfter, time.Second)
	}
	if watch, ok := ctx.Value(watchKey{}).(func(Turn)); ok {
		t := Turn{Wait: wait}
		if !l.quiet {
			t = Turn{Name: l.name, Burst: l.burst, Per: l.per, Left: result.Remaining, Full: result.ResetAfter, Wait: wait}
		}
		watch(t)
	}
	return wait, nil
}

// Turn is what one turn came to.
type Turn struct {
	Name  string // of the limiter; "" for a quiet one, of which only Wait is told
	Burst int
	Per   time.Duration
	Left  int           // turns that can be taken at once
	Full  time.Duration // until Burst turns can be
	Wait  time.Duration // until the next one, when none was left
}

type watchKey struct{}

// Watch has watch called after each turn that is taken with the context.
func Watch(ctx context.Context, watch func(Turn)) context.Context {
	return context.WithValue(ctx, watchKey{}, watch)
}

// Network is the key of a client's network: the address itself for IPv4 and
// its /64 for IPv6, where one household has many addresses.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
