package report

import (
	"context"
	"slices"
)

// What an organization may have waiting, in mails and in bytes of their
// originals as they are stored: anybody can send reports about any domain.
// Transactions at the same time may each see the last free place.
const (
	maxHeld      = 10_000
	maxHeldBytes = 1 << 30
)

// boundHeld refuses what would be held beyond these bounds. What is held
// already, and is read again, stays.
func (g *group) boundHeld(ctx context.Context) error {
	waits := func(i receiptItem) bool { return i.verdict == Held }
	counted, mails, bytes := false, 0, int64(0)
	for n := range g.results {
		r := &g.results[n]
		if g.items[n].again || !slices.ContainsFunc(r.items, waits) {
			continue
		}
		if !counted {
			var err error
			if mails, bytes, err = heldOriginals(ctx, g.tx, g.org, maxHeld); err != nil {
				return err
			}
			counted = true
		}
		if mails < maxHeld && bytes < maxHeldBytes {
			mails, bytes = mails+1, bytes+g.items[n].size // before compression
			continue
		}
		for i := range r.items {
			if waits(r.items[i]) {
				r.items[i].verdict, r.items[i].reason = Refused, ReasonFull
			}
		}
	}
	return nil
}
