package report

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
)

// group is what one transaction stores: reports out of several mails, or a
// part of one that is too large to hold.
type group struct {
	s       *Service
	tx      postgres.Tx
	ctx     context.Context // of the transaction, for the visitor's calls
	org     org.ID
	readers map[Source]*reading.Reader
	domains map[fqdn.Name]domain.ID
	ids     ids
	now     time.Time

	rows       []row
	dictionary map[int64]json.RawMessage // authentication results by their id
	totals     totals
	reports    []*pending
	items      []item // those read, each with its receipt
	fresh      []bool // whether the item's receipt is new
	results    []result

	open *pending     // the aggregate report being read, when it is to be stored
	held *receiptItem // what the report being read ends as, when it is not
}

// pending is a report that was read, or is being read, but not yet written.
type pending struct {
	id             ID
	item           int // index into results
	slot           int // index into its result's items
	receipt        ReceiptID
	domain         DomainID
	day            time.Time
	reporterDomain string
	head           *dmarcrpt.Report
	summary        *reading.Summary
	key            [32]byte
	label          string
	totals         totals
	from           int  // first of its rows in the group's
	streamed       bool // too large to hold: its row and first records are in the database already
	dropped        bool // its records are not wanted: it is stored already
}

func (s *Service) newGroup(ctx context.Context, tx postgres.Tx, org org.ID, n int) (*group, error) {
	g := &group{s: s, tx: tx, ctx: ctx, org: org, now: s.Now(), totals: totals{}, dictionary: map[int64]json.RawMessage{}, readers: map[Source]*reading.Reader{}}
	all, err := domain.Settled(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	g.domains = make(map[fqdn.Name]domain.ID, len(all))
	for _, d := range all {
		g.domains[d.Name] = d.ID
	}
	g.ids, err = takeIDs(ctx, tx, n)
	return g, err
}

// read reads one item into the group.
func (g *group) read(ctx context.Context, it item) error {
	fresh := it.receipt == 0
	if fresh {
		it.receipt = g.ids.receipts[len(g.items)]
	}
	g.items, g.fresh, g.results = append(g.items, it), append(g.fresh, fresh), append(g.results, result{receipt: it.receipt})
	if it.content == nil {
		g.add(receiptItem{verdict: Refused, reason: it.reason, label: "mail"})
		return nil
	}
	reader := g.readers[it.source]
	if reader == nil {
		reader = g.s.newReader(it.source)
		g.readers[it.source] = reader
	}
	out, err := g.s.readItem(ctx, reader, it, g)
	r := &g.results[len(g.results)-1]
	r.private = out.Private
	if it.source == FromUpload && out.Noticed != nil {
		r.notice = Reason(out.Noticed.Code)
	}
	g.open = nil
	return err
}

// add appends what became of one report to the item that is being read and
// returns its place.
func (g *group) add(ri receiptItem) int {
	r := &g.results[len(g.results)-1]
	r.items = append(r.items, ri)
	return len(r.items) - 1
}

// Begin implements reading.Visitor.
func (g *group) Begin(r *reading.Report) error {
	g.open, g.held = nil, nil
	switch r.Kind {
	case reading.TLS:
		g.held = &receiptItem{verdict: Held, reason: ReasonTLS, label: r.Label}
		return nil
	case reading.Failure:
		g.held = &receiptItem{verdict: Refused, reason: ReasonFailure, label: r.Label}
		return nil
	}
	policy := r.Aggregate.Policy.Domain
	day := r.Aggregate.ReportedDay()
	id, ok := watched(g.domains, policy)
	switch {
	case !ok:
		g.held = &receiptItem{verdict: Held, reason: ReasonUnwatched, label: r.Label, domain: policy.String()}
		return nil
	case day.Year() < 2000 || day.After(g.now.AddDate(0, 0, 2)):
		g.held = &receiptItem{verdict: Held, reason: ReasonDay, label: r.Label, domain: policy.String()}
		return nil
	}
	reportID, err := g.reportID()
	if err != nil {
		return err
	}
	g.open = &pending{
		id: reportID, item: len(g.items) - 1, receipt: g.items[len(g.items)-1].receipt, domain: id, day: day, head: r.Aggregate, label: r.Label,
		reporterDomain: reporterDomain(r.Aggregate), key: keyDigest(r.Aggregate.Key()), totals: totals{}, from: len(g.rows),
	}
	return nil
}

// reportID takes the next id, fetching more when a mail holds many reports.
func (g *group) reportID() (ID, error) {
	if len(g.ids.reports) == 0 {
		more, err := takeIDs(g.ctx, g.tx, groupItems)
		if err != nil {
			return 0, err
		}
		g.ids.reports = more.reports
	}
	id := g.ids.reports[0]
	g.ids.reports = g.ids.reports[1:]
	return id, nil
}

// reporterDomain groups reporters for display: the organizational domain of
// the address, or the name as sent where there is none.
func reporterDomain(r *dmarcrpt.Report) string {
	if name, err := fqdn.Parse(r.EmailDomain()); err == nil {
		return name.Organizational().String()
	}
	name := []rune(r.Reporter())
	return string(name[:min(len(name), maxReporter)])
}

// maxReporter bounds a reporter's name where it is part of an index, in
// characters.
const maxReporter = 200

// Record implements reading.Visitor.
func (g *group) Record(rec *dmarcrpt.Record) error {
	p := g.open
	if p == nil || p.dropped {
		return nil
	}
	if err := g.addRow(p, rec); err != nil {
		return err
	}
	if len(g.rows)-p.from < groupRows {
		return nil
	}
	return g.stream(p)
}

// End implements reading.Visitor.
func (g *group) End(sum *reading.Summary) error {
	if g.held != nil {
		g.add(*g.held)
		g.held = nil
		return nil
	}
	p := g.open
	g.open = nil
	p.summary = sum
	p.slot = g.add(receiptItem{label: p.label, domain: p.head.Policy.Domain.String()})
	g.reports = append(g.reports, p)
	if p.streamed && !p.dropped {
		return g.endStream(p)
	}
	return nil
}

// Refused implements reading.Visitor.
func (g *group) Refused(r *reading.Report, refusal *finding.Refusal) error {
	ri := receiptItem{verdict: Refused, reason: Reason(refusal.Code), label: r.Label}
	if r.Aggregate != nil {
		ri.domain, ri.reporter = r.Aggregate.Policy.Domain.String(), reporterDomain(r.Aggregate)
	}
	g.add(ri)
	p := g.open
	g.open, g.held = nil, nil
	if p == nil {
		return nil
	}
	g.cut(p.from)
	if p.streamed && !p.dropped {
		return g.undoStream()
	}
	return nil
}

// verdictOf is the verdict of a mail: that of its part that most needs a person.
func verdictOf(items []receiptItem) Verdict {
	if len(items) == 0 {
		return NoReport
	}
	for _, v := range Verdicts {
		if slices.ContainsFunc(items, func(i receiptItem) bool { return i.verdict == v }) {
			return v
		}
	}
	return NoReport
}
