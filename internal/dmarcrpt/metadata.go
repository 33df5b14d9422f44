package dmarcrpt

import (
	"math"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/plaintext"
)

// metadata is what is needed to judge report_metadata and policy_published.
type metadata struct {
	closedMetadata, closedPolicy bool
	seen                         [elDiscovery + 1]bool
	begin, end                   string
	unclean                      [elDiscovery + 1]bool // invisible or invalid characters in the value
}

// maxErrors bounds the error elements that are kept.
const maxErrors = 100

// reportValue takes a value of report_metadata, date_range or
// policy_published.
func (doc *document) reportValue(e element, text []byte) {
	var done plaintext.Cleaning
	doc.clean, done = plaintext.Append(doc.clean[:0], text)
	if done != 0 {
		doc.cleaned(done)
	}
	v := doc.rec.slab.text(doc.clean)
	if e == elError {
		if v != "" && len(doc.report.Errors) < maxErrors {
			doc.report.Errors = append(doc.report.Errors, Note{v, plaintext.String(string(doc.lang))})
		}
		return
	}
	field := doc.field(e)
	if field == nil {
		return
	}
	if doc.meta.seen[e] {
		doc.repeated(e, *field, v)
		return
	}
	doc.meta.seen[e], doc.meta.unclean[e] = true, done != 0
	*field = v
	if e == elContact {
		doc.report.ContactLang = plaintext.String(string(doc.lang))
	}
}

func (doc *document) repeated(e element, first, again string) {
	key := e == elReportID || e == elDomain || e == elBegin || e == elEnd || e == elOrgName
	if key && first != again {
		doc.refuse(refuse(RefusedContradiction, first+" / "+again))
		return
	}
	doc.repairs.Add(RepairRepeated, again)
}

// field returns where the value of e is kept.
func (doc *document) field(e element) *string {
	r, p := doc.report, &doc.report.Policy
	switch e {
	case elVersion:
		return &r.Version
	case elOrgName:
		return &r.OrgName
	case elEmail:
		return &r.Email
	case elContact:
		return &r.ExtraContactInfo
	case elReportID:
		return &r.ReportID
	case elBegin:
		return &doc.meta.begin
	case elEnd:
		return &doc.meta.end
	case elGenerator:
		return &r.Generator
	case elDomain:
		return &p.DomainSent
	case elADKIM:
		return &p.ADKIM
	case elASPF:
		return &p.ASPF
	case elP:
		return &p.P
	case elSP:
		return &p.SP
	case elNP:
		return &p.NP
	case elPct:
		return &p.Pct
	case elFO:
		return &p.FO
	case elTesting:
		return &p.Testing
	case elDiscovery:
		return &p.DiscoveryMethod
	}
	return nil
}

// refuse gives the document up. It is read on to its end, so that a report
// that follows in the same stream is found. The first reason counts; nil is none.
func (doc *document) refuse(r *finding.Refusal) {
	if doc.refusal == nil {
		doc.refusal = r
	}
}

// judge checks metadata and policy, once both are complete, and returns the
// reason to refuse the report.
func (doc *document) judge() *finding.Refusal {
	r, m := doc.report, &doc.meta
	if r.OrgName == "" {
		if r.EmailDomain() == "" || m.unclean[elEmail] {
			return refuse(RefusedNoReporter, r.Email)
		}
		doc.repairs.Add(RepairReporter, r.EmailDomain())
	}
	switch {
	case r.ReportID == "":
		return refuse(RefusedNoID, "")
	case m.unclean[elReportID]:
		return refuse(RefusedBadID, r.ReportID)
	case r.Policy.DomainSent == "":
		return refuse(RefusedNoDomain, "")
	case m.begin == "" || m.end == "":
		return refuse(RefusedNoPeriod, "")
	}
	if m.unclean[elDomain] {
		return refuse(RefusedBadDomain, r.Policy.DomainSent)
	}
	name, err := fqdn.Parse(r.Policy.DomainSent)
	if err != nil {
		return refuse(RefusedBadDomain, r.Policy.DomainSent)
	}
	r.Policy.Domain = name
	if bad := doc.period(); bad != nil {
		return bad
	}
	if r.Policy.P == "" {
		doc.repairs.Add(RepairPolicyMissing, "")
	}
	for _, odd := range r.Policy.oddValues() {
		doc.repairs.Add(RepairPolicyValue, odd)
	}
	if len(r.Errors) > 0 {
		doc.repairs.AddCount(RepairReporterError, r.Errors[0].Text, len(r.Errors))
	}
	return nil
}

// What counts as a long or an ancient period, in seconds.
const (
	longPeriod = 26 * 3600
	year2000   = 946_684_800
)

func (doc *document) period() *finding.Refusal {
	r, m := doc.report, &doc.meta
	begin, fraction1, ok1 := date(m.begin)
	end, fraction2, ok2 := date(m.end)
	if !ok1 || !ok2 {
		return refuse(RefusedBadPeriod, m.begin+" / "+m.end)
	}
	if end < begin {
		return refuse(RefusedReverse, m.begin+" / "+m.end)
	}
	r.Begin, r.End = begin, end
	if fraction1 || fraction2 {
		doc.repairs.Add(RepairFraction, m.begin)
	}
	if end-begin > longPeriod {
		doc.repairs.Add(RepairLongPeriod, strconv.FormatInt((end-begin)/3600, 10)+" hours")
	}
	if begin < year2000 {
		doc.repairs.Add(RepairAncient, "")
	}
	if now := doc.opts.Now; now > 0 && begin > now+24*3600 {
		doc.repairs.Add(RepairFuture, "")
	}
	return nil
}

// lastSecond is the end of the year 9999, the last date that PostgreSQL, RFC
// 3339 and people can all write. Milliseconds since 1970 lie beyond it.
const lastSecond = 253_402_300_799

// date reads seconds since 1970: ASCII digits, and a fraction, which is cut.
func date(s string) (seconds int64, fraction, ok bool) {
	whole, rest, fraction := strings.Cut(s, ".")
	n, ok := digits(whole)
	if fraction {
		if _, good := digits(rest); !good {
			return 0, true, false
		}
	}
	return n, fraction, ok && n <= min(lastSecond, math.MaxInt64)
}
