package app

import (
	"net/http"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/tlsreport"
)

// Slices are the services that read and write what organizations have.
type Slices struct {
	Orgs      *org.Service
	Domains   *domain.Service
	Mailboxes *mailbox.Service
	Reports   *report.Service
	Senders   *sender.Service
	TLS       *tlsreport.Service
	Failures  *failurereport.Service
	Exports   *export.Service
	Trail     *audit.Trail
}

// Slices returns the services as they are wired.
func (a *App) Slices() Slices {
	return Slices{Orgs: a.orgs, Domains: a.domains, Mailboxes: a.mailboxes, Reports: a.reports, Senders: a.senders, TLS: a.tls, Failures: a.failures, Exports: a.exports, Trail: a.trail}
}

// PublicNames looks up names of addresses as in production, by a resolver.
func PublicNames(r *dns.Resolver) sender.Names { return confirmedNames{r, netguard.Public} }

// Through has a handler answer behind what every answer goes through, over TLS.
func (a *App) Through(h http.Handler) http.Handler {
	all := a.always(true)
	for i := len(all) - 1; i >= 0; i-- {
		h = all[i](h)
	}
	return h
}
