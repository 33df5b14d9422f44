package dmarcrpt

import (
	"math"
	"net/netip"
	"strings"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/plaintext"
)

// Why a record is skipped.
const (
	BadNoRow      finding.Code = "record_without_row"
	BadRepeated   finding.Code = "record_states_a_value_twice"
	BadNoSource   finding.Code = "record_without_source"
	BadSource     finding.Code = "record_source_unreadable"
	BadNoCount    finding.Code = "record_without_count"
	BadCount      finding.Code = "record_count_unreadable"
	BadCountLarge finding.Code = "record_count_impossible"
)

// BadRecordSentence explains why a record was skipped.
func BadRecordSentence(code finding.Code) string {
	switch code {
	case BadNoRow:
		return "The record has no row with source and count."
	case BadRepeated:
		return "The record states a value twice, so it is unclear which one counts."
	case BadNoSource:
		return "The record does not say which address the messages came from."
	case BadSource:
		return "The source of the record is not an IP address."
	case BadNoCount:
		return "The record does not say how many messages it is about."
	case BadCount:
		return "The message count of the record is not a whole number."
	case BadCountLarge:
		return "The message count of the record is impossibly large."
	}
	return ""
}

// span is a value in recordBuilder.buf; the zero span is an absent value.
type span struct{ from, to int }

func (sp span) of(s string) string { return s[sp.from:sp.to] }

// entry is one DKIM, SPF or reason entry.
type entry struct{ a, b, c, d, lang span }

// recordBuilder gathers one record. All values go into one buffer, and from
// there into a slab that the records share and their strings are cut from: an
// allocation for dozens of records. Each value ends with a NUL, which no value contains, and the code of its element, so that
// the buffer is also what the digest runs over.
type recordBuilder struct {
	buf     []byte
	slab    slab
	values  [elSPFHuman + 1]span
	present [elSPFHuman + 1]bool
	lang    span // of the last comment or human_result

	dkim, spf, reasons []entry

	bad       finding.Code // first reason to skip the record
	badDetail string
	unclean   [elCount + 1]bool // source_ip and count: held invisible or invalid characters
	rec       Record
}

func (b *recordBuilder) reset() {
	b.buf = b.buf[:0]
	clear(b.values[:])
	clear(b.present[:])
	b.dkim, b.spf, b.reasons = b.dkim[:0], b.spf[:0], b.reasons[:0]
	b.bad, b.badDetail, b.lang = "", "", span{}
	b.unclean[elSourceIP], b.unclean[elCount] = false, false
}

func (b *recordBuilder) skip(code finding.Code, detail string) {
	if b.bad == "" {
		b.bad, b.badDetail = code, finding.Detail(detail)
	}
}

// open notes a container; a second one of those that may occur once makes the
// record unreadable.
func (b *recordBuilder) open(e element) {
	switch e {
	case elRow, elEvaluated, elIdentifiers:
		if b.present[e] {
			b.skip(BadRepeated, e.String())
		}
	}
	b.present[e] = true
	b.buf = append(b.buf, 1, byte(e))
}

// close ends an entry of a list.
func (b *recordBuilder) close(e element, limit int) error {
	var list *[]entry
	var en entry
	switch e {
	case elDKIM:
		list, en = &b.dkim, entry{b.take(elDKIMDomain), b.take(elDKIMSelector), b.take(elDKIMResult), b.take(elDKIMHuman), b.lang}
	case elSPF:
		list, en = &b.spf, entry{b.take(elSPFDomain), b.take(elSPFScope), b.take(elSPFResult), b.take(elSPFHuman), b.lang}
	case elReason:
		list, en = &b.reasons, entry{a: b.take(elReasonType), b: b.take(elReasonComment), lang: b.lang}
	default:
		return nil
	}
	b.lang = span{}
	if en.a.empty() && en.b.empty() && en.c.empty() && en.d.empty() {
		return nil // gosecure.net and others send entries without content
	}
	if len(*list) == limit {
		return refuse(RefusedTooLong, "results in a record")
	}
	*list = append(*list, en)
	return nil
}

func (sp span) empty() bool { return sp.from == sp.to }

// take returns the value of e and forgets it, for the next entry.
func (b *recordBuilder) take(e element) span {
	sp := b.values[e]
	b.values[e], b.present[e] = span{}, false
	return sp
}

