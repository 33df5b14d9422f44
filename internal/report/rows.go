package report

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
)

// row is a record on its way into the database.
type row struct {
	report       *pending
	seq          int32
	auth         int64
	messages     int64
	disposition  int16
	dkim, spf    int16
	forwarding   int16
	ip           netip.Addr
	headerFrom   string
	envelopeFrom *string
	envelopeTo   *string
	evaluated    json.RawMessage
}

// addRow appends a record of the open report to the group's rows and sums.
func (g *group) addRow(p *pending, rec *dmarcrpt.Record) error {
	auth, err := json.Marshal(authResults(rec))
	if err != nil {
		return err
	}
	odd, err := encodeEvaluated(rec)
	if err != nil {
		return err
	}
	id := authID(g.org, auth)
	g.dictionary[id] = auth
	r := row{
		report: p, seq: int32(rec.Seq), auth: id, messages: rec.Count, ip: rec.SourceIP, evaluated: odd,
		disposition: int16(rec.Disposition), dkim: int16(resultOf(rec.EvaluatedDKIM)), spf: int16(resultOf(rec.EvaluatedSPF)),
		forwarding: int16(evidence(rec, p.head.Policy.Domain)), headerFrom: strings.ToLower(rec.HeaderFrom),
		envelopeFrom: optional(rec.EnvelopeFrom, rec.HasEnvelopeFrom), envelopeTo: optional(rec.EnvelopeTo, rec.EnvelopeTo != ""),
	}
	g.rows = append(g.rows, r)
	g.bytes += 400 + len(auth) + len(odd) + len(rec.HeaderFrom) + len(rec.EnvelopeFrom) + len(rec.EnvelopeTo)
	p.to = len(g.rows)
	return nil
}

func optional(s string, present bool) *string {
	if !present {
		return nil
	}
	return &s
}

// totalKey is a row of the rollup.
type totalKey struct {
	domain      DomainID
	day         time.Time
	ip          netip.Addr
	reporter    string
	disposition int16
	dkim, spf   int16
	forwarding  int16
	trust       Trust
}

func (k totalKey) compare(b totalKey) int {
	return cmp.Or(
		slices.Compare(k.domain[:], b.domain[:]), k.day.Compare(b.day), strings.Compare(k.reporter, b.reporter), k.ip.Compare(b.ip),
		cmp.Compare(k.disposition, b.disposition), cmp.Compare(k.dkim, b.dkim), cmp.Compare(k.spf, b.spf), cmp.Compare(k.forwarding, b.forwarding),
		cmp.Compare(k.trust, b.trust))
}

// totals sums messages for the rollup.
type totals map[totalKey]int64

func (t totals) merge(other totals) {
	for k, n := range other {
		t[k] += n
	}
}

func (t totals) subtract(other totals) {
	for k, n := range other {
		t[k] -= n
	}
}

// add counts a row.
func (t totals) add(r *row) {
	p := r.report
	t[totalKey{
		domain: p.domain, day: p.day, ip: r.ip, reporter: p.reporterDomain, disposition: r.disposition,
		dkim: r.dkim, spf: r.spf, forwarding: r.forwarding, trust: p.trust,
	}] += r.messages
}

// sorted returns the keys in the order in which every transaction writes
// them: any other order deadlocks.
func (t totals) sorted() []totalKey {
	keys := make([]totalKey, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, totalKey.compare)
	return keys
}

// own reports whether the key's messages show that the address is the
// domain's own: they pass, nobody passed them on, and the report is not one
// that nobody vouches for.
func (k totalKey) own() bool {
	return k.trust != Unvouched && (k.dkim == int16(ResultPass) || k.spf == int16(ResultPass)) && k.forwarding == int16(NotForwarded)
}
