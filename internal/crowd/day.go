package crowd

import (
	"math/rand/v2"

	"sendvery.com/sendvery/internal/report"
)

// Reports are what receivers report about a day of the domain. Their Domain is
// left to the caller.
func (d *Domain) Reports(day int) (list []report.Made) {
	c := d.plan.chance(3, uint64(d.index), uint64(day))
	p, sp := d.policy(day)
	begin := d.plan.Day(day).Unix()
	for i, share := range d.shares {
		var rows []report.MadeRow
		for k := range d.parts {
			rows = d.parts[k].send(rows, d.rows[day]*share, p, c)
		}
		if len(rows) == 0 {
			continue // a receiver that saw nothing sends nothing
		}
		r := receiverAt(i)
		list = append(list, report.Made{Head: r.head(d.Name, begin, p, sp), To: r.to, Rows: rows})
	}
	return list
}

// send adds the rows of one sender to those of a receiver that has about so
// many in all.
func (s *source) send(rows []report.MadeRow, many float64, policy string, c *rand.Rand) []report.MadeRow {
	n := int(many*s.share + c.Float64())
	if n == 0 {
		return rows
	}
	first := c.IntN(len(s.hosts))
	for k := range n {
		rows = append(rows, report.MadeRow{
			Found: s.records[policy][s.pick(c)], IP: s.hosts[(first+k)%len(s.hosts)].ip, Messages: 1 + int64(c.ExpFloat64()*s.habit.messages()),
		})
	}
	return rows
}

// pick chooses a finding by its share.
func (s *source) pick(c *rand.Rand) int {
	at := c.Float64()
	for i, f := range s.findings {
		if at -= f.share; at < 0 {
			return i
		}
	}
	return 0
}

// messages is about how many a row stands for.
func (h habit) messages() float64 {
	switch h {
	case deceives:
		return 1.5
	case relays, lists:
		return 2
	}
	return 12
}
