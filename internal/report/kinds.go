package report

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsrpt"
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

// aggregate reports whether k is AggregateReport, which a line need not say.
func (k Kind) aggregate() bool { return k == "" || k == AggregateReport }

func kindOf(r *reading.Report) Kind {
	switch r.Kind {
	case reading.TLS:
		return TLSReport
	case reading.Failure:
		return FailureReport
	}
	return AggregateReport
}

// other is a report of another kind that was read, and its place in the
// receipts.
type other struct {
	report     *reading.Report
	item, slot int
	key        [32]byte // known once it is to be stored
}

// storeOthers stores the reports of other kinds with the packages that know
// them, in the transaction of the group, and in the order of their keys:
// transactions that meet at the same keys in another order deadlock.
func (g *group) storeOthers() error {
	for i := range g.others {
		o := &g.others[i]
		var err error
		if o.key, err = o.keyDigest(g.org); err != nil {
			return err
		}
	}
	slices.SortStableFunc(g.others, func(a, b other) int {
		return cmp.Or(cmp.Compare(a.report.Kind, b.report.Kind), bytes.Compare(a.key[:], b.key[:]))
	})
	for _, o := range g.others {
		store := g.storeTLS
		if o.report.Kind == reading.Failure {
			store = g.storeFailure
		}
		if err := store(o, &g.results[o.item].items[o.slot]); err != nil {
			return err
		}
	}
	return nil
}

// keyDigest is the key that the report is stored under.
func (o other) keyDigest(org org.ID) ([32]byte, error) {
	if o.report.Kind == reading.Failure {
		return failurereport.KeyDigest(org, o.report.Failure)
	}
	return tlsreport.KeyDigest(o.report.TLS), nil
}

func (g *group) storeFailure(o other, ri *receiptItem) error {
	s, err := failurereport.Store(g.ctx, g.tx, g.org, g.now, failurereport.Incoming{
		Report: o.report.Failure, Receipt: int64(g.results[o.item].receipt), Watched: g.domains,
	})
	if err != nil {
		return err
	}
	ri.domain, ri.report = o.report.Failure.Domain.String(), ID(s.ID)
	if s.Outcome == failurereport.Unwatched {
		ri.verdict, ri.reason = Refused, ReasonNotHeld
	} else {
		g.settle(o, ri, s.Outcome == failurereport.Same, ReceiptID(s.Receipt), o.report.Failure.Repairs)
	}
	return nil
}

func (g *group) storeTLS(o other, ri *receiptItem) error {
	contact := o.report.TLS.ContactInfo
	d, chosen := g.items[o.item].choices[o.slot]
	if !chosen {
		d = overtaken
		d.trust = g.items[o.item].trust(contact[strings.LastIndexByte(contact, '@')+1:], o.report.TLS.OrgName)
	}
	in := tlsreport.Incoming{Report: o.report.TLS, Receipt: int64(g.results[o.item].receipt), Watched: g.domains, Trust: tlsreport.Trust(d.trust)}
	if chosen {
		in.Place = places[d.Choice]
	} else {
		in.Aside = g.aside
	}
	if o.report.Mail != nil {
		in.Asked = o.report.Mail.TLSReportDomain
	}
	s, err := tlsreport.Store(g.ctx, g.tx, g.org, g.now, in)
	if err != nil {
		return err
	}
	if s.Former.ID != 0 {
		if err := g.settledTLS(s, d); err != nil {
			return err
		}
	}
	ri.report = ID(s.ID)
	if len(s.Domains) > 0 {
		ri.domain = s.Domains[0].String()
	}
	switch s.Outcome {
	case tlsreport.Unwatched:
		g.hold(o, *ri, s.Domains)
	case tlsreport.Nameless:
		ri.verdict, ri.reason = Held, ReasonNameless
	case tlsreport.OffRange:
		ri.verdict, ri.reason = Held, ReasonDay
	case tlsreport.Other:
		if !g.ownTLS(o, s) {
			return g.differs(g.ctx, ri, version{half(o.report.TLS.Digest), tlsVersion(o.report.TLS)}, ri.report, d.trust)
		}
		ri.accept(ri.report, o.report.TLS.Repairs) // a newer reader sees more in it
	case tlsreport.Same, tlsreport.New:
		g.settle(o, ri, s.Outcome == tlsreport.Same, ReceiptID(s.Receipt), o.report.TLS.Repairs)
	}
	return nil
}

