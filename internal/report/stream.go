package report

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// stream writes what is there of a report that is too large to hold: its row
// first, then records as they come, behind a savepoint that a refusal returns
// to. Its totals are set at the end.
func (g *group) stream(p *pending) error {
	if !p.streamed {
		if _, ok := g.s.months.Load(monthOf(p.day)); !ok {
			return missingMonths{days: []time.Time{p.day}}
		}
		stored, err := findReports(g.ctx, g.tx, g.org, [][]byte{p.key[:]})
		if err != nil {
			return err
		}
		p.streamed = true
		if _, ok := stored[p.key]; ok || g.holds(p.key) {
			p.dropped = true
			g.cut(p.from)
			return nil
		}
		if _, err := g.tx.Exec(g.ctx, `SAVEPOINT report`); err != nil {
			return err
		}
		if err := insertReports(g.ctx, g.tx, g.org, []*pending{p}, g.now); err != nil {
			return err
		}
	}
	return g.flush(p)
}

// flush writes the rows of the open report that are held.
func (g *group) flush(p *pending) error {
	err := insertRecords(g.ctx, g.tx, g.org, g.rows[p.from:], g.dictionary)
	g.cut(p.from)
	return err
}

// cut takes rows off the end and forgets the results that only they name: of a
// report that is streamed there may be more than fit the memory.
func (g *group) cut(from int) {
	g.rows = g.rows[:from]
	used := make(map[int64]bool, from)
	for _, r := range g.rows {
		used[r.auth] = true
	}
	maps.DeleteFunc(g.dictionary, func(id int64, _ json.RawMessage) bool { return !used[id] })
}

// endStream writes what is left of the report and its totals.
func (g *group) endStream(p *pending) error {
	if err := g.flush(p); err != nil {
		return err
	}
	if err := updateReport(g.ctx, g.tx, g.org, p); err != nil {
		return err
	}
	g.totals.merge(p.totals)
	_, err := g.tx.Exec(g.ctx, `RELEASE SAVEPOINT report`)
	return err
}

// undoStream takes back everything that was written of a refused report.
func (g *group) undoStream() error {
	_, err := g.tx.Exec(g.ctx, `ROLLBACK TO SAVEPOINT report`)
	return err
}

// holds reports whether the group has read a report with the key already.
func (g *group) holds(key [32]byte) bool {
	return slices.ContainsFunc(g.reports, func(p *pending) bool { return p.key == key })
}
