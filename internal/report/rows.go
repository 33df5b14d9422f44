package report

import (
	"encoding/json"
	"net/netip"
	"strings"

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

// own reports whether the row shows that its address is the domain's own: its
// messages pass, nobody passed them on, and the report is not one that nobody
// vouches for.
func (r *row) own() bool {
	return r.messages > 0 && r.report.trust != Unvouched && (r.dkim == int16(ResultPass) || r.spf == int16(ResultPass)) && r.forwarding == int16(NotForwarded)
}
