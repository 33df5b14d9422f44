package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Usage is what an organization's plan makes of its reports.
type Usage struct {
	Counted int // this month, UTC; 0 where the plan has no limit
	Held    int // wait for a larger plan or the next month; copies are one
	// Oldest is the day of the oldest aggregate report; nil without one.
	Oldest *time.Time
}

// Usage returns what counted this month, what waits, and how far back it goes.
func (s *Service) Usage(ctx context.Context, org org.ID) (u Usage, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueUsage(b, org, monthStart(s.Now()), &u) })
	return u, err
}

// Waiting is how many reports of a domain wait, for a larger plan or the next
// month, or until the domain is active again.
type Waiting struct {
	Domain  DomainID
	Reason  Reason
	Reports int
}

// Allowed returns what the organization's plan gives of a limit.
func (s *Service) Allowed(ctx context.Context, org org.ID, l billing.Limit) (allowed billing.Allowance, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) (err error) {
		allowed, err = s.Plans.Check(ctx, tx, org, l)
		return err
	})
	return allowed, err
}

// monthStart is the first day of a time's month, UTC.
func monthStart(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// ForPlan reports whether a report of this reason is held for the plan: it is
// kept for as long as the plan keeps reports, and released newest first.
func (r Reason) ForPlan() bool { return r == ReasonPlan || r == ReasonSetAside }

// OfPlan reports whether a report of this reason is not counted because of the
// plan.
func (r Reason) OfPlan() bool { return r.ForPlan() || r == ReasonPlanFull }

// connected is since when reports count against the plan: what ended before is
// history that the first import brings, also if the mailbox is deleted and
// connected again.
type connected struct {
	org       time.Time // when the organization began
	mailboxes map[mailbox.ID]time.Time
}

// counts reports whether a new report is one of the month's number.
func (g *group) counts(p *pending) bool {
	since, ok := g.connected.mailboxes[g.items[p.item].mailbox]
	if !ok { // a file, a mail that was handed over, or the mailbox is deleted
		since = g.connected.org
	}
	return time.Unix(p.head.End, 0).After(since)
}

// mailboxes are those that the group's mails come from.
func (g *group) mailboxes() (ids []mailbox.ID) {
	for _, it := range g.items {
		if !it.mailbox.IsZero() && !slices.Contains(ids, it.mailbox) {
			ids = append(ids, it.mailbox)
		}
	}
	return ids
}

// admit says which reports, none of which is dropped, may be stored if they are
// new: others of them are to be held, those of domains that are set aside and
// those over the plan's number for the month, the newest last. What is stored
// already is for the caller to meet. Where the plan has a limit, the month's
// count stays locked until the transaction ends: who else counts waits.
func (g *group) admit(ctx context.Context, reports []*pending) error {
	if g.s.Plans.Of == nil || len(reports) == 0 {
		return nil
	}
	allowed, err := g.s.Plans.Check(ctx, g.tx, g.org, billing.Reports)
	if err != nil {
		return err
	}
	limited := !allowed.Unlimited && slices.ContainsFunc(reports, g.counts)
	if !limited && !slices.ContainsFunc(reports, func(p *pending) bool { return g.aside[p.domain] }) {
		return nil
	}
	keys := make([]digest, len(reports))
	for i, p := range reports {
		keys[i] = p.key
	}
	used, known, err := lockUsage(ctx, g.tx, g.org, monthStart(g.now), limited, keys)
	if err != nil {
		return err
	}
	used += g.counted
	said := map[digest]*pending{} // the first of each key: others share its fate
	newest := slices.SortedStableFunc(slices.Values(reports), func(a, b *pending) int { return cmp.Compare(b.head.End, a.head.End) })
	for _, p := range newest {
		first, again := said[p.key]
		switch {
		case known[p.key]:
			continue
		case again:
			p.held = first.held
			continue
		case g.aside[p.domain]:
			p.held = ReasonSetAside
		case limited && g.counts(p) && !allowed.Allows(used+1):
			p.held = ReasonPlan
		case limited && g.counts(p):
			p.counts = true
			used++
		}
		said[p.key] = p
	}
	return nil
}

// count notes that a report is stored that is one of the month's number.
func (g *group) count(p *pending) {
	if p.counts {
		g.counted++
	}
}
