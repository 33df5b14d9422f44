package report

import (
	"context"
	"strconv"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/tlsreport"
)

// Choice is what the owner says about two reports under one key.
type Choice string

// The choices. Without one the report that came first counts.
const (
	Replace Choice = "replace" // count this one instead
	Add     Choice = "add"     // count both: they are different reports
	Undo    Choice = "undo"    // take back what was chosen about this one
)

// Choose carries out what the owner says about an aggregate or TLS report that
// differs from the one stored under its key, or takes it back: part is its
// place in the receipt, from 0. A report that is to count is read again out of
// its original; the other one is kept too. Taking back brings all numbers to
// where they were, and the report is undecided again. Conflict when there is
// nothing to choose, or another report counts by now.
func (s *Service) Choose(ctx context.Context, a org.Access, id ReceiptID, part int, choice Choice) error {
	rec, items, err := s.Receipt(ctx, a.ID, id)
	if err != nil {
		return err
	}
	if choice != Replace && choice != Add && choice != Undo {
		return fault.New(fault.Invalid, "Choose which of the two reports counts.")
	}
	var i Item
	if part >= 0 && part < len(items) {
		i = items[part]
	}
	record := func(ctx context.Context, tx postgres.Tx) error {
		return s.Trail.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: "report.choose", Subject: strconv.FormatInt(int64(id), 10), At: s.Now(),
			Detail: map[string]string{"choice": string(choice), "part": strconv.Itoa(part)}})
	}
	switch {
	case choice == Undo && i.Beside:
		return s.withdraw(ctx, a.ID, i, record)
	case choice == Undo && i.FormerReceipt != nil:
		return s.restore(ctx, a.ID, i, record)
	case choice != Undo && i.Contested():
		return s.decide(ctx, a.ID, rec, part, decision{Choice: choice, over: *i.Report, trust: Vouched, verdict: Replaced, reason: ReasonReplaced}, record)
	}
	return fault.New(fault.Conflict, "There is nothing to choose here any more: this report is counted already, or was read again meanwhile.")
}

// decide reads a mail again and carries out a decision about one of its reports.
func (s *Service) decide(ctx context.Context, org org.ID, rec Receipt, part int, d decision, record func(context.Context, postgres.Tx) error) error {
	it := item{receipt: rec.ID, again: true, stored: true, source: rec.Source, auth: rec.Authentication(), choices: map[int]decision{part: d}}
	if rec.Mailbox != nil {
		it.mailbox = *rec.Mailbox
	}
	original, err := s.Original(ctx, org, rec.ID)
	if err != nil {
		return err
	}
	it.keep(original)
	defer discard([]item{it})
	_, err = s.ingest(ctx, org, []item{it}, func(ctx context.Context, tx postgres.Tx, _ int, _ []result) error { return record(ctx, tx) })
	return err
}

// restore counts the report again that another one took the place of by
// choice, trusted as it was.
func (s *Service) restore(ctx context.Context, org org.ID, i Item, record func(context.Context, postgres.Tx) error) error {
	former, items, err := s.Receipt(ctx, org, *i.FormerReceipt)
	if err != nil {
		return err
	}
	part := int(*i.FormerSeq) - 1
	if part >= len(items) || !items[part].Contested() || *items[part].Report != *i.Report {
		return fault.New(fault.Conflict, "The report that counted before is counted beside this one by now. Take back that choice first.")
	}
	return s.decide(ctx, org, former, part, decision{Choice: Replace, over: *i.Report, trust: *i.FormerTrust, verdict: Conflict, reason: ReasonConflict, undoes: *i.FormerTurn}, record)
}

// withdraw counts a report no more that counts beside another one.
func (s *Service) withdraw(ctx context.Context, org org.ID, i Item, record func(context.Context, postgres.Tx) error) error {
	for try := 0; ; try++ {
		g := &group{s: s, org: org, now: s.Now(), sources: sources{}, lost: sources{}}
		err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
			g.ctx, g.tx = ctx, tx
			if err := g.withdraw(i); err != nil {
				return err
			}
			if err := record(ctx, tx); err != nil {
				return err
			}
			return g.finish(&postgres.Batch{})
		})
		if err == nil {
			s.lose(ctx, org, g.lost)
		}
		if !postgres.Met(err) || try == 5 {
			return err
		}
	}
}

func (g *group) withdraw(i Item) error {
	var gone existing
	var counted ID
	var err error
	if i.Kind == TLSReport {
		var former tlsreport.Former
		var other tlsreport.ID
		former, other, err = tlsreport.Withdraw(g.ctx, g.tx, g.org, tlsreport.ID(*i.Report))
		gone, counted = formerTLS(former), ID(other)
	} else if gone, counted, err = findBeside(g.ctx, g.tx, g.org, *i.Report); err == nil && counted != 0 {
		err = g.retract(g.ctx, gone)
	}
	if err != nil {
		return err
	}
	if counted == 0 {
		return fault.New(fault.Conflict, "This choice is taken back already.")
	}
	return replaceItems(g.ctx, g.tx, g.org, i.Kind, gone, existing{id: counted}, decision{verdict: Conflict, reason: ReasonConflict})
}
