package report

import (
	"context"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// existing is a stored report with the key of one that came in.
type existing struct {
	id      ID
	receipt ReceiptID
	content [32]byte
}

// write stores everything that was read and returns what became of the items.
// The rollup is the last statement: its rows are where transactions meet, and
// they meet them in one order.
func (g *group) write(ctx context.Context, advance func(context.Context, postgres.Tx, int) error) ([]result, error) {
	if err := g.needMonths(); err != nil {
		return nil, err
	}
	fresh, err := g.judge(ctx)
	if err != nil {
		return nil, err
	}
	for i := range g.results {
		g.results[i].verdict = verdictOf(g.results[i].items)
	}
	if err := g.writeReceipts(ctx); err != nil {
		return nil, err
	}
	if err := insertReports(ctx, g.tx, g.org, fresh, g.now); err != nil {
		return nil, err
	}
	if err := insertRecords(ctx, g.tx, g.org, g.rows, g.dictionary); err != nil {
		return nil, err
	}
	if err := advance(ctx, g.tx, len(g.items)); err != nil {
		return nil, err
	}
	return g.results, upsertTotals(ctx, g.tx, g.org, g.totals)
}

// needMonths stops the transaction when a partition is missing.
func (g *group) needMonths() error {
	var missing []time.Time
	for _, p := range g.reports {
		if _, ok := g.s.months.Load(monthOf(p.day)); !ok {
			missing = append(missing, p.day)
		}
	}
	if len(missing) > 0 {
		return missingMonths{days: missing}
	}
	return nil
}

// judge decides for each report whether it is new, known or in conflict,
// drops the rows of those that are not new, and returns the new ones that are
// still to be inserted.
func (g *group) judge(ctx context.Context) ([]*pending, error) {
	stored, err := findReports(ctx, g.tx, g.org, g.keys())
	if err != nil {
		return nil, err
	}
	var fresh []*pending
	for _, p := range g.reports {
		ri := &g.results[p.item].items[p.slot]
		old, ok := stored[p.key]
		switch {
		case p.streamed && !p.dropped, ok && !g.fresh[p.item] && old.receipt == p.receipt:
			// In the database already: streamed just now, or read again, be it by a
			// newer reader that sees more. What else has its key came with it.
			p.dropped = true
			ri.accept(old.id, p.summary.Repairs)
			stored[p.key] = existing{id: old.id, content: p.summary.Digest}
		case ok && old.content == p.summary.Digest:
			p.dropped = true
			ri.verdict, ri.report = Known, old.id
		case ok:
			p.dropped = true
			ri.verdict, ri.reason, ri.report = Conflict, ReasonConflict, old.id
		default:
			stored[p.key] = existing{id: p.id, receipt: p.receipt, content: p.summary.Digest}
			fresh = append(fresh, p)
			g.totals.merge(p.totals)
			ri.accept(p.id, p.summary.Repairs)
		}
	}
	g.rows = slices.DeleteFunc(g.rows, func(r row) bool { return r.report.dropped })
	return fresh, nil
}

func (g *group) keys() [][]byte {
	keys := make([][]byte, len(g.reports))
	for i, p := range g.reports {
		keys[i] = p.key[:]
	}
	return keys
}

// writeReceipts stores receipts, originals and what became of each report.
func (g *group) writeReceipts(ctx context.Context) error {
	var newItems []item
	var newResults []result
	for i, it := range g.items {
		if g.fresh[i] {
			newItems, newResults = append(newItems, it), append(newResults, g.results[i])
			continue
		}
		if err := replaceItems(ctx, g.tx, g.org, it.receipt, g.results[i]); err != nil {
			return err
		}
	}
	if err := insertReceipts(ctx, g.tx, g.org, newItems, newResults, g.now); err != nil {
		return err
	}
	for i, it := range g.items {
		kept := !g.fresh[i] && it.mail == "" // it is read out of its own original
		var err error
		switch keep := g.results[i].keepsOriginal(); {
		case keep && !kept:
			err = keepOriginal(ctx, g.tx, g.org, it, g.s.compress)
		case kept && !keep:
			err = dropOriginal(ctx, g.tx, g.org, it.receipt)
		}
		if err != nil {
			return err
		}
	}
	return insertItems(ctx, g.tx, g.org, g.results)
}

// keepsOriginal reports whether the bytes are kept: only when they hold a
// report that is not known already, and never for failure reports, which hold
// other people's mail.
func (r result) keepsOriginal() bool {
	return !r.private && slices.ContainsFunc(r.items, func(i receiptItem) bool { return i.verdict != Known })
}
