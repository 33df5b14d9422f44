package report

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
)

// advance is called in each transaction with how many of the items are
// settled once it commits, and the results of the last of them, which the
// transaction settles; nil when nobody keeps count.
type advance func(ctx context.Context, tx postgres.Tx, settled int, results []result) error

// after is the same for items that follow n settled ones.
func (a advance) after(n int) advance {
	if a == nil {
		return nil
	}
	return func(ctx context.Context, tx postgres.Tx, settled int, results []result) error {
		return a(ctx, tx, n+settled, results)
	}
}

// existing is a stored report with the key of one that came in.
type existing struct {
	id      ID
	receipt ReceiptID
	domain  DomainID
	day     time.Time
	base    digest // the key beside which it counts; zero when it counts alone
	content digest
	trust   Trust
	version Version
}

// store writes the group in a transaction. What that stands on comes with its
// beginning: which domains are watched, and the ids of what it will write.
func (g *group) store(ctx context.Context, advance advance) error {
	var domains []domain.Domain
	queue := func(b *postgres.Batch) {
		domain.QueueSettled(b, g.org, &domains)
		queueIDs(b, len(g.items), len(g.reports), &g.ids)
		if g.s.Plans.Of != nil {
			queueConnected(b, g.org, g.mailboxes(), &g.connected)
		}
	}
	return g.s.DB.InOrgAfter(ctx, g.org, queue, func(ctx context.Context, tx postgres.Tx) error {
		g.begin(ctx, tx, domains)
		if g.streamed {
			if err := g.read(ctx); err != nil {
				return err
			}
		}
		return g.write(ctx, advance)
	})
}

// begin makes the group one of the transaction.
func (g *group) begin(ctx context.Context, tx postgres.Tx, domains []domain.Domain) {
	g.ctx, g.tx, g.sources, g.lost = ctx, tx, sources{}, sources{}
	g.domains, g.aside = make(map[fqdn.Name]domain.ID, len(domains)), map[domain.ID]bool{}
	for _, d := range domains {
		g.domains[d.Name] = d.ID
		if d.SetAsideAt != nil && g.s.Plans.Of != nil { // without plans nothing is aside
			g.aside[d.ID] = true
		}
	}
	for i := range g.results {
		if g.results[i].receipt == 0 {
			g.results[i].receipt = g.ids.receipt()
		}
	}
	if g.streamed {
		g.results[0].items = nil // what it was seen to hold is read now
	}
}

// place finds the watched domain that a report is for, or says why it is held.
func (g *group) place(p *pending) Reason {
	id, ok := watched(g.domains, p.head.Policy.Domain)
	switch {
	case !ok:
		return ReasonUnwatched
	case !reading.Countable(p.head.Begin, p.head.End, g.now):
		return ReasonDay
	}
	p.domain, p.trust = id, g.items[p.item].trust(p.head.EmailDomain(), p.head.OrgName)
	return ""
}

// write stores everything that was read. The addresses come last: their rows
// are where transactions meet, and they meet them in one order.
func (g *group) write(ctx context.Context, advance advance) error {
	records := &postgres.Batch{}
	if err := g.settleReports(ctx, records); err != nil {
		return err
	}
	if err := g.storeOthers(); err != nil {
		return err
	}
	if err := g.carriedOut(); err != nil {
		return err
	}
	if err := g.boundHeld(ctx); err != nil {
		return err
	}
	for i := range g.results {
		g.results[i].verdict = verdictOf(g.results[i].items)
		if g.items[i].stays() {
			g.results[i].verdict = Damaged
		}
	}
	if err := g.recognise(ctx); err != nil {
		return err
	}
	b := &postgres.Batch{}
	if err := g.addReceipts(b); err != nil {
		return err
	}
	b.QueuedQueries = append(b.QueuedQueries, records.QueuedQueries...)
	if g.counted > 0 {
		addUsage(b, g.org, monthStart(g.now), g.counted)
	}
	if advance != nil {
		if err := send(ctx, g.tx, b, "store mails"); err != nil {
			return err
		}
		if err := advance(ctx, g.tx, len(g.items), g.results); err != nil {
			return err
		}
		b = &postgres.Batch{}
	}
	return g.finish(b)
}

