package report

import (
	"context"
	"crypto/sha256"
	"slices"
)

// Choice is what the owner says about two reports under one key.
type Choice string

// The choices. Without one the report that came first counts.
const (
	Replace Choice = "replace" // count this one instead
	Add     Choice = "add"     // count both: they are different reports
)

// meet judges reports whose key is taken: the same again, or another one in
// conflict with what is stored.
func (g *group) meet(ctx context.Context, reports []*pending) error {
	if len(reports) == 0 {
		return nil
	}
	keys := make([][32]byte, 0, 2*len(reports))
	for _, p := range reports {
		keys = append(keys, p.key, addedKey(p))
	}
	stored, err := findReports(ctx, g.tx, g.org, keys)
	if err != nil {
		return err
	}
	for _, p := range reports {
		old, beside := stored[p.key], stored[addedKey(p)]
		if beside.id != 0 {
			old = beside
		}
		if g.own(p, old) || old.content == p.summary.Digest {
			err = g.same(ctx, p, old)
		} else {
			err = g.conflict(ctx, p, old)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// own reports whether a report is the stored one read again, out of the same
// receipt, be it by a newer reader that sees more. What else has its key there
// came beside it.
func (g *group) own(p *pending, old existing) bool {
	r := g.results[p.item]
	return g.items[p.item].again && old.receipt == r.receipt &&
		!slices.ContainsFunc(r.items, func(i receiptItem) bool { return i.report == old.id })
}

// addedKey is the key of a report that counts beside another one of the same key.
func addedKey(p *pending) [32]byte {
	return sha256.Sum256(append(p.key[:len(p.key):len(p.key)], p.summary.Digest[:]...))
}

// same settles a report that is stored already. A copy that somebody vouches
// for vouches for what is stored.
func (g *group) same(ctx context.Context, p *pending, old existing) error {
	p.dropped = true
	ri := g.part(p)
	if g.own(p, old) {
		ri.accept(old.id, p.summary.Repairs)
	} else {
		ri.verdict, ri.report = Known, old.id
	}
	if p.trust != Vouched || old.trust == Vouched {
		return nil
	}
	return g.vouch(ctx, old)
}

// conflict settles a report that differs from the one stored under its key.
// The first counts, until the owner chooses, or if nobody vouches for it and
// somebody does for this one.
func (g *group) conflict(ctx context.Context, p *pending, old existing) error {
	choice, reason := g.items[p.item].choices[p.slot], ReasonReplaced
	if choice == "" && old.trust == Unvouched && p.trust == Vouched {
		choice, reason = Replace, ReasonOvertaken
	}
	ri := g.part(p)
	if choice == "" || p.dropped {
		p.dropped = true
		ri.verdict, ri.reason, ri.report = Conflict, ReasonConflict, old.id
		return nil
	}
	if choice == Add {
		p.key = addedKey(p)
	} else if err := g.retract(ctx, old, p, reason); err != nil {
		return err
	}
	if reason == ReasonReplaced {
		p.trust = Vouched // the owner does
	}
	if _, err := insertReports(ctx, g.tx, g.org, []*pending{p}, g.results, g.now); err != nil {
		return err
	}
	ri.accept(p.id, p.summary.Repairs)
	return nil
}

// chosen carries out what the owner chose for a report that is too large to
// hold, before its first row is written.
func (g *group) chosen(p *pending) error {
	p.choice = g.items[p.item].choices[len(g.results[p.item].items)]
	switch p.choice {
	case Replace:
		stored, err := findReports(g.ctx, g.tx, g.org, [][32]byte{p.key})
		if err != nil {
			return err
		}
		if old, ok := stored[p.key]; ok && old.receipt != g.results[p.item].receipt {
			err = g.retract(g.ctx, old, p, ReasonReplaced)
		}
		p.trust = Vouched
		return err
	case Add:
		p.key = sha256.Sum256(append(p.key[:], "until its end is read"...))
		p.trust = Vouched
	}
	return nil
}

// retract takes a stored report out of all numbers, in favour of p.
func (g *group) retract(ctx context.Context, old existing, p *pending, reason Reason) error {
	sums, err := totalsOf(ctx, g.tx, g.org, old)
	if err != nil {
		return err
	}
	g.totals.subtract(sums)
	for _, r := range g.results {
		for i := range r.items {
			if ri := &r.items[i]; ri.report == old.id && ri.kind.aggregate() { // it came in the same group
				ri.verdict, ri.reason, ri.report = Conflict, reason, p.id
			}
		}
	}
	return removeReport(ctx, g.tx, g.org, old, p.id, reason)
}

// vouch moves a stored report's messages to those that somebody vouches for.
func (g *group) vouch(ctx context.Context, old existing) error {
	sums, err := totalsOf(ctx, g.tx, g.org, old)
	if err != nil {
		return err
	}
	g.totals.subtract(sums)
	for k, n := range sums {
		k.trust = Vouched
		g.totals[k] += n
	}
	return setTrust(ctx, g.tx, g.org, old.id, Vouched)
}
