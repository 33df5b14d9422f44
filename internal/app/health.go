package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/migrations"
)

// always is what every answer goes through, whatever is asked and wherever.
func (a *App) always(secure bool) []func(http.Handler) http.Handler {
	return []func(http.Handler) http.Handler{httpio.Traced, httpio.Noted(a.log), middleware.GetHead, a.recovered, httpio.SecurityHeaders(secure), httpio.RateLimits}
}

// health answers how a process is that serves no pages.
func (a *App) health() http.Handler {
	r := chi.NewRouter()
	r.Use(a.always(a.cookies.Secure)...)
	r.Get("/healthz", a.healthz)
	r.Get("/readyz", a.readyz)
	return r
}

// healthz says that the process answers.
func (a *App) healthz(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

// readyz says whether the program can do its work: the database answers and
// has the program's schema. That the keys open what is stored was checked
// before anything was served.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	pending, err := a.db.Pending(ctx, migrations.Files)
	switch {
	case err != nil:
		a.log.WarnContext(ctx, "not ready", "error", err)
		http.Error(w, "database: no answer", http.StatusServiceUnavailable)
	case pending > 0:
		http.Error(w, fmt.Sprintf("database: %d migrations missing", pending), http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok: database, migrations, keys")
	}
}

// recovered turns a panic into the page for our own failures.
func (a *App) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			a.log.ErrorContext(r.Context(), "handler panicked", "panic", fmt.Sprint(p), "trace", string(debug.Stack()))
			a.errors().Fail(w, r, fmt.Errorf("panic: %v", p))
		}()
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses requests that change something from other sites' pages.
func (a *App) sameOrigin() func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(strings.TrimSuffix(a.cfg.PublicURL, "/")); err != nil {
		a.log.Error("the public address is no origin", "error", err) // Check has refused it before
	}
	return protection.Handler
}
