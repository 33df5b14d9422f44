package crowd

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/sender"
)

// Domain is one domain of an organization, with all who send as it.
type Domain struct {
	Name  fqdn.Name
	plan  Plan
	index int
	stage stage
	rows  []float64 // wanted of each day
	parts []source
	// shares are those of the receivers that report.
	shares []float64
}

// source is one who sends as the domain.
type source struct {
	habit    habit
	share    float64 // of all rows
	hosts    []host
	findings []finding
	records  map[string][]*dmarcrpt.Record // by the policy, one for each finding
}

// domain makes the nth domain with about so many rows in all.
func (p Plan) domain(n int, name fqdn.Name, s stage, rows float64) *Domain {
	d := &Domain{Name: name, plan: p, index: n, stage: s}
	c := p.chance(2, uint64(n))
	d.spread(rows, c)
	perDay := rows / float64(max(p.Days, 1))
	reporting := min(mostReceivers, max(3, int(perDay/4)))
	if s == quiet {
		reporting = 1
	}
	d.shares = make([]float64, reporting)
	for i := range d.shares {
		d.shares[i] = weight(i+1, 0.9)
	}
	even(d.shares)
	d.cast(perDay, c)
	return d
}

// week is how much is sent on each day of it, from Sunday.
var week = [...]float64{0.35, 1.1, 1.25, 1.2, 1.15, 1, 0.45}

// spread divides the rows among the days.
func (d *Domain) spread(rows float64, c *rand.Rand) {
	d.rows = make([]float64, d.plan.Days)
	for i := range d.rows {
		grown := 1 + (d.stage.growth()-1)*float64(i)/float64(len(d.rows))
		d.rows[i] = week[d.plan.Day(i).Weekday()] * grown * (0.85 + 0.3*c.Float64())
	}
	even(d.rows)
	for i := range d.rows {
		d.rows[i] *= rows
	}
}

// even makes numbers add up to one.
func even(list []float64) {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	for i := range list {
		list[i] /= sum
	}
}

// cast finds who sends as the domain.
func (d *Domain) cast(perDay float64, c *rand.Rand) {
	parts := d.stage.parts()
	shares := make([]float64, len(parts))
	for i, part := range parts {
		shares[i] = part.share
	}
	even(shares)
	catalogue := provider.All()
	for i, part := range parts {
		s := source{habit: part.habit, share: shares[i]}
		many := perDay * s.share
		var p provider.Provider
		switch {
		case part.habit == deceives:
			s.hosts = strangers(c.IntN(1<<20), int(min(3000, max(20, many*10))))
		case part.kind == "":
			s.hosts = ownServers(d.index, d.Name, int(min(4, 1+many/40)))
		default:
			of := providers(part.kind)
			at := of[c.IntN(len(of))]
			p = catalogue[at]
			s.hosts = servers(at, p, c.IntN(1024), int(min(240, max(3, many/3))))
		}
		s.findings = part.habit.findings(d.Name, p)
		s.records = d.records(s)
		d.parts = append(d.parts, s)
	}
}

// records are the findings under each policy that the domain ever has.
func (d *Domain) records(s source) map[string][]*dmarcrpt.Record {
	all := map[string][]*dmarcrpt.Record{}
	for i := range d.rows {
		p, sp := d.policy(i)
		if all[p] == nil {
			for _, f := range s.findings {
				all[p] = append(all[p], f.record(s.habit, d.Name, p, sp))
			}
		}
	}
	return all
}

func (d *Domain) policy(day int) (p, sp string) {
	return d.stage.policy(float64(day) / float64(len(d.rows)))
}

// Identities says who the addresses are that send as the domain, and what is
// known of them.
func (d *Domain) Identities() map[netip.Addr]Identified {
	all := map[netip.Addr]Identified{}
	results := map[netip.Addr][]sender.Result{}
	passing := map[netip.Addr]bool{}
	for _, s := range d.parts {
		for _, f := range s.findings {
			for _, h := range s.hosts {
				if !f.passedOn() {
					results[h.ip] = append(results[h.ip], f.shows())
					passing[h.ip] = passing[h.ip] || f.signed || f.sent
				}
				all[h.ip] = Identified{Facts: h.facts}
			}
		}
	}
	for ip, known := range all {
		known.Identity = sender.Identify(sender.Evidence{Domain: d.Name, IP: ip, Passes: passing[ip], Facts: known.Facts, Results: results[ip]})
		known.Evidence, _ = json.Marshal(known.Identity) //nolint:errchkjson // of nothing but words and numbers
		all[ip] = known
	}
	return all
}

// Identified is an address with who it is.
type Identified struct {
	sender.Facts
	sender.Identity
	Evidence json.RawMessage // Identity as it is stored
}
