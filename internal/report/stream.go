package report

import (
	"maps"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// stream writes what is there of a report that is too large to hold: its row
// first, then records as they come, behind a savepoint that a refusal returns
// to. Its sums are set at the end.
func (g *group) stream(p *pending) error {
	if p.streamed {
		return g.flush(p)
	}
	_, chosen := g.items[p.item].choices[len(g.results[p.item].items)]
	if g.place(p) != "" || g.holds(p.key) && !chosen {
		p.dropped = true // judged at the end
		g.cut(p)
		return nil
	}
	if err := g.admit(g.ctx, []*pending{p}); err != nil {
		return err
	}
	if p.held != "" {
		p.dropped = true
		g.cut(p)
		return nil
	}
	if _, ok := g.s.months.Load(monthOf(p.day)); !ok {
		return missingMonths{days: []time.Time{p.day}}
	}
	var err error
	if p.id, err = g.ids.report(g.ctx, g.tx); err != nil {
		return err
	}
	if _, err := g.tx.Exec(g.ctx, `SAVEPOINT report`); err != nil {
		return err
	}
	p.streamed, p.sources, p.remembered = true, sources{}, len(g.added)
	if err := g.makeWay(p); err != nil {
		return err
	}
	fresh, err := g.insertReports(g.ctx, []*pending{p})
	if err != nil {
		return err
	}
	if !fresh[p.id] && p.instead.id != 0 {
		return errMoved
	}
	if !fresh[p.id] {
		p.dropped = true // stored already, or in conflict with what is
		g.cut(p)
		return nil
	}
	return g.flush(p)
}

// flush writes the rows of the open report that are held.
func (g *group) flush(p *pending) error {
	rows := g.rows[p.from:p.to]
	for i := range rows {
		p.sources.add(&rows[i])
	}
	b := &postgres.Batch{}
	g.addRecords(b, rows)
	err := send(g.ctx, g.tx, b, "insert records")
	g.cut(p)
	return err
}

// cut takes the open report's rows off the end and forgets the results that
// only they name: of a report that is streamed there may be more than fit the
// memory.
func (g *group) cut(p *pending) {
	g.rows, g.bytes = g.rows[:p.from], p.before
	p.to = p.from
	used := make(map[int64]bool, p.from)
	for _, r := range g.rows {
		used[r.auth] = true
	}
	maps.DeleteFunc(g.dictionary, func(id int64, _ said) bool { return !used[id] })
}

// endStream writes what is left of the report and its sums.
func (g *group) endStream(p *pending) error {
	if err := g.flush(p); err != nil {
		return err
	}
	if p.base != nil {
		p.key = digest(p.base)
		p.key = addedKey(p)
	}
	if err := updateReport(g.ctx, g.tx, g.org, p); err != nil {
		return err
	}
	if len(g.sources) == 0 {
		g.sources = p.sources
	} else {
		g.sources.merge(p.sources)
	}
	if err := g.arrived(p); err != nil {
		return err
	}
	g.count(p)
	_, err := g.tx.Exec(g.ctx, `RELEASE SAVEPOINT report`)
	return err
}

// undoStream takes back everything that was written of a refused report, and
// for it.
func (g *group) undoStream(p *pending) error {
	g.added = g.added[:p.remembered]
	_, err := g.tx.Exec(g.ctx, `ROLLBACK TO SAVEPOINT report`)
	return err
}

// holds reports whether the group has read a report with the key already.
func (g *group) holds(key digest) bool {
	return slices.ContainsFunc(g.reports, func(p *pending) bool { return p.key == key })
}
