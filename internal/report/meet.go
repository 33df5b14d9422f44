package report

import (
	"context"
	"errors"
	"slices"
)

// errMoved stops a transaction because another one replaced what it met: it is
// tried again, and meets what is there then.
var errMoved = errors.New("a stored report was replaced meanwhile")

// stored are the reports that came in reports met, by their keys, locked: who
// else meets them waits. They are kept up to date as the group changes them.
type stored map[digest]existing

// meet judges reports whose key is taken: the same again, or another one in
// conflict with what is stored.
func (g *group) meet(ctx context.Context, reports []*pending) error {
	if len(reports) == 0 {
		return nil
	}
	keys := make([]digest, 0, 2*len(reports))
	for _, p := range reports {
		keys = append(keys, p.key, addedKey(p))
	}
	met, err := findReports(ctx, g.tx, g.org, keys)
	if err != nil {
		return err
	}
	if again := g.again(reports); len(again) > 0 {
		if err := findBesides(ctx, g.tx, g.org, keys, again, met); err != nil {
			return err
		}
	}
	for _, p := range reports {
		key := g.besideAgain(p, met)
		if _, beside := met[addedKey(p)]; beside {
			key = addedKey(p)
		}
		old, found := met[key]
		switch {
		case !found:
			return errMoved
		case old.content == p.content() || g.own(p, old):
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
	other := p.content() != old.content
	return g.items[p.item].again && old.receipt == r.receipt &&
		!slices.ContainsFunc(r.items, func(i receiptItem) bool { return i.kind.aggregate() && i.report == old.id && i.counts() }) &&
		!slices.ContainsFunc(g.reports, func(q *pending) bool { return other && q.item == p.item && q.content() == old.content })
}

// again are the receipts of reports that are read again.
func (g *group) again(reports []*pending) (receipts []ReceiptID) {
	for _, p := range reports {
		if g.items[p.item].again {
			receipts = append(receipts, g.results[p.item].receipt)
		}
	}
	return receipts
}

// besideAgain is the key under which a report is met: its own, or that of the
// report beside another one that it was when its receipt was read before. A
// newer reader may see more in it, and then its content leads nowhere.
func (g *group) besideAgain(p *pending, met stored) digest {
	key, found := p.key, existing{}
	if !g.items[p.item].again || met[key].content == p.content() || g.own(p, met[key]) {
		return key
	}
	for k, e := range met {
		if e.base == p.key && g.own(p, e) && (found.id == 0 || e.id < found.id) {
			key, found = k, e
		}
	}
	return key
}

// addedKey is the key of a report that counts beside another one of the same key.
func addedKey(p *pending) digest {
	content := p.content()
	return digestOf(append(p.key[:len(p.key):len(p.key)], content[:]...))
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
	d, decided := g.decision(p, p.slot, old)
	if !decided || p.dropped {
		p.dropped = true
		return g.differs(ctx, g.part(p), version{p.content(), p.version()}, old.id, p.trust)
	}
	if err := d.about(old.id); err != nil {
		return err
	}
	p.trust = d.trust
	if d.Choice == Add {
		p.base, p.key = slices.Clone(p.key[:]), addedKey(p)
	} else if err := g.retract(ctx, old); err != nil {
		return err
	}
	fresh, err := g.insertReports(ctx, []*pending{p})
	if err != nil {
		return err
	}
	if !fresh[p.id] {
		return errMoved
	}
	met[p.key] = existing{id: p.id, receipt: g.results[p.item].receipt, domain: p.domain, day: p.day, content: p.content(), trust: p.trust, version: p.version()}
	g.part(p).accept(p.id, p.summary.Repairs)
	return g.settled(ctx, AggregateReport, old, met[p.key], d)
}

// overtakes reports whether a report takes the place of a stored one with other
// numbers without being chosen.
func overtakes(p *pending, old existing) bool { return old.trust == Unvouched && p.trust == Vouched }

// makeWay carries out, before the first row of a report is written that is too
// large to hold, what the owner chose, or that it takes the place of one that
// nobody vouches for. Everything of it is undone if the report turns out to be
// refused.
func (g *group) makeWay(p *pending) error {
	r := g.results[p.item]
	met, err := findReports(g.ctx, g.tx, g.org, []digest{p.key})
	if err != nil {
		return err
	}
	old, found := met[p.key]
	if !found {
		return nil
	}
	d, decided := g.decision(p, len(r.items), old)
	_, chosen := g.items[p.item].choices[len(r.items)]
	if !decided || !chosen && g.items[p.item].again && old.receipt == r.receipt {
		return nil
	}
	if err := d.about(old.id); err != nil {
		return err
	}
	p.trust, p.instead, p.decision = d.trust, old, d
	if d.Choice == Add {
		p.base = slices.Clone(p.key[:])
		p.key = digestOf(append(p.key[:], "until its end is read"...))
		return nil
	}
	return g.retract(g.ctx, old)
}

// arrived tells the receipts of what a large report stands instead of, now that
// its end is read: it may turn out to be the same.
func (g *group) arrived(p *pending) error {
	g.part(p).accept(p.id, p.summary.Repairs)
	if p.instead.id == 0 {
		return nil
	}
	d := p.decision
	if d.Choice == Replace && p.instead.content == p.content() {
		d = decision{Choice: Replace, verdict: Known}
	}
	return g.settled(g.ctx, AggregateReport, p.instead, existing{id: p.id, content: p.content()}, d)
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
