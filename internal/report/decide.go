package report

import (
	"bytes"
	"context"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Version is what one of several reports under a key says.
type Version struct {
	Messages int64 // of a TLS report its sessions
	Passing  int64 // of these; sessions that succeeded
	Records  int64 // of a TLS report its policies
	Begin    time.Time
	End      time.Time
}

// version is what a report says that is not counted, with its digest.
type version struct {
	content digest
	Version
}

// content is the digest of what a report says that was read.
func (p *pending) content() digest { return half(p.summary.Digest) }

// version is what a report says that was read.
func (p *pending) version() Version {
	return Version{Messages: p.summary.Messages, Passing: p.summary.Aligned, Records: int64(p.summary.Records),
		Begin: time.Unix(p.head.Begin, 0).UTC(), End: time.Unix(p.head.End, 0).UTC()}
}

// decision is which of two reports under one key counts, and why.
type decision struct {
	Choice
	over    ID      // the report that the owner saw counted; 0 = nobody chose
	trust   Trust   // that the report has from then on
	verdict Verdict // of the other one
	reason  Reason
	undoes  int64 // the turn that is taken back; 0 = none
}

// overtaken is the decision for a report that somebody vouches for over one
// that nobody does.
var overtaken = decision{Choice: Replace, trust: Vouched, verdict: Replaced, reason: ReasonOvertaken}

// about checks that a choice is still about the report that counts.
func (d decision) about(counted ID) error {
	if d.over != 0 && d.over != counted {
		return fault.New(fault.Conflict, "Another report counts by now, so your choice was not carried out. Nothing has changed: look at it again and choose.")
	}
	return nil
}

// decision returns the decision about a report, at its place in the receipt,
// and the stored one, if there is any.
func (g *group) decision(p *pending, slot int, old existing) (decision, bool) {
	if d, chosen := g.items[p.item].choices[slot]; chosen {
		return d, true
	}
	return overtaken, overtakes(p, old)
}

// differs settles a report that is not counted because another one with other
// numbers is. What was decided about it holds for its copies, but that a copy
// is not authenticated says nothing about one that is.
func (g *group) differs(ctx context.Context, ri *receiptItem, v version, counted ID, trust Trust) error {
	ri.verdict, ri.reason, ri.report = Conflict, ReasonConflict, counted
	ri.content, ri.version = v.content[:], &v.Version
	reason, err := g.decided(ctx, ri)
	if err != nil || reason == "" || reason == ReasonOvertaken && trust == Vouched {
		return err
	}
	ri.verdict, ri.reason = Replaced, reason
	if trust != Vouched {
		return nil
	}
	return vouchFormer(ctx, g.tx, g.org, ri) // for when the decision is taken back
}

// decided returns why a copy of a report does not count; "" when nobody decided.
func (g *group) decided(ctx context.Context, ri *receiptItem) (Reason, error) {
	for _, r := range g.results {
		for _, i := range r.items {
			if i.verdict == Replaced && i.report == ri.report && i.kind.aggregate() == ri.kind.aggregate() && bytes.Equal(i.content, ri.content) {
				return i.reason, nil
			}
		}
	}
	return decidedBefore(ctx, g.tx, g.org, ri)
}

// settled carries a decision through all receipts: now counts by it, instead of
// old or beside it. Copies of now are known from here on, those of a replaced
// old one are what the decision says, and others stay as they are.
func (g *group) settled(ctx context.Context, kind Kind, old, now existing, d decision) error {
	for _, r := range g.results { // what came in the same group
		for i := range r.items {
			ri := &r.items[i]
			if ri.kind.aggregate() != kind.aggregate() || ri.report != old.id {
				continue
			}
			switch {
			case !ri.counts() && bytes.Equal(ri.content, now.content[:]):
				ri.verdict, ri.reason, ri.report, ri.content, ri.version = Known, "", now.id, nil, nil
			case d.Choice == Replace && ri.counts():
				ri.lose(old, now.id, d)
			case d.Choice == Replace:
				ri.report = now.id
			}
		}
	}
	if d.Choice == Add {
		return adoptItems(ctx, g.tx, g.org, kind, old.id, now)
	}
	return replaceItems(ctx, g.tx, g.org, kind, old, now, d)
}

// lose notes that the report of the line counts no more.
func (i *receiptItem) lose(old existing, instead ID, d decision) {
	i.verdict, i.reason, i.report = d.verdict, d.reason, instead
	if !i.counts() {
		i.content, i.version = old.content[:], &old.version
	}
}

// carriedOut checks that what the owner chose has happened: when the report
// could not be read this time, nothing of the choice is to be done.
func (g *group) carriedOut() error {
	for i, it := range g.items {
		for part := range it.choices {
			if part >= len(g.results[i].items) || !g.results[i].items[part].counts() {
				return fault.New(fault.Conflict, "This report could not be read again, so your choice was not carried out. Nothing has changed.")
			}
		}
	}
	return nil
}

// Successor returns the report that counts instead of one that is gone;
// NotFound when there is none.
func (s *Service) Successor(ctx context.Context, org org.ID, kind Kind, gone ID) (now ID, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueSuccessor(b, org, kind, gone, &now) })
	if err == nil && now == 0 {
		err = fault.New(fault.NotFound, "There is no such report in this organization.")
	}
	return now, err
}
