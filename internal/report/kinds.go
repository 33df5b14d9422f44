package report

import (
	"context"

	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsreport"
)

// Kind is what a line of a receipt is about; the id of its report is one
// among the reports of its kind.
type Kind string

// The kinds.
const (
	AggregateReport Kind = "aggregate"
	TLSReport       Kind = "tls"
	FailureReport   Kind = "failure"
)

func kindOf(r *reading.Report) Kind {
	switch r.Kind {
	case reading.TLS:
		return TLSReport
	case reading.Failure:
		return FailureReport
	}
	return AggregateReport
}

// endOther stores the report of another kind that was read, with the package
// that knows it, in the transaction of the group.
func (g *group) endOther() error {
	r := g.other
	g.other = nil
	if r.Kind == reading.Failure {
		return g.endFailure(r)
	}
	return g.endTLS(r)
}

func (g *group) endFailure(r *reading.Report) error {
	s, err := failurereport.Store(g.ctx, g.tx, g.org, g.now, failurereport.Incoming{
		Report: r.Failure, Receipt: int64(g.items[len(g.items)-1].receipt), Watched: g.domains,
	})
	if err != nil {
		return err
	}
	ri := receiptItem{kind: FailureReport, domain: r.Failure.Domain.String(), report: ID(s.ID)}
	if s.Outcome == failurereport.Unwatched {
		ri.verdict, ri.reason = Refused, ReasonNotHeld
	} else {
		g.settle(&ri, s.Outcome == failurereport.Same, ReceiptID(s.Receipt), r.Failure.Repairs)
	}
	g.add(ri)
	return nil
}

func (g *group) endTLS(r *reading.Report) error {
	in := tlsreport.Incoming{Report: r.TLS, Receipt: int64(g.items[len(g.items)-1].receipt), Watched: g.domains}
	if r.Mail != nil {
		in.Asked = r.Mail.TLSReportDomain
	}
	s, err := tlsreport.Store(g.ctx, g.tx, g.org, g.now, in)
	if err != nil {
		return err
	}
	ri := receiptItem{kind: TLSReport, label: r.Label, report: ID(s.ID)}
	if len(s.Domains) > 0 {
		ri.domain = s.Domains[0].String()
	}
	switch s.Outcome {
	case tlsreport.Unwatched:
		g.hold(ri, s.Domains)
		return nil
	case tlsreport.Nameless:
		ri.verdict, ri.reason = Held, ReasonNameless
	case tlsreport.OffRange:
		ri.verdict, ri.reason = Held, ReasonDay
	case tlsreport.Other:
		ri.verdict, ri.reason = Conflict, ReasonConflict
	case tlsreport.Same, tlsreport.New:
		g.settle(&ri, s.Outcome == tlsreport.Same, ReceiptID(s.Receipt), r.TLS.Repairs)
	}
	g.add(ri)
	return nil
}

// hold notes for each of the domains that the report waits for it.
func (g *group) hold(ri receiptItem, domains []fqdn.Name) {
	ri.verdict, ri.reason = Held, ReasonUnwatched
	for _, d := range domains {
		ri.domain = d.String()
		g.add(ri)
	}
}

// settle gives a report that is stored its verdict. What the mail itself had
// brought at an earlier reading is no second copy.
func (g *group) settle(ri *receiptItem, known bool, by ReceiptID, repairs []finding.Repair) {
	last := len(g.items) - 1
	if known && (g.fresh[last] || by != g.items[last].receipt) {
		ri.verdict = Known
		return
	}
	ri.accept(ri.report, repairs)
}

// silence makes the receipt of a mail with a failure report keep nothing of
// it, and no names of parts or files, which may be those of people.
func (g *group) silence() {
	last := len(g.items) - 1
	g.items[last].label = ""
	r := &g.results[last]
	r.private = true
	for i := range r.items {
		r.items[i].label = "failure report"
	}
}

// Arrival is what receipts know about a stored report of another kind.
type Arrival struct {
	Conflicts int64 // other versions of it that arrived
	Original  bool  // the mail it came in is kept
}

// Arrival returns how a report of a kind arrived, by the mail that brought it.
func (s *Service) Arrival(ctx context.Context, org org.ID, kind Kind, id ID, receipt ReceiptID) (a Arrival, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueArrival(b, org, kind, id, receipt, &a) })
	return a, err
}
