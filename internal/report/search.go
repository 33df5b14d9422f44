package report

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/provider"
)

// Found is what a search finds, of each kind what fits best first.
type Found struct {
	Domains   []fqdn.Name
	Senders   []FoundSender
	Reporters []FoundReporter // of the last searchDays
	Reports   []Line          // with this id
	Network   netip.Prefix    // the address or network that was asked for; invalid = none
}

// FoundSender is a sender that may send as several domains.
type FoundSender struct {
	Sender  string `db:"sender"`
	Domains int    `db:"domains"`
}

// FoundReporter is a receiver that reports.
type FoundReporter struct {
	Reporter string `db:"reporter"` // its organizational domain
	Reports  int64  `db:"reports"`
}

// Limits of a search.
const (
	searchDays = 28
	perKind    = 6 // of each kind at most
)

// Search looks for a part of a name of domains, senders and receivers, for the
// id of a report, and for an address. Nothing is found for an empty one.
func (s *Service) Search(ctx context.Context, org org.ID, q string) (f Found, err error) {
	id := strings.TrimSpace(q) // as it was sent
	q = strings.ToLower(id)
	if q == "" {
		return f, nil
	}
	f.Network = networkOf(q)
	var domains []domain.Domain
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		domain.Queue(b, org, &domains)
		queueFoundSenders(b, org, q, providersNamed(q), f.Network, &f.Senders)
		queueFoundReporters(b, org, q, LastDays(s.Now(), searchDays), &f.Reporters)
		queueFoundReports(b, org, id, &f.Reports)
	})
	f.Domains = closest(domains, q)
	return f, err
}

// networkOf reads an address or a network.
func networkOf(q string) netip.Prefix {
	if p, err := netip.ParsePrefix(q); err == nil {
		return p.Masked()
	}
	ip, err := netip.ParseAddr(q)
	if err != nil || ip.Zone() != "" {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())
}

// providersNamed are the keys of providers of the catalogue with q in their names.
func providersNamed(q string) (keys []string) {
	for _, p := range provider.All() {
		if strings.Contains(strings.ToLower(p.Name), q) {
			keys = append(keys, p.ID)
		}
	}
	return keys
}

// closest are the domains with q in their names, those that begin with it first.
func closest(domains []domain.Domain, q string) (names []fqdn.Name) {
	var within []fqdn.Name
	for _, d := range domains {
		switch at := strings.Index(d.Name.String(), q); {
		case at == 0:
			names = append(names, d.Name)
		case at > 0:
			within = append(within, d.Name)
		}
	}
	names = slices.Concat(names, within)
	return names[:min(len(names), perKind)]
}