// value adds the text of a value element. It reports what was cleaned and
// whether the element was a repetition.
func (b *recordBuilder) value(e element, text []byte) (done plaintext.Cleaning, repeated bool) {
	from := len(b.buf)
	b.buf, done = plaintext.Append(b.buf, text)
	to := len(b.buf)
	b.buf = append(b.buf, 0, byte(e))
	if done != 0 && (e == elSourceIP || e == elCount) {
		b.unclean[e] = true
	}
	if b.present[e] {
		switch e {
		case elSourceIP, elCount, elDisposition, elEvalDKIM, elEvalSPF, elHeaderFrom:
			b.skip(BadRepeated, e.String())
			return done, false
		}
		return done, true
	}
	b.values[e], b.present[e] = span{from, to}, true
	return done, false
}

// language notes the language of the text just read.
func (b *recordBuilder) language(lang []byte) {
	from := len(b.buf)
	b.buf, _ = plaintext.Append(b.buf, lang)
	b.lang = span{from, len(b.buf)}
	b.buf = append(b.buf, 0)
}

// finish makes the Record, or says why it is to be skipped. null is the empty
// record of a reporter that saw no mail.
func (b *recordBuilder) finish(maxCount int64) (rec *Record, null bool) {
	s := b.slab.text(b.buf)
	r := &b.rec
	*r = Record{Reasons: r.Reasons[:0], DKIM: r.DKIM[:0], SPF: r.SPF[:0]}
	source, count := b.values[elSourceIP].of(s), b.values[elCount].of(s)
	if !b.present[elRow] {
		b.skip(BadNoRow, "")
	}
	b.count(count, maxCount)
	if b.bad == "" && b.rec.Count == 0 && source == "" {
		return nil, true
	}
	b.source(source)
	if b.bad != "" {
		return nil, false
	}
	r.DispositionSent = b.values[elDisposition].of(s)
	r.Disposition = disposition(r.DispositionSent)
	r.EvaluatedDKIM, r.EvaluatedSPF = b.values[elEvalDKIM].of(s), b.values[elEvalSPF].of(s)
	r.HeaderFrom = b.values[elHeaderFrom].of(s)
	r.EnvelopeFrom, r.HasEnvelopeFrom = b.values[elEnvelopeFrom].of(s), b.present[elEnvelopeFrom]
	r.EnvelopeTo = b.values[elEnvelopeTo].of(s)
	for _, e := range b.reasons {
		if !e.a.empty() || !e.b.empty() {
			r.Reasons = append(r.Reasons, Reason{e.a.of(s), e.b.of(s), e.lang.of(s)})
		}
	}
	for _, e := range b.dkim {
		r.DKIM = append(r.DKIM, DKIMResult{e.a.of(s), e.b.of(s), e.c.of(s), e.d.of(s), e.lang.of(s)})
	}
	for _, e := range b.spf {
		r.SPF = append(r.SPF, SPFResult{e.a.of(s), e.b.of(s), e.c.of(s), e.d.of(s), e.lang.of(s)})
	}
	return r, false
}

func (b *recordBuilder) count(sent string, limit int64) {
	if sent == "" {
		b.skip(BadNoCount, "")
		return
	}
	n, ok := digits(sent)
	switch {
	case !ok || b.unclean[elCount]:
		b.skip(BadCount, sent)
	case n > limit:
		b.skip(BadCountLarge, sent)
	}
	b.rec.Count = n
}

// lost is how many messages a record is about that is skipped for its source
// alone; 0 where its count is in doubt too.
func (b *recordBuilder) lost() int64 {
	if b.bad == BadSource || b.bad == BadNoSource {
		return b.rec.Count
	}
	return 0
}

func (b *recordBuilder) source(sent string) {
	if sent == "" {
		b.skip(BadNoSource, "")
		return
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(sent, "["), "]"))
	if err != nil || ip.Zone() != "" || b.unclean[elSourceIP] {
		b.skip(BadSource, sent)
		return
	}
	b.rec.SourceIP = ip.Unmap()
}

// digits reads a number of ASCII digits only. It is false for anything else;
// a number beyond the range of int64 is its greatest value.
func digits(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-9)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// String names the elements whose repetition or misuse is reported.
func (e element) String() string {
	switch e {
	case elRow:
		return "row"
	case elEvaluated:
		return "policy_evaluated"
	case elIdentifiers:
		return "identifiers"
	case elSourceIP:
		return "source_ip"
	case elCount:
		return "count"
	case elDisposition:
		return "disposition"
	case elEvalDKIM, elDKIM:
		return "dkim"
	case elEvalSPF, elSPF:
		return "spf"
	case elHeaderFrom:
		return "header_from"
	}
	return "element"
}
