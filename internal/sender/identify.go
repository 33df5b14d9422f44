package sender

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/report"
)

// Evidence is what is known of an address that sent as a domain.
type Evidence struct {
	Domain fqdn.Name // that it sent as
	IP     netip.Addr
	Judged bool // a person said of the address itself whose it is
	Passes bool // it sent passing mail of the domain that nobody passed on
	Facts
	// Results are of mail that shows no sign of having been passed on, in
	// reports that somebody vouches for or nobody doubts.
	Results []Result
}

// Facts are of the address alone, whoever asks.
type Facts struct {
	Host    string // confirmed name; "" = none, or not known
	ASN     uint32 // number of its network; 0 = not known
	Network string // owner of its network
	Country string // two letters; "" = not known
}

// Result is what passed of some of the address's mail.
type Result struct {
	Messages  int64
	Signers   []fqdn.Name // domains of passing signatures
	Envelopes []fqdn.Name // domains that SPF passed for
}

// Identify says who an address is: the strongest evidence there is, which a
// weaker one never overrides. A signature says who wrote a mail and survives
// being passed on, so it counts only where SPF shows that the mail came from
// its writer, and not of an address that is known to pass on mail of others.
func Identify(e Evidence) Identity {
	host, _ := fqdn.Parse(e.Host)
	byHost, hosted := provider.ByHost(host)
	signer, signed := mostly(e, signers, byHost)
	envelope, sent := mostly(e, envelopes, byHost)
	i := Identity{
		Catalogue: provider.Version(), Host: host.String(), Signer: signer.domain, Envelope: envelope.domain,
		ASN: e.ASN, Network: e.Network,
	}
	switch {
	case e.Judged:
		i.Basis, i.Key = Judged, e.IP.String()
	case host != "" && host.Within(e.Domain):
		i.Basis, i.Key = OwnHost, host.String()
	case hosted && byHost.PassesOn():
		i.Basis, i.Key = Relay, byHost.ID
	case signed:
		i.Basis, i.Key = Signed, signer.provider.ID
	case hosted:
		i.Basis, i.Key = KnownHost, byHost.ID
	case sent:
		i.Basis, i.Key = ByEnvelope, envelope.provider.ID
	case host.Organizational() != "":
		i.Basis, i.Key = OtherHost, host.Organizational().String()
	case e.ASN != 0:
		i.Basis, i.Key = InNetwork, networkPrefix+strconv.FormatUint(uint64(e.ASN), 10)
	default:
		i.Basis, i.Key = JustAddress, e.IP.String()
	}
	switch {
	case i.Basis == OwnHost:
		i.Tie = report.TieOwner
	case i.Basis == Relay && (byHost.Kind != provider.Gateway || !e.authorised()):
		i.Tie = report.TieRelay
	case i.shared() && e.Passes:
		i.Key += passingSuffix
	case i.shared():
		i.Tie = report.TieStrangers
	}
	return i
}

// authorised reports whether SPF passes for the owner's domain: their record
// names the address. A gateway of which it does is on their own way out, and
// what fails there was not passed on.
func (e Evidence) authorised() bool {
	return slices.ContainsFunc(e.Results, func(r Result) bool {
		return slices.ContainsFunc(r.Envelopes, func(env fqdn.Name) bool { return foreign(e, env) == "" })
	})
}

// shared reports whether anybody may have an address that is known as the
// same: passing mail of one then says nothing of the others.
func (i Identity) shared() bool {
	p, _ := Provider(i.Key)
	return p.Kind == provider.Hosting || p.PassesOn() || i.Basis == OtherHost || i.Basis == InNetwork
}

// shown is a provider that mail shows, and by which domain.
type shown struct {
	provider provider.Provider
	domain   fqdn.Name
}

// signers are the providers that sign the mail of a result, as far as it came
// from them: SPF passes for the owner's domain, or for one of the provider's.
func signers(e Evidence, r Result) (list []shown) {
	for _, d := range r.Signers {
		p, ok := provider.BySigner(d)
		if !ok || foreign(e, d) == "" || named(p) {
			continue
		}
		if slices.ContainsFunc(r.Envelopes, func(env fqdn.Name) bool { return foreign(e, env) == "" || belongs(env, p) }) {
			list = append(list, shown{p, d})
		}
	}
	return list
}

// envelopes are the providers whose envelope domains SPF passes for.
func envelopes(e Evidence, r Result) (list []shown) {
	for _, d := range r.Envelopes {
		if p, ok := provider.ByEnvelope(d); ok && foreign(e, d) != "" && !named(p) {
			list = append(list, shown{p, d})
		}
	}
	return list
}

// named reports whether servers of who passes on mail of others have names: then
// it is known by these alone, because its failing mail is excused.
func named(p provider.Provider) bool { return p.PassesOn() && len(p.Hosts) > 0 }

// foreign is the domain, or "" when it is of the owner's organization.
func foreign(e Evidence, d fqdn.Name) fqdn.Name {
	if d.Within(e.Domain) || d.Organizational() != "" && d.Organizational() == e.Domain.Organizational() {
		return ""
	}
	return d
}

// belongs reports whether a domain is one of the provider's.
func belongs(d fqdn.Name, p provider.Provider) bool {
	return slices.ContainsFunc(slices.Concat(p.Envelopes, p.Signs), d.Within)
}

// mostly is what most of the mail shows. Of several that show as often it is
// one that the name of the address does not give away already: a service that
// sends by another's servers is the more exact answer.
func mostly(e Evidence, find func(Evidence, Result) []shown, byHost provider.Provider) (shown, bool) {
	messages, domains := map[string]int64{}, map[string]shown{}
	for _, r := range e.Results {
		seen := map[string]bool{}
		for _, s := range find(e, r) {
			if id := s.provider.ID; !seen[id] {
				seen[id] = true
				messages[id] += r.Messages
			}
			if known, ok := domains[s.provider.ID]; !ok || s.domain < known.domain {
				domains[s.provider.ID] = s
			}
		}
	}
	if len(domains) == 0 {
		return shown{}, false
	}
	last := func(id string) int {
		if id == byHost.ID {
			return 1
		}
		return 0
	}
	ids := slices.SortedFunc(maps.Keys(domains), func(a, b string) int {
		return cmp.Or(cmp.Compare(messages[b], messages[a]), cmp.Compare(last(a), last(b)), cmp.Compare(a, b))
	})
	return domains[ids[0]], true
}
