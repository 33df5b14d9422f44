package app

import (
	"context"
	"net/netip"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/report"
)

// confirmedNames asks the resolver for the names of sending addresses.
type confirmedNames struct{ resolver *dns.Resolver }

// ConfirmedName implements report.NameResolver: an address without a name, or
// with one that is none, is an answer; only what may pass is an error.
func (c confirmedNames) ConfirmedName(ctx context.Context, ip netip.Addr) (string, error) {
	name, err := c.resolver.ConfirmedName(ctx, ip)
	if err != nil && dns.ReasonOf(err) != dns.Temporary {
		return "", nil
	}
	return name, err
}

// names is what looks up sending addresses; nil when that is switched off.
func (a *App) names() (report.NameResolver, error) {
	if a.parts.Names != nil {
		return a.parts.Names, nil
	}
	if a.cfg.IPLookup != "dns" {
		return nil, nil //nolint:nilnil // switched off
	}
	resolver, err := dns.New(dns.Config{Now: a.now})
	if err != nil {
		return nil, err
	}
	return confirmedNames{resolver}, nil
}
