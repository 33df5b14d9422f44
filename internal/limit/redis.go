package limit

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/goredisstore.v9"
)

const (
	// patience is how long Redis may take for one answer, and twice that for a
	// turn, which takes two of them.
	patience = 250 * time.Millisecond
	// pause is how long Redis is not asked after it failed, so that not every
	// request waits for it.
	pause = 5 * time.Second
	// silence is how long nothing more is logged after a failure was.
	silence = time.Minute
	// redisPrefix begins the names of all our keys, which end by themselves.
	redisPrefix = "sendvery:limit:"
)

// Redis counts for all processes together. While it does not answer, each
// process counts for itself: what it let through before included, so that a
// limit is never open and at most as many times as large as there are
// processes.
type Redis struct {
	client *redis.Client
	log    *slog.Logger
	pause  time.Duration

	mu     sync.Mutex
	paused time.Time // until then Redis is not asked
	told   time.Time // when a failure was logged
	down   bool      // it was, and not yet that Redis answers again
}

// NewRedis makes limiters of the Redis at an address such as
// rediss://user:password@host:6379, which is asked for the first time with the
// first turn. roots are the authorities that its certificate may come from;
// nil means the system's.
func NewRedis(address string, roots *x509.CertPool, log *slog.Logger) (*Redis, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("is not an address such as rediss://user:password@redis.example.org:6379") // the library's words repeat it
	}
	if o.TLSConfig != nil {
		o.TLSConfig.RootCAs = roots
	}
	// Left alone, the library tries again and again and does not heed the context.
	o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.DisableIdentity = true
	redis.SetLogger(mute{}) // it would write to standard error; what fails is in the errors
	return &Redis{client: redis.NewClient(o), log: log, pause: pause}, nil
}

// mute is a logger of the library's kind that says nothing.
type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// New is a Maker.
func (r *Redis) New(name string, burst int, per time.Duration) (*Limiter, error) {
	local, err := newLocal(burst, per)
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	store, err := goredisstore.NewCtx(r.client, redisPrefix)
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	remote, err := newGCRA(store, burst, per)
	if err != nil {
		return nil, fmt.Errorf("rate limit %s: %w", name, err)
	}
	return &Limiter{counter: &shared{redis: r, remote: remote, local: local}, name: name, burst: burst, per: per}, nil
}

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }

// shared counts in Redis and, for when that fails, here as well.
type shared struct {
	redis         *Redis
	remote, local counter
}

// RateLimitCtx implements counter.
func (s *shared) RateLimitCtx(ctx context.Context, key string, quantity int) (bool, throttled.RateLimitResult, error) {
	limited, result, err := s.local.RateLimitCtx(ctx, key, quantity)
	if err != nil || s.redis.pauses() {
		return limited, result, err
	}
	asking, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	remotely, told, failure := s.remote.RateLimitCtx(asking, digest(key), quantity)
	switch {
	case failure == nil:
		s.redis.answered(ctx)
		return remotely, told, nil
	case ctx.Err() == nil: // else it was the asker who left
		s.redis.failed(ctx, failure)
	}
	return limited, result, nil
}

// digest keeps addresses out of Redis in clear, and keys of any length short.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

func (r *Redis) pauses() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.paused)
}

func (r *Redis) failed(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.paused = now.Add(r.pause)
	if now.Sub(r.told) >= silence {
		r.told, r.down = now, true
		r.log.WarnContext(ctx, "redis does not answer, so each process counts its rate limits alone", "error", err)
	}
}

func (r *Redis) answered(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		r.down = false
		r.log.InfoContext(ctx, "redis answers again, so rate limits are shared")
	}
}
