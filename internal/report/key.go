package report

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
)

// digest is the first half of a SHA-256: of a key, of what a report says, of a
// file. Nobody finds another text with the digest of a given one, which takes
// 2^128 tries. Two of their own with the same, for 2^64, would only have one of
// these taken for a copy of the other.
type digest [16]byte

func digestOf(text []byte) digest { return half(sha256.Sum256(text)) }

func half(whole [32]byte) digest { return digest(whole[:16]) }

// keyDigest is the digest of what tells one report from another: type,
// reporter, policy domain, report id and period. Each part has its length in
// front.
func keyDigest(k dmarcrpt.Key) digest {
	var b []byte
	for _, part := range []string{"aggregate", k.Reporter, k.Domain.String(), k.ReportID} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(k.Begin))
	b = binary.BigEndian.AppendUint64(b, uint64(k.End))
	return digestOf(b)
}

// AuthResults are all authentication results of a row, as sent.
type AuthResults struct {
	DKIM []DKIM `json:"dkim,omitempty"`
	SPF  []SPF  `json:"spf,omitempty"`
}

// DKIM is one signature's result.
type DKIM struct {
	Domain   string `json:"domain"`
	Selector string `json:"selector,omitempty"`
	Result   string `json:"result"`
	Human    string `json:"human,omitempty"`
	Lang     string `json:"lang,omitempty"` // of Human
}

// SPF is one SPF result.
type SPF struct {
	Domain string `json:"domain"`
	Scope  string `json:"scope,omitempty"`
	Result string `json:"result"`
	Human  string `json:"human,omitempty"`
	Lang   string `json:"lang,omitempty"` // of Human
}

// authResults copies the results out of a record, which lives shorter.
func authResults(r *dmarcrpt.Record) AuthResults {
	var a AuthResults
	for _, d := range r.DKIM {
		a.DKIM = append(a.DKIM, DKIM{Domain: d.Domain, Selector: d.Selector, Result: d.Result, Human: d.HumanResult, Lang: d.HumanLang})
	}
	for _, s := range r.SPF {
		a.SPF = append(a.SPF, SPF{Domain: s.Domain, Scope: s.Scope, Result: s.Result, Human: s.HumanResult, Lang: s.HumanLang})
	}
	return a
}

// authID is the name of what records say in the dictionary: 64 bits of a
// digest salted with the organization, so that a reporter cannot aim at a
// collision.
func authID(org org.ID, s said) int64 {
	h := sha256.New()
	h.Write(org[:]) // never fails
	results, evaluated := string(s.Results), string(s.Evaluated)
	for _, text := range []*string{&s.HeaderFrom, s.EnvelopeFrom, s.EnvelopeTo, &results, &evaluated} {
		if text == nil {
			h.Write([]byte{0})
			continue
		}
		h.Write(binary.AppendUvarint(nil, uint64(len(*text))+1))
		h.Write([]byte(*text))
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

// headID is the same for a head of reports.
func headID(org org.ID, encoded []byte) int64 {
	h := sha256.New()
	h.Write(org[:]) // never fails
	h.Write([]byte("head"))
	h.Write(encoded)
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

// evaluated is what a row states beyond the usual words.
type evaluated struct {
	DKIM        string            `json:"dkim,omitempty"`        // as sent, when neither pass nor fail
	SPF         string            `json:"spf,omitempty"`         // the same
	Disposition string            `json:"disposition,omitempty"` // as sent, when unheard of
	Reasons     []dmarcrpt.Reason `json:"reasons,omitempty"`
}

// encodeEvaluated returns nil when there is nothing to say.
func encodeEvaluated(r *dmarcrpt.Record) ([]byte, error) {
	var e evaluated
	if resultOf(r.EvaluatedDKIM) == ResultOther {
		e.DKIM = r.EvaluatedDKIM
	}
	if resultOf(r.EvaluatedSPF) == ResultOther {
		e.SPF = r.EvaluatedSPF
	}
	if r.Disposition == dmarcrpt.DispositionUnknown {
		e.Disposition = r.DispositionSent
	}
	e.Reasons = r.Reasons
	if e.DKIM == "" && e.SPF == "" && e.Disposition == "" && len(e.Reasons) == 0 {
		return nil, nil
	}
	return json.Marshal(e)
}