// settleReports judges the reports that were read, and queues the rows of those
// that count.
func (g *group) settleReports(ctx context.Context, b *postgres.Batch) error {
	if err := g.judge(ctx); err != nil {
		return err
	}
	g.rows = slices.DeleteFunc(g.rows, func(r row) bool { return r.report.dropped })
	for i := range g.rows {
		g.sources.add(&g.rows[i])
	}
	g.addRecords(b, g.rows)
	g.reports, g.rows, g.bytes = nil, nil, 0
	clear(g.dictionary)
	return nil
}

// judge decides for each report whether it is new, known, in conflict or held,
// and inserts the new ones.
func (g *group) judge(ctx context.Context) error {
	var candidates []*pending
	for _, p := range g.reports {
		if p.held = cmp.Or(g.place(p), p.held); p.held == "" && !p.streamed && !p.dropped {
			candidates = append(candidates, p)
		}
	}
	if err := g.needMonths(candidates); err != nil {
		return err
	}
	// In one order, so that transactions with the same reports do not wait for
	// one another in a circle; of several under one key the first to come.
	slices.SortStableFunc(candidates, func(a, b *pending) int { return bytes.Compare(a.key[:], b.key[:]) })
	if err := g.admit(ctx, candidates); err != nil {
		return err
	}
	candidates = slices.DeleteFunc(candidates, func(p *pending) bool { return p.held != "" })
	for _, p := range candidates {
		var err error
		if p.id, err = g.ids.report(ctx, g.tx); err != nil {
			return err
		}
	}
	fresh, err := g.insertReports(ctx, candidates)
	if err != nil {
		return err
	}
	g.holdReports()
	var met []*pending // whose key is taken
	for _, p := range g.reports {
		switch {
		case fresh[p.id]:
			g.count(p)
			g.part(p).accept(p.id, p.summary.Repairs)
		case g.part(p).verdict == "":
			met = append(met, p)
		}
	}
	return g.meet(ctx, met)
}

// holdReports settles those that are held. One that is too large to be held in
// memory and came after another one with its key shares that one's fate.
func (g *group) holdReports() {
	held := map[digest]Reason{}
	for _, p := range g.reports {
		if p.held != "" {
			held[p.key] = p.held
		}
	}
	for _, p := range g.reports {
		ri := g.part(p)
		reason := cmp.Or(p.held, held[p.key])
		if reason == "" || ri.verdict != "" {
			continue
		}
		p.dropped = true
		ri.verdict, ri.reason = Held, reason
		if reason.ForPlan() {
			ri.end, ri.key = time.Unix(p.head.End, 0).UTC(), p.key[:]
		}
	}
}

// part is what became of a report, in the receipt of its mail.
func (g *group) part(p *pending) *receiptItem { return &g.results[p.item].items[p.slot] }

// needMonths stops the transaction when a partition is missing.
func (g *group) needMonths(reports []*pending) error {
	var missing []time.Time
	for _, p := range reports {
		if _, ok := g.s.months.Load(monthOf(p.day)); !ok {
			missing = append(missing, p.day)
		}
	}
	if len(missing) > 0 {
		return missingMonths{days: missing}
	}
	return nil
}

// addReceipts queues receipts, originals and what became of each report.
func (g *group) addReceipts(b *postgres.Batch) error {
	var kept []item
	for i := range g.items {
		it, r := &g.items[i], g.results[i]
		if it.stored && it.damaged != it.unreadable {
			markOriginal(b, g.org, r.receipt, it.unreadable)
		}
		if it.stays() {
			continue
		}
		it.receipt = r.receipt
		// One that is read out of its own original has it already.
		switch keep := r.keepsOriginal() || it.doomed && r.stored() && !r.private; {
		case keep && !it.stored:
			if err := it.digestContent(); err != nil {
				return err
			}
			kept = append(kept, *it)
		case !keep:
			it.digest = nil
			if it.stored {
				dropOriginal(b, g.org, it.receipt)
			}
		}
		if it.again {
			removeItems(b, g.org, *it, r)
		}
	}
	addReceipts(b, g.org, g.items, g.results, g.now)
	if err := g.addOriginals(b, kept); err != nil {
		return err
	}
	addItems(b, g.org, g.results)
	return nil
}

// keepsOriginal reports whether the bytes are kept: only when they hold a
// report that is not known already and for which there is room, and never for failure reports, which hold
// other people's mail.
func (r result) keepsOriginal() bool {
	return !r.private && slices.ContainsFunc(r.items, func(i receiptItem) bool {
		return i.verdict != Known && i.reason != ReasonFull && i.reason != ReasonPlanFull
	})
}
