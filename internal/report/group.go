package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsreport"
)

// group is what one transaction stores: the reports of several mails, read
// before it begins, or those of one mail that has more rows than fit memory,
// read while they are written.
type group struct {
	s   *Service
	org org.ID
	now time.Time

	items   []item // those read, each with its receipt once there is one
	results []result
	reports []*pending
	rows    []row
	bytes   int // of text in rows, reports and dictionary, about
	// dictionary holds what rows say by its id.
	dictionary map[int64]said

	others   []other
	streamed bool            // its only item is read while it is written: its rows are more than are held
	open     *pending        // the aggregate report being read
	reading  *reading.Report // the report being read, when it is of another kind

	// Within the transaction only.
	tx      postgres.Tx
	ctx     context.Context // of the transaction, for the visitor's calls
	domains map[fqdn.Name]domain.ID
	aside   map[domain.ID]bool // those of them that nothing new is counted for
	ids     ids
	sources sources
	lost    sources // that may be the domain's own no more
	added   []int64 // to the dictionary, once this commits

	connected connected
	counted   int // new reports that are of the month's number
}

// pending is a report that was read, or is being read, but not yet written.
type pending struct {
	id             ID
	item           int // index into items and results
	slot           int // index into its result's items
	domain         DomainID
	day            time.Time
	trust          Trust
	reporterDomain string
	head           *dmarcrpt.Report
	summary        *reading.Summary
	key            digest
	label          string
	from, to       int    // its rows in the group's
	before         int    // bytes of the group without it
	dropped        bool   // its records are not wanted: it is held, stored already or in conflict
	held           Reason // why it is held; "" = it is not, as far as is known
	counts         bool   // it is one of the month's number, if it is stored
	base           []byte // the key that it shares with the report beside which it counts; nil = it counts alone

	// Of one that is too large to hold.
	streamed   bool // its row and first records are in the database already
	sources    sources
	remembered int      // of the group's added results, those before it
	instead    existing // what it counts instead of
	decision   decision // why
}

// errLarge stops the reading of a mail whose rows do not fit memory.
var errLarge = errors.New("more rows than are held in memory")

// readGroup reads as many of the items as fit one transaction, and asks who they
// come from. A first item that is too large for that is left unread: it is
// streamed.
func (s *Service) readGroup(ctx context.Context, org org.ID, items []item) (*group, error) {
	g := &group{s: s, org: org, now: s.Now(), dictionary: map[int64]said{}}
	var originals int64 // which are kept together with what they hold
	for _, it := range items {
		if g.full(0, 0) || originals >= groupBytes {
			break
		}
		originals += it.size
		items, results, reports, rows, others, bytes := len(g.items), len(g.results), len(g.reports), len(g.rows), len(g.others), g.bytes
		g.take(it)
		err := g.read(ctx)
		if errors.Is(err, errLarge) {
			g.items, g.results, g.reports, g.rows, g.others = g.items[:items], g.results[:results], g.reports[:reports], g.rows[:rows], g.others[:others]
			g.bytes = bytes
			break
		}
		if err == nil {
			err = g.prepare()
		}
		if err != nil {
			return nil, err
		}
	}
	if len(g.items) == 0 {
		g.streamed = true
		g.take(items[0])
		g.results[0].items = []receiptItem{{}} // it was seen to hold a report
	}
	g.authenticate(ctx)
	return g, nil
}

// prepare does ahead of the transaction what it takes to keep the last item, if
// that is little and holds a report: most that do are kept.
func (g *group) prepare() (err error) {
	it, r := &g.items[len(g.items)-1], g.results[len(g.results)-1]
	if len(r.items) == 0 || r.private || it.stored || it.size > smallOriginal || !it.keepable() {
		return nil
	}
	if err = it.digestContent(); err == nil {
		it.packed, err = g.s.pack(it.content, it.size, nil)
	}
	return err
}

// full reports whether what was read beyond so many rows and bytes is as much
// as is held in memory.
func (g *group) full(rows, bytes int) bool {
	return len(g.rows)-rows >= groupRows || g.bytes-bytes >= groupBytes
}

// take makes an item the group's last one.
func (g *group) take(it item) {
	g.items, g.results = append(g.items, it), append(g.results, result{receipt: it.receipt})
}

// read reads the last item into the group.
func (g *group) read(ctx context.Context) error {
	it := g.items[len(g.items)-1]
	if it.stays() {
		return nil
	}
	if it.content == nil {
		g.add(receiptItem{verdict: Refused, reason: it.reason, label: "mail"})
		return nil
	}
	out, err := g.s.readItem(ctx, it, g)
	if out.Private {
		g.silence()
	}
	if it.source == FromUpload && out.Noticed != nil {
		g.results[len(g.results)-1].notice = Reason(out.Noticed.Code)
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
	g.open, g.reading = nil, nil
	if r.Kind != reading.Aggregate {
		g.reading = r // complete already
		return nil
	}
	g.open = &pending{
		item: len(g.items) - 1, day: r.Aggregate.ReportedDay(), head: r.Aggregate, label: r.Label,
		reporterDomain: reporterDomain(r.Aggregate), key: keyDigest(r.Aggregate.Key()), from: len(g.rows), to: len(g.rows), before: g.bytes,
	}
	g.bytes += headBytes(r.Aggregate)
	return nil
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
	switch {
	case !g.full(p.from, p.before):
		return nil
	case g.tx == nil:
		return errLarge
	}
	return g.stream(p)
}

// End implements reading.Visitor.
func (g *group) End(sum *reading.Summary) error {
	if g.reading != nil {
		if tls := g.reading.TLS; tls != nil {
			g.bytes += 4 * tls.Size // as values in memory
		}
		g.others = append(g.others, other{report: g.reading, item: len(g.items) - 1, slot: g.add(receiptItem{kind: kindOf(g.reading), label: g.reading.Label})})
		g.reading = nil
		return nil
	}
	p := g.open
	g.open = nil
	p.summary = sum
	p.slot = g.add(receiptItem{label: p.label, domain: p.head.Policy.Domain.String()})
	g.reports = append(g.reports, p)
	switch {
	case p.streamed && !p.dropped:
		return g.endStream(p)
	case !g.full(0, 0):
		return nil
	case g.tx == nil:
		return errLarge
	}
	b := &postgres.Batch{}
	if err := g.settleReports(g.ctx, b); err != nil {
		return err
	}
	return send(g.ctx, g.tx, b, "insert records")
}

// headBytes is about what a report without its rows takes.
func headBytes(r *dmarcrpt.Report) int {
	n := 2048 + len(r.OrgName) + len(r.Email) + len(r.ExtraContactInfo) + len(r.ReportID) + len(r.Generator) + len(r.Namespace)
	for _, e := range r.Errors {
		n += len(e.Text) + len(e.Lang)
	}
	return n
}

// Refused implements reading.Visitor.
func (g *group) Refused(r *reading.Report, refusal *finding.Refusal) error {
	ri := receiptItem{kind: kindOf(r), verdict: Refused, reason: Reason(refusal.Code), label: r.Label}
	if r.Aggregate != nil {
		ri.domain, ri.reporter = r.Aggregate.Policy.Domain.String(), reporterDomain(r.Aggregate)
	}
	if r.TLS != nil {
		ri.domain, ri.reporter = r.Domain().String(), tlsreport.ReporterDomain(r.TLS)
	}
	g.add(ri)
	p := g.open
	g.open, g.reading = nil, nil
	if p == nil {
		return nil
	}
	g.cut(p)
	if p.streamed { // also what a dropped one was to make way for is undone
		return g.undoStream(p)
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