// places are what the choices of the owner are to package tlsreport.
var places = map[Choice]tlsreport.Place{Replace: tlsreport.Instead, Add: tlsreport.Beside}

// settledTLS tells the receipts of TLS reports that one counts instead of
// another or beside it.
func (g *group) settledTLS(s tlsreport.Stored, d decision) error {
	old := formerTLS(s.Former)
	if err := d.about(old.id); err != nil {
		return err
	}
	return g.settled(g.ctx, TLSReport, old, existing{id: ID(s.ID), content: half(s.Content)}, d)
}

func formerTLS(f tlsreport.Former) existing {
	return existing{id: ID(f.ID), receipt: ReceiptID(f.Receipt), content: half(f.Content), trust: Trust(f.Trust),
		version: Version{Messages: f.Total(), Passing: f.Successful, Records: f.Policies, Begin: f.Begin, End: f.End}}
}

// tlsVersion is what a TLS report says that was read.
func tlsVersion(r *tlsrpt.Report) Version {
	v := Version{Records: int64(len(r.Policies)), Begin: time.Unix(r.Begin, 0).UTC(), End: time.Unix(r.End, 0).UTC()}
	v.Messages, v.Passing = r.Sessions()
	return v
}

// hold notes for each of the domains that the report waits for it.
func (g *group) hold(o other, ri receiptItem, domains []fqdn.Name) {
	r := &g.results[o.item]
	ri.verdict = Held
	for n, d := range domains {
		ri.reason, ri.end, ri.key = ReasonUnwatched, time.Time{}, nil
		if _, aside := watched(g.domains, d); aside {
			ri.reason, ri.end, ri.key = ReasonSetAside, time.Unix(o.report.TLS.End, 0).UTC(), o.key[:]
		}
		if ri.domain = d.String(); n == 0 {
			r.items[o.slot] = ri
		} else {
			r.items = append(r.items, ri)
		}
	}
}

// settle gives a report that is stored its verdict. What the mail itself had
// brought at an earlier reading is no second copy.
func (g *group) settle(o other, ri *receiptItem, known bool, by ReceiptID, repairs []finding.Repair) {
	if known && !g.ownOther(o, by, ri.report) {
		ri.verdict = Known
		return
	}
	ri.accept(ri.report, repairs)
}

// ownOther reports whether a report is the stored one read again, out of the
// same receipt; see own.
func (g *group) ownOther(o other, by ReceiptID, id ID) bool {
	r := g.results[o.item]
	for slot, i := range r.items {
		if slot != o.slot && i.kind == kindOf(o.report) && i.report == id && i.counts() {
			return false
		}
	}
	return g.items[o.item].again && by == r.receipt
}

// ownTLS is ownOther of one with another digest than what is stored: another
// part of the same mail may have that one.
func (g *group) ownTLS(o other, s tlsreport.Stored) bool {
	return g.ownOther(o, ReceiptID(s.Receipt), ID(s.ID)) && !slices.ContainsFunc(g.others, func(q other) bool {
		return q.item == o.item && q.report.TLS != nil && q.report.TLS.Digest == s.Content
	})
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
	Original       bool // the mail it came in is kept, and can be read
	Source         Source
	Authentication *mailauth.Verdict // who the mail comes from; nil when nobody asked
}

// Arrival returns how a report arrived, by the mail that brought it.
func (s *Service) Arrival(ctx context.Context, org org.ID, receipt ReceiptID) (a Arrival, err error) {
	var method, outcome, domain *string
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueArrival(b, org, receipt, &a, &method, &outcome, &domain)
	})
	a.Authentication = authenticatedAs(method, outcome, domain)
	return a, err
}
