package app

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/limit"
)

// Backends of rate limits.
const (
	limitsInMemory = "memory"
	limitsInRedis  = "redis"
)

// limits checks where rate limits are counted.
func (p *problems) limits(c Config) {
	switch c.RateLimitBackend {
	case limitsInMemory:
		if c.RedisURL != "" {
			p.add("REDIS_URL", "is set, but RATE_LIMIT_BACKEND is not redis")
		}
		return
	case limitsInRedis:
	default:
		p.add("RATE_LIMIT_BACKEND", "is neither memory nor redis")
		return
	}
	if c.RedisURL == "" {
		p.add("REDIS_URL", "is missing beside RATE_LIMIT_BACKEND=redis")
		return
	}
	r, err := limit.NewRedis(c.RedisURL, nil, nil)
	if err != nil {
		p.add("REDIS_URL", err.Error())
		return
	}
	_ = r.Close() // it was never connected
	if u, err := url.Parse(c.RedisURL); err == nil && u.Scheme == "redis" && !isLoopback(u.Hostname()) {
		p.add("REDIS_URL", "is redis://, without TLS; only this machine may be, everything else needs rediss://")
	}
}

// openLimits opens the backend that limits are made of.
func (a *App) openLimits() error {
	a.limiter = limit.NewMemory
	if a.cfg.RateLimitBackend == limitsInRedis {
		var err error
		if a.redis, err = limit.NewRedis(a.cfg.RedisURL, nil, a.log); err != nil {
			return fmt.Errorf("REDIS_URL: %w", err)
		}
		a.limiter = a.redis.New
	}
	var err error
	a.strangers, err = a.limiter("strangers", 600, time.Minute)
	return err
}

// stranger takes a turn of the network of somebody who has not shown who they
// are. It is generous: what costs more has limits of its own.
func (a *App) stranger(r *http.Request) error {
	wait, err := a.strangers.Take(r.Context(), limit.Network(httpio.ClientAddress(r, a.cfg.TrustedHops)))
	if err == nil && wait > 0 {
		err = &fault.Error{Kind: fault.LimitReached, Wait: wait, Sentence: "There were many requests from your network in a short time. Please wait a minute and try again."}
	}
	return err
}

// bounded answers anybody, as often as a network may ask.
func (a *App) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.stranger(r); err != nil {
			a.errors().Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
