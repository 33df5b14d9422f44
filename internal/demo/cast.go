package demo

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"
)

// Words of the report format.
const (
	pass = "pass"
	fail = "fail"
	none = "none"
)

// The domains that the reports are about.
const (
	busy   = "example.org"
	medium = "example.com"
	parked = "example.net"
)

// policyDomain is a domain that the reports are about.
type policyDomain struct {
	name      string
	alignment string // adkim and aspf
	policy    func(d day) string
}

// enforceDay is when example.org leaves p=none.
const enforceDay = 45

// repairDay is when the newsletter service's signatures begin to verify, but
// for those of its last machine, which are right on one day in five.
const repairDay = 60

var domains = [...]policyDomain{
	{busy, "r", func(d day) string {
		if d.index < enforceDay {
			return none
		}
		return "quarantine"
	}},
	{medium, "r", func(day) string { return none }},
	{parked, "s", func(day) string { return "reject" }},
}

// auth is what a receiver finds out about a sender's mail.
type auth struct {
	headerFrom   string
	envelopeFrom string
	dkim         []dkimResult
	spf          spfResult
	dkimAligned  bool
	spfAligned   bool
	relayed      bool // by a mailing list: receivers may override the policy
}

type dkimResult struct{ domain, selector, result string }

type spfResult struct{ domain, result string }

// sender is someone whose mail bears the domain.
type sender struct {
	domain string
	hosts  func(d day, r *rand.Rand) []netip.Addr
	volume func(d day, r *rand.Rand) float64 // messages on the day, over all receivers
	auth   func(d day, host netip.Addr) auth
}

// Who has which addresses:
//
//	192.0.2.0/26        2001:db8:a::/48    provider A
//	192.0.2.64/26                          newsletter service
//	192.0.2.128/25                         the reporters' own mail servers
//	198.51.100.0/26     2001:db8:b::/48    provider B
//	198.51.100.64/26                       billing service
//	198.51.100.128/25                      forwarder
//	203.0.113.0/26                         office
//	203.0.113.64/26                        mailing list
//	203.0.113.128/25    2001:db8:bad::/48  spoofers
var (
	providerA  = block("192.0.2.10", 8, "2001:db8:a::10", 4)
	providerB  = block("198.51.100.20", 5, "2001:db8:b::20", 2)
	newsletter = block("192.0.2.70", 4, "", 0)
	billing    = block("198.51.100.80", 2, "", 0)
	forwarder  = block("198.51.100.140", 4, "", 0)
	office     = block("203.0.113.25", 1, "", 0)
	lists      = block("203.0.113.70", 1, "", 0)
)

func block(first4 string, n4 int, first6 string, n6 int) []netip.Addr {
	out := run(nil, first4, n4)
	return run(out, first6, n6)
}

func run(out []netip.Addr, first string, n int) []netip.Addr {
	if n == 0 {
		return out
	}
	a := netip.MustParseAddr(first)
	for range n {
		out = append(out, a)
		a = a.Next()
	}
	return out
}

func always(list []netip.Addr) func(day, *rand.Rand) []netip.Addr {
	return func(day, *rand.Rand) []netip.Addr { return list }
}

// spoofHosts are different ones every day.
func spoofHosts(_ day, r *rand.Rand) []netip.Addr {
	out := make([]netip.Addr, 0, 5)
	for range 2 + r.IntN(3) {
		out = append(out, netip.AddrFrom4([4]byte{203, 0, 113, byte(128 + r.IntN(126))}))
	}
	if r.IntN(3) == 0 {
		out = append(out, netip.MustParseAddr(fmt.Sprintf("2001:db8:bad::%x", 1+r.IntN(0xffff))))
	}
	return out
}

var senders = [...]sender{
	{busy, always(providerA), people(1500), signed(busy, "a1", "bounce.example.org")},
	{busy, always(providerB), people(650), signed(busy, "b2", busy)},
	{busy, always(newsletter), campaigns(1500), newsletterAuth},
	{busy, always(billing), invoices(90), billingAuth},
	{busy, always(office), people(14), officeAuth},
	{busy, always(forwarder), people(55), forwardedAuth(busy, "a1")},
	{busy, always(lists), people(18), listAuth(busy, "a1")},
	{busy, spoofHosts, attacks(45, 20, 66), spoofAuth(busy)},
	{medium, always(providerB), people(320), signed(medium, "b2", medium)},
	{medium, always(providerA), people(180), signed(medium, "a1", "bounce.example.com")},
	{medium, always(forwarder), people(14), forwardedAuth(medium, "b2")},
	{medium, always(lists), people(5), listAuth(medium, "b2")},
	{medium, spoofHosts, attacks(12, 51), spoofAuth(medium)},
	{parked, spoofHosts, attacks(12, 33, 71), spoofAuth(parked)},
}

