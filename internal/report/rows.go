package report

import (
	"encoding/json"
	"net/netip"
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
)

// row is a record on its way into the database.
type row struct {
	report      *pending
	seq         int32
	auth        int64 // of what it says beside the rest of this
	messages    int64
	disposition int16
	dkim, spf   int16
	forwarding  int16
	ip          netip.Addr
}

// said is what records say beside their address, number and outcome, and say
// over and over: it is kept once.
type said struct {
	HeaderFrom   string
	EnvelopeFrom *string
	EnvelopeTo   *string
	Results      json.RawMessage
	Evaluated    json.RawMessage
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
	id := g.say(said{
		HeaderFrom: strings.ToLower(rec.HeaderFrom), Results: auth, Evaluated: odd,
		EnvelopeFrom: optional(rec.EnvelopeFrom, rec.HasEnvelopeFrom), EnvelopeTo: optional(rec.EnvelopeTo, rec.EnvelopeTo != ""),
	})
	g.rows = append(g.rows, row{
		report: p, seq: int32(rec.Seq), auth: id, messages: rec.Count, ip: rec.SourceIP,
		disposition: int16(rec.Disposition), dkim: int16(resultOf(rec.EvaluatedDKIM)), spf: int16(resultOf(rec.EvaluatedSPF)),
		forwarding: int16(evidence(rec, p.head.Policy.Domain)),
	})
	g.bytes += 400 + len(auth) + len(odd) + len(rec.HeaderFrom) + len(rec.EnvelopeFrom) + len(rec.EnvelopeTo)
	p.to = len(g.rows)
	return nil
}

// say puts what a record says into the dictionary, and returns its id there.
func (g *group) say(s said) int64 {
	id := authID(g.org, s)
	g.dictionary[id] = s
	return id
}

func optional(s string, present bool) *string {
	if !present {
		return nil
	}
	return &s
}

// own reports whether the row shows that its address is the domain's own: its
// messages pass, nobody passed them on, and the report is not one that nobody
// vouches for.
func (r *row) own() bool {
	return r.messages > 0 && r.report.trust != Unvouched && (r.dkim == int16(ResultPass) || r.spf == int16(ResultPass)) && r.forwarding == int16(NotForwarded)
}
