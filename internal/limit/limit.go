// Package limit bounds how often something may be done per key, by the
// generic cell rate algorithm: a burst, then one more every so often.
package limit

import (
	"context"
	"fmt"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"
)

// memoryKeys bounds how many keys the memory backend remembers; the least
// recently used one is forgotten first.
const memoryKeys = 65536

// Limiter answers whether something may be done now.
type Limiter struct {
	gcra *throttled.GCRARateLimiterCtx
	name string
}

// NewMemory makes a limiter for one process: burst times at once, then once
// every per/burst.
func NewMemory(name string, burst int, per time.Duration) (*Limiter, error) {
	store, err := memstore.NewCtx(memoryKeys)
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	gcra, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{
		MaxRate: throttled.PerDuration(burst, per), MaxBurst: burst - 1,
	})
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	return &Limiter{gcra: gcra, name: name}, nil
}

// Take uses one turn of key. A wait above zero means that the key has none
// left and says how long until it has. A nil Limiter limits nothing.
func (l *Limiter) Take(ctx context.Context, key string) (wait time.Duration, err error) {
	if l == nil {
		return 0, nil
	}
	limited, result, err := l.gcra.RateLimitCtx(ctx, l.name+"\x00"+key, 1)
	if err != nil {
		return 0, fmt.Errorf("rate limit %s: %w", l.name, err)
	}
	if !limited {
		return 0, nil
	}
	return max(result.RetryAfter, time.Second), nil
}
