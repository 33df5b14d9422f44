package report

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
)

// madeFile is what every made report came in as.
const madeFile = "report.xml"

// Made is a report that was made and not read, for demonstrations and
// benchmarks.
type Made struct {
	Domain DomainID
	Head   *dmarcrpt.Report
	To     string // envelope_to of all its rows; "" = not stated
	Rows   []MadeRow
}

// MadeRow is messages of one address and what their receiver found, which many
// rows may share: its address, count and number are not looked at.
type MadeRow struct {
	Found    *dmarcrpt.Record
	IP       netip.Addr
	Messages int64
}

// Filler stores made reports of one organization, by the statements of reports
// that are read and without what asks whether they are known already. It is
// for one goroutine.
type Filler struct {
	s       *Service
	org     org.ID
	sources sources
	// found is what is stored of each finding, dictionary what it says.
	found      map[madeFor]row
	dictionary map[int64]said
}

// Filler begins to fill an organization.
func (s *Service) Filler(org org.ID) *Filler {
	return &Filler{s: s, org: org, found: map[madeFor]row{}, dictionary: map[int64]said{}, sources: sources{}}
}

// Add stores reports in one transaction, as if they had come in at a time. The
// keys of all reports of an organization must differ.
func (f *Filler) Add(ctx context.Context, at time.Time, reports []Made) error {
	g := &group{s: f.s, org: f.org, now: at, dictionary: map[int64]said{}}
	for i := range reports {
		if err := f.take(g, &reports[i]); err != nil {
			return err
		}
	}
	if missing, months := errors.AsType[missingMonths](g.needMonths(g.reports)); months {
		if err := f.s.ensureMonths(ctx, missing.days); err != nil {
			return err
		}
	}
	queue := func(b *postgres.Batch) {
		b.Queue(`SET LOCAL synchronous_commit = off`) // what is lost with the machine is made again
		queueIDs(b, len(reports), len(reports), &g.ids)
	}
	err := f.s.DB.InOrgAfter(ctx, f.org, queue, func(ctx context.Context, tx postgres.Tx) error {
		for i, p := range g.reports {
			g.items[i].receipt = g.ids.receipt()
			g.results[i].receipt = g.items[i].receipt
			id, err := g.ids.report(ctx, tx)
			if err != nil {
				return err
			}
			p.id = id
			g.part(p).accept(id, nil)
		}
		g.tx = tx
		if _, err := g.insertReports(ctx, g.reports); err != nil {
			return err
		}
		b := &postgres.Batch{}
		addReceipts(b, f.org, g.items, g.results, at)
		addItems(b, f.org, g.results)
		g.addRecords(b, g.rows)
		return send(ctx, tx, b, "fill")
	})
	if err == nil {
		f.s.results.add(g.added)
	}
	return err
}

// take makes a report one of the group's, as reading it would.
func (f *Filler) take(g *group, m *Made) error {
	p := &pending{
		item: len(g.items), domain: m.Domain, day: m.Head.ReportedDay(), trust: Vouched, head: m.Head,
		reporterDomain: reporterDomain(m.Head), key: keyDigest(m.Head.Key()), from: len(g.rows),
	}
	sum := &reading.Summary{Records: len(m.Rows)}
	copy(sum.Digest[:], p.key[:]) // what it says follows from what it is
	for i, made := range m.Rows {
		r, err := f.row(g, p, madeFor{made.Found, m.To})
		if err != nil {
			return err
		}
		r.report, r.seq, r.ip, r.messages = p, int32(i+1), made.IP, made.Messages
		g.rows = append(g.rows, r)
		f.sources.add(&r)
		sum.Messages += made.Messages
		if made.Found.Aligned() {
			sum.Aligned += made.Messages
		}
	}
	p.summary = sum
	g.items = append(g.items, item{source: FromImport, label: m.Head.ReportID + ".xml", size: int64(1000 + 600*len(m.Rows))})
	g.results = append(g.results, result{verdict: Accepted, items: []receiptItem{{label: madeFile, domain: m.Head.Policy.Domain.String()}}})
	g.reports = append(g.reports, p)
	return nil
}

// madeFor is what a receiver found, and for whom.
type madeFor struct {
	found *dmarcrpt.Record
	to    string
}

// row is what is stored of what a receiver found. It is worked out once.
func (f *Filler) row(g *group, p *pending, made madeFor) (row, error) {
	r, ok := f.found[made]
	if !ok {
		found := *made.found
		found.EnvelopeTo = made.to
		scratch := &group{org: f.org, dictionary: f.dictionary}
		if err := scratch.addRow(p, &found); err != nil {
			return row{}, err
		}
		r = scratch.rows[0]
		f.found[made] = r
	}
	g.dictionary[r.auth] = f.dictionary[r.auth]
	return r, nil
}

// MadeSource is who an address is taken for. Package sender says so of those that
// are not made.
type MadeSource struct {
	Sender, Country string
	Tie             Tie
	Evidence        json.RawMessage // of its identity
}

// Finish stores the addresses of everything added, and adds up its days; more
// may be added afterwards.
func (f *Filler) Finish(ctx context.Context, known func(DomainID, netip.Addr) MadeSource) error {
	if err := f.s.DB.InOrg(ctx, f.org, func(ctx context.Context, tx postgres.Tx) error {
		for args := range f.sources.chunks(f.org) {
			b := &postgres.Batch{}
			identifySources(b, args, known, f.s.Now())
			if err := send(ctx, tx, b, "store addresses"); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	f.sources = sources{}
	for more := true; more; {
		var err error
		if more, err = f.s.sumSome(ctx, f.org, filledDaysAtOnce); err != nil {
			return err
		}
	}
	return nil
}

// filledDaysAtOnce is how many days of domains a Filler adds up in one
// transaction: nobody replaces a report meanwhile.
const filledDaysAtOnce = 400
