package app

import (
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/ingress"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/work"
)

// ingress checks what machines need to get in.
func (p *problems) ingress(c Config) {
	none := true
	for _, token := range [...]named{{"INGESTER_INBOUND_TOKEN", c.InboundToken}, {"INGESTER_JOB_TOKEN", c.JobToken}} {
		if token.value != "" {
			p.secrets(token.name, token.value)
			none = false
		}
	}
	if c.ListenInbound == "" {
		return
	}
	host, _, err := net.SplitHostPort(c.ListenInbound)
	switch {
	case err != nil:
		p.add("LISTEN_INBOUND", "is not an address with a port, such as 127.0.0.1:8081")
	case c.ListenInbound == c.Listen:
		p.add("LISTEN_INBOUND", "is the same as LISTEN")
	case c.TLS == tlsOff && !isLoopback(host):
		p.add("LISTEN_INBOUND", "is an address that others can reach, but TLS is off; only 127.0.0.1 and localhost may be")
	case none:
		p.add("LISTEN_INBOUND", "is set, but neither INGESTER_INBOUND_TOKEN nor INGESTER_JOB_TOKEN is")
	}
}

// wireIngress makes what answers machines.
func (a *App) wireIngress(jobs *work.Registry) error {
	wrong, err := a.limiter("wrong tokens", 60, time.Hour)
	if err != nil {
		return err
	}
	a.ingress = &ingress.Web{
		Inbound: ingress.NewTokens(values(a.cfg.InboundToken)...), Jobs: ingress.NewTokens(values(a.cfg.JobToken)...),
		Organization: a.orgs.BySlug, Reports: a.reports, DB: a.db, Scheduled: jobs.Scheduled(), Wrong: wrong,
		Network: func(r *http.Request) string {
			return limit.Network(httpio.ClientAddress(r, a.cfg.TrustedHops))
		},
	}
	return nil
}

// machines lists what those answer who show a token: no session, no cookies.
func (a *App) machines(r chi.Router) {
	h, errs := a.ingress, httpio.Problems{Log: a.log}
	r.Post("/events/inbound", errs.Handle(h.For(h.Inbound, h.Deliver)))
	r.Get("/jobs", errs.Handle(h.For(h.Jobs, h.ListJobs)))
	r.Post("/jobs/{kind}", errs.Handle(h.For(h.Jobs, h.StartJob)))
}

// inbound answers machines where they have an address of their own, and nobody
// else.
func (a *App) inbound() http.Handler {
	r := chi.NewRouter()
	r.Use(a.always(a.cookies.Secure)...)
	r.Use(a.overTLS)
	unknown := a.bounded(httpio.Problems{Log: a.log}.Handle(a.unknown)).ServeHTTP
	r.NotFound(unknown)
	r.MethodNotAllowed(unknown)
	r.Get("/healthz", a.healthz)
	a.machines(r)
	return r
}