// growth is gentle: a third more over the first telling.
func growth(d day) float64 { return 1 + 0.33*float64(d.index)/Days }

func noise(r *rand.Rand) float64 { return 0.88 + 0.24*r.Float64() }

// people write on working days.
func people(base float64) func(day, *rand.Rand) float64 {
	week := [...]float64{time.Sunday: 0.22, time.Monday: 1.04, time.Tuesday: 1.12, time.Wednesday: 1.1, time.Thursday: 1.05, time.Friday: 0.88, time.Saturday: 0.3}
	return func(d day, r *rand.Rand) float64 { return base * week[d.date.Weekday()] * growth(d) * noise(r) }
}

// campaigns go out on Tuesdays and Thursdays; little else happens.
func campaigns(base float64) func(day, *rand.Rand) float64 {
	return func(d day, r *rand.Rand) float64 {
		switch d.date.Weekday() {
		case time.Tuesday, time.Thursday:
			return base * growth(d) * noise(r)
		default:
			return base / 70 * noise(r)
		}
	}
}

// invoices run at the beginning of a month.
func invoices(base float64) func(day, *rand.Rand) float64 {
	return func(d day, r *rand.Rand) float64 {
		per := base
		if d.date.Day() <= 3 {
			per *= 4.5
		}
		return per * growth(d) * noise(r)
	}
}

// attacks are a trickle, with waves of three days from the given days on.
func attacks(base float64, waves ...int) func(day, *rand.Rand) float64 {
	return func(d day, r *rand.Rand) float64 {
		for _, w := range waves {
			if d.index >= w && d.index < w+3 {
				return base * 9 * noise(r)
			}
		}
		return base * (0.4 + 1.2*r.Float64())
	}
}

// signed passes both ways, with a second signature of the provider itself.
func signed(domain, selector, envelope string) func(day, netip.Addr) auth {
	provider := map[string]string{"a1": "provider-a.example", "b2": "provider-b.example"}[selector]
	return func(day, netip.Addr) auth {
		return auth{
			headerFrom: domain, envelopeFrom: envelope, dkimAligned: true, spfAligned: true,
			dkim: []dkimResult{{domain, selector, pass}, {provider, "main", pass}},
			spf:  spfResult{envelope, pass},
		}
	}
}

func newsletterAuth(d day, host netip.Addr) auth {
	a := auth{
		headerFrom: "news.example.org", envelopeFrom: "bounces.newsletter.example",
		dkim: []dkimResult{{"news.example.org", "nl", fail}},
		spf:  spfResult{"bounces.newsletter.example", pass},
	}
	if d.index >= repairDay && (host != newsletter[len(newsletter)-1] || d.index%5 == 0) {
		a.dkim[0].result, a.dkimAligned = pass, true
	}
	return a
}

func billingAuth(day, netip.Addr) auth {
	return auth{headerFrom: busy, envelopeFrom: busy, spfAligned: true, spf: spfResult{busy, pass}}
}

func officeAuth(day, netip.Addr) auth {
	return auth{headerFrom: busy, envelopeFrom: busy, spf: spfResult{busy, "softfail"}}
}

func forwardedAuth(domain, selector string) func(day, netip.Addr) auth {
	return func(day, netip.Addr) auth {
		return auth{
			headerFrom: domain, envelopeFrom: "forward.example", dkimAligned: true,
			dkim: []dkimResult{{domain, selector, pass}},
			spf:  spfResult{"forward.example", fail},
		}
	}
}

// listAuth is a mailing list: it breaks the signature by its footer and signs
// for itself.
func listAuth(domain, selector string) func(day, netip.Addr) auth {
	return func(day, netip.Addr) auth {
		return auth{
			headerFrom: domain, envelopeFrom: "lists.test", relayed: true,
			dkim: []dkimResult{{domain, selector, fail}, {"lists.test", "l1", pass}},
			spf:  spfResult{"lists.test", pass},
		}
	}
}

// spoofAuth fails by everything: half of the hosts claim the domain in the
// envelope too, the others use one of their own.
func spoofAuth(domain string) func(day, netip.Addr) auth {
	return func(_ day, host netip.Addr) auth {
		if host.AsSlice()[len(host.AsSlice())-1]%2 == 0 {
			return auth{headerFrom: domain, envelopeFrom: domain, spf: spfResult{domain, fail}}
		}
		return auth{headerFrom: domain, envelopeFrom: "bulk.test", spf: spfResult{"bulk.test", none}}
	}
}
