package report

import (
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Filter chooses messages. Days are UTC dates, both included; a zero field
// chooses everything.
type Filter struct {
	From, To time.Time
	Domain   DomainID
	Class    Class
	Reporter string // organizational domain of the reporter
	Sender   string // organizational domain of the confirmed name, or an address
	Network  netip.Prefix
	Repair   finding.Code // that a report was repaired by; chooses reports only
	Doubted  bool         // those that nobody vouches for; chooses reports only
	vouched  bool         // without the reports that nobody vouches for
}

// Days returns how many days the filter covers.
func (f Filter) Days() int { return int(f.To.Sub(f.From)/(24*time.Hour)) + 1 }

// LastDays is the filter's range set to the n days up to today.
func LastDays(now time.Time, n int) Filter {
	today := now.UTC().Truncate(24 * time.Hour)
	return Filter{From: today.AddDate(0, 0, 1-n), To: today}
}

// senderSQL names the sender of a row t with its joins: the organizational
// domain of the confirmed name, the name itself where it lies within the
// owner's domain (every host there would be one sender), else the address.
const senderSQL = `CASE WHEN ` + ownNameSQL + ` THEN n.name ELSE coalesce(n.sender, host(t.source_ip)) END`

// where returns the conditions on rows t with their joins, and their values.
func (f Filter) where(org org.ID) (string, postgres.NamedArgs) {
	facts, judged, args := f.conditions(org)
	return strings.Join(append(facts, judged...), " AND "), args
}

// conditions returns those on facts, which rows t have by themselves, apart
// from those on what is judged, which need the joins. The organization and
// the days always stand first: they choose partitions and index.
func (f Filter) conditions(org org.ID) (facts, judged []string, args postgres.NamedArgs) {
	args = postgres.NamedArgs{"org": org, "from": f.From, "to": f.To}
	facts = []string{`t.org_id = @org`, `t.day BETWEEN @from AND @to`}
	if !f.Domain.IsZero() {
		facts, args["domain"] = append(facts, `t.domain_id = @domain`), f.Domain
	}
	if f.Reporter != "" {
		facts, args["reporter"] = append(facts, `t.reporter = @reporter`), f.Reporter
	}
	if f.Network.IsValid() {
		// Ranges are leakproof, so an index serves them under row-level security;
		// the operators for networks are not.
		facts = append(facts, `t.source_ip >= @low AND t.source_ip <= @high`)
		args["low"], args["high"] = f.Network.Masked().Addr(), lastOf(f.Network)
	}
	if f.Sender != "" {
		judged, args["sender"] = append(judged, senderSQL+` = @sender`), f.Sender
	}
	if f.Class != 0 {
		judged, args["class"] = append(judged, classSQL+` = @class`), f.Class
	}
	return facts, judged, args
}

// lastOf returns the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(bytes) // as long as it was
	return last
}
