// Package ingress answers the operator's machines, which show a token instead
// of a session: mail providers hand mails over, schedulers look after jobs.
package ingress

import (
	"context"
	"net/http"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/work"
)

// Web answers the requests of machines.
type Web struct {
	Inbound Tokens // of mail providers
	Jobs    Tokens // of schedulers

	// Organization finds the organization that a provider's address names.
	Organization func(ctx context.Context, slug string) (org.Organization, error)
	Reports      *report.Service

	DB        *postgres.DB
	Queue     work.Enqueuer
	Scheduled []work.Scheduled

	// Wrong limits tokens that are not right, per network.
	Wrong   *limit.Limiter
	Network func(r *http.Request) string
}

// For lets through who shows one of the tokens. Without any the route does not
// exist.
func (h *Web) For(tokens Tokens, next httpio.Handler) httpio.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if tokens.none() {
			return fault.New(fault.NotFound, "There is nothing here.")
		}
		if tokens.shown(r) {
			return next(w, r)
		}
		wait, err := h.Wrong.Take(r.Context(), h.Network(r))
		switch {
		case err != nil:
			return err
		case wait > 0:
			return &fault.Error{Kind: fault.LimitReached, Wait: wait, Sentence: "There were many wrong tokens from your network. Please wait and try again."}
		}
		return fault.New(fault.Unauthenticated, "This needs a token: Authorization: Bearer, and the token.")
	}
}
