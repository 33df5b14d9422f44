package report

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"sendvery.com/sendvery/internal/fault"
)

// Choice is what the owner says about two reports under one key.
type Choice string

// The choices. Without one the report that came first counts.
const (
	Replace Choice = "replace" // count this one instead
	Add     Choice = "add"     // count both: they are different reports
)

// errMoved stops a transaction because another one replaced what it met: it is
// tried again, and meets what is there then.
var errMoved = errors.New("a stored report was replaced meanwhile")

// stored are the reports that came in reports met, by their keys, locked: who
// else meets them waits. They are kept up to date as the group changes them.
type stored map[[32]byte]existing

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
	met, err := findReports(ctx, g.tx, g.org, keys)
	if err != nil {
		return err
	}
	for _, p := range reports {
		key := p.key
		if _, beside := met[addedKey(p)]; beside {
			key = addedKey(p)
		}
		old, found := met[key]
		switch {
		case !found:
			return errMoved
		case g.own(p, old) || old.content == p.summary.Digest:
			old.trust, err = g.same(ctx, p, old)
			met[key] = old
		default:
			err = g.conflict(ctx, p, old, met)
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

// same settles a report that is stored already, and returns whether somebody
// vouches for what is stored: a copy that is vouched for does.
func (g *group) same(ctx context.Context, p *pending, old existing) (Trust, error) {
	p.dropped = true
	ri := g.part(p)
	if g.own(p, old) {
		ri.accept(old.id, p.summary.Repairs)
	} else {
		ri.verdict, ri.report = Known, old.id
	}
	if p.trust != Vouched || old.trust == Vouched {
		return old.trust, nil
	}
	return Vouched, g.vouch(ctx, old)
}

// conflict settles a report that differs from the one stored under its key.
// The first counts, until the owner chooses, or if nobody vouches for it and
// somebody does for this one.
func (g *group) conflict(ctx context.Context, p *pending, old existing, met stored) error {
	choice, reason := g.items[p.item].choices[p.slot], ReasonReplaced
	if choice == "" && overtakes(p, old) {
		choice, reason = Replace, ReasonOvertaken
	}
	if choice == "" || p.dropped {
		p.dropped = true
		ri := g.part(p)
		ri.verdict, ri.reason, ri.report = Conflict, ReasonConflict, old.id
		return nil
	}
	if reason == ReasonReplaced {
		p.trust = Vouched // the owner does
	}
	if choice == Add {
		p.key = addedKey(p)
	} else if err := g.retract(ctx, old); err != nil {
		return err
	}
	fresh, err := insertReports(ctx, g.tx, g.org, []*pending{p}, g.results, g.now)
	if err != nil {
		return err
	}
	if !fresh[p.id] {
		return errMoved
	}
	met[p.key] = existing{id: p.id, receipt: g.results[p.item].receipt, domain: p.domain, day: p.day, content: p.summary.Digest, trust: p.trust}
	g.part(p).accept(p.id, p.summary.Repairs)
	if choice == Add {
		return nil
	}
	return g.reassign(ctx, old.id, p, Conflict, reason)
}

// overtakes reports whether a report takes the place of a stored one with other
// numbers without being chosen.
func overtakes(p *pending, old existing) bool { return old.trust == Unvouched && p.trust == Vouched }

// makeWay carries out, before the first row of a report is written that is too
// large to hold, what the owner chose, or that it takes the place of one that
// nobody vouches for. Everything of it is undone if the report turns out to be
// refused.
func (g *group) makeWay(p *pending) error {
	choice := g.items[p.item].choices[len(g.results[p.item].items)]
	if choice == Add {
		p.trust, p.added = Vouched, true
		p.key = sha256.Sum256(append(p.key[:], "until its end is read"...))
		return nil
	}
	met, err := findReports(g.ctx, g.tx, g.org, [][32]byte{p.key})
	if err != nil {
		return err
	}
	old, found := met[p.key]
	switch {
	case !found, g.items[p.item].again && old.receipt == g.results[p.item].receipt:
		return nil
	case choice == Replace:
		p.trust, p.reason = Vouched, ReasonReplaced
	case overtakes(p, old):
		p.reason = ReasonOvertaken
	default:
		return nil
	}
	p.instead = old
	return g.retract(g.ctx, old)
}

// arrived tells the receipts of what a large report stands instead of, now that
// its end is read: it may turn out to be the same.
func (g *group) arrived(p *pending) error {
	g.part(p).accept(p.id, p.summary.Repairs)
	switch {
	case p.instead.id == 0:
		return nil
	case p.instead.content == p.summary.Digest:
		return g.reassign(g.ctx, p.instead.id, p, Known, "")
	}
	return g.reassign(g.ctx, p.instead.id, p, Conflict, p.reason)
}

// retract takes a stored report out of all numbers, or keeps one out of them
// that is on its way there.
func (g *group) retract(ctx context.Context, old existing) error {
	if p := g.unwritten(old.id); p != nil {
		p.dropped = true
		return removeReport(ctx, g.tx, g.org, old)
	}
	sent, err := sourcesOf(ctx, g.tx, g.org, old)
	if err != nil {
		return err
	}
	g.lost.merge(sent)
	return removeReport(ctx, g.tx, g.org, old)
}

// unwritten is the report of the group with an id whose rows are not in the
// database yet; nil for any other.
func (g *group) unwritten(id ID) *pending {
	for _, p := range g.reports {
		if p.id == id && !p.streamed && !p.dropped {
			return p
		}
	}
	return nil
}

// reassign tells the receipts of a retracted report which one counts instead.
func (g *group) reassign(ctx context.Context, old ID, p *pending, verdict Verdict, reason Reason) error {
	for _, r := range g.results {
		for i := range r.items {
			if ri := &r.items[i]; ri.report == old && ri.kind.aggregate() { // it came in the same group
				ri.verdict, ri.reason, ri.report = verdict, reason, p.id
			}
		}
	}
	return reassignItems(ctx, g.tx, g.org, old, p.id, verdict, reason)
}

// vouch moves a stored report's messages to those that somebody vouches for.
func (g *group) vouch(ctx context.Context, old existing) error {
	if err := setTrust(ctx, g.tx, g.org, old, Vouched); err != nil {
		return err
	}
	if p := g.unwritten(old.id); p != nil {
		p.trust = Vouched
		return nil
	}
	sent, err := sourcesOf(ctx, g.tx, g.org, old)
	g.sources.merge(sent)
	return err
}

// carriedOut checks that what the owner chose has happened: when the report
// could not be read this time, nothing of the choice is to be done.
func (g *group) carriedOut() error {
	for i, it := range g.items {
		for part := range it.choices {
			if part >= len(g.results[i].items) || !g.results[i].items[part].verdict.Stored() {
				return fault.New(fault.Conflict, "This report could not be read again, so your choice was not carried out. Nothing has changed.")
			}
		}
	}
	return nil
}
