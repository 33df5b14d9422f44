package report

import (
	"context"
	"slices"
	"time"
)

// What an organization may have waiting, in mails and in bytes of their
// originals as they are stored: anybody can send reports about any domain.
// Transactions at the same time may each see the last free place.
const (
	maxHeld      = 10_000
	maxHeldBytes = 1 << 30
)

// The same for what is held for the plan. It is about domains that are watched,
// so it is to be lost by nobody's choice but the owner's: there is room for what
// the largest plan counts (50,000 a month) for as long as anything held is kept
// at least (WaitingLife), at four times the size of a usual report. Who gets more
// than that is sent it by somebody who wants to fill the disk. What is refused
// beyond it was read out of a mail that stays untouched in its mailbox.
const (
	maxPlanHeld      = 150_000
	maxPlanHeldBytes = 3 << 30
)

// room is what waits already, and how much may.
type room struct {
	mails, most     int
	bytes, mostSize int64
	full            Reason // why nothing more is held
}

// roomFor counts what waits for the plan, or for anything else.
func (g *group) roomFor(ctx context.Context, plan bool) (*room, error) {
	r := &room{most: maxHeld, mostSize: maxHeldBytes, full: ReasonFull}
	if plan {
		r = &room{most: maxPlanHeld, mostSize: maxPlanHeldBytes, full: ReasonPlanFull}
	}
	var err error
	r.mails, r.bytes, err = heldOriginals(ctx, g.tx, g.org, plan, r.most)
	return r, err
}

// boundHeld refuses what would be held beyond these bounds. What is held
// already, and is read again, stays.
func (g *group) boundHeld(ctx context.Context) error {
	waits := func(i receiptItem) bool { return i.verdict == Held }
	rooms := map[bool]*room{} // by whether they are for the plan
	for n := range g.results {
		r := &g.results[n]
		if g.items[n].again || !slices.ContainsFunc(r.items, waits) {
			continue
		}
		plan := slices.ContainsFunc(r.items, func(i receiptItem) bool { return waits(i) && i.reason.ForPlan() })
		if rooms[plan] == nil {
			var err error
			if rooms[plan], err = g.roomFor(ctx, plan); err != nil {
				return err
			}
		}
		left := rooms[plan]
		if left.mails < left.most && left.bytes < left.mostSize {
			left.mails, left.bytes = left.mails+1, left.bytes+g.items[n].size // before compression
			continue
		}
		for i := range r.items {
			if waits(r.items[i]) {
				r.items[i].verdict, r.items[i].reason, r.items[i].end = Refused, left.full, time.Time{}
			}
		}
	}
	return nil
}
