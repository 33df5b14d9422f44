package app

import (
	"context"
	"net/netip"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
)

// confirmedNames asks the resolver for the names of sending addresses.
type confirmedNames struct {
	resolver *dns.Resolver
	asks     func(netip.Addr) bool // of which addresses; others have no name
}

// ConfirmedName implements sender.Names: an address without a name, or
// with one that is none, is an answer; only what may pass is an error.
func (c confirmedNames) ConfirmedName(ctx context.Context, ip netip.Addr) (string, error) {
	if !c.asks(ip) {
		return "", nil
	}
	name, err := c.resolver.ConfirmedName(ctx, ip)
	if err != nil && dns.ReasonOf(err) != dns.Temporary {
		return "", nil
	}
	return name, err
}

// names is what looks up sending addresses; nil when that is switched off. The
// system's resolver may know names of the operator's own network, which are not
// for whoever writes an address of it into a report.
func (a *App) names() (sender.Names, error) {
	resolver, err := a.resolver(a.cfg.IPLookup)
	if resolver == nil || err != nil {
		return nil, err
	}
	if a.parts.Resolver != nil {
		return confirmedNames{resolver, netip.Addr.IsValid}, nil
	}
	return confirmedNames{resolver, netguard.Public}, nil
}

// networks is what looks up whose networks sending addresses are in; nil when
// that is switched off.
func (a *App) networks() (sender.Networks, error) {
	var txt netowner.TXT
	if a.cfg.ASNLookup == lookupCymru {
		resolver, err := a.resolver(lookupDNS)
		if err != nil {
			return nil, err
		}
		txt = resolver
	}
	finder, err := a.cfg.networks(txt)
	if err != nil || finder.DNS == nil && len(finder.Files) == 0 {
		return nil, err
	}
	return finder, nil
}

// mails is what says who a report mail comes from. Where DNS may not be asked
// it still takes the word of a trusted receiving server.
func (a *App) mails() (report.Authenticator, error) {
	resolver, err := a.resolver(a.cfg.DKIMLookup)
	if err != nil {
		return nil, err
	}
	checker := &mailauth.Checker{Temporary: func(err error) bool { return dns.ReasonOf(err) == dns.Temporary }}
	if resolver != nil {
		checker.LookupTXT = resolver.LookupTXT
	}
	return checker, nil
}

// resolver asks DNS for a purpose that is set to dns or off; nil when it is off.
func (a *App) resolver(setting string) (*dns.Resolver, error) {
	if a.parts.Resolver != nil {
		return a.parts.Resolver, nil
	}
	if setting != lookupDNS {
		return nil, nil //nolint:nilnil // switched off
	}
	return dns.New(dns.Config{Now: a.now})
}
