package demo

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"
)

// report is one aggregate report before it is written down.
type report struct {
	reporter   reporter
	domain     policyDomain
	policy     string
	id         string
	begin, end time.Time
	rows       []row
}

// row is one record.
type row struct {
	auth
	ip          netip.Addr
	count       int
	disposition string
	reason      string // type; "" for none
	comment     string
}

// observe makes the report of one reporter about one domain and day, or says
// that there is nothing to report. part numbers the reports of a reporter that
// sends several a day.
func (t *teller) observe(d day, reporterIndex, domainIndex, part int) (report, bool) {
	r, dom := reporters[reporterIndex], domains[domainIndex]
	parts := cmp.Or(r.perDay, 1)
	length := 24 * time.Hour / time.Duration(parts)
	rep := report{reporter: r, domain: dom, policy: dom.policy(d), begin: d.date.Add(time.Duration(part) * length)}
	rep.end = rep.begin.Add(length)
	if !r.endsOnMidnight {
		rep.end = rep.end.Add(-time.Second)
	}
	for i, s := range senders {
		if s.domain != dom.name {
			continue
		}
		who := t.chance(1, uint64(d.index), uint64(i)) // the same for all reporters
		hosts, volume := s.hosts(d, who), s.volume(d, who)
		lot := t.chance(2, uint64(d.index), uint64(i), uint64(reporterIndex), uint64(part))
		share := volume * r.share / float64(parts) * noise(lot)
		for j, host := range hosts {
			if n := about(share*weight(j, len(hosts))*(0.6+0.8*lot.Float64()), lot); n > 0 {
				rep.rows = append(rep.rows, r.judge(rep, row{auth: s.auth(d, host), ip: host, count: n}))
			}
		}
	}
	rep.id = r.newID(rep, t.chance(3, uint64(d.index), uint64(reporterIndex), uint64(domainIndex), uint64(part)))
	return rep, len(rep.rows) > 0
}

// weight is the part of a sender's mail that its host number i of n sends: a
// first machine does twice the work of a fourth. All weights sum to 1.
func weight(i, n int) float64 {
	sum := 0.0
	for k := range n {
		sum += 1 / math.Sqrt(float64(k+1))
	}
	return 1 / math.Sqrt(float64(i+1)) / sum
}

// about rounds so that the mean stays, also below one.
func about(x float64, r *rand.Rand) int { return int(x + r.Float64()) }

// judge fills in what the receiver did with the mail.
func (r reporter) judge(rep report, w row) row {
	w.disposition = rep.policy
	switch {
	case w.dkimAligned || w.spfAligned:
		w.disposition = none
		if r.dialect.namespace != "" && rep.policy != none {
			w.disposition = pass // RFC 9990: no action because it passed
		}
	case w.relayed && r.override != "" && rep.policy != none:
		w.disposition, w.reason, w.comment = none, r.override, r.comment
	}
	return w
}
