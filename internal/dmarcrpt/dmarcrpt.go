// Package dmarcrpt reads DMARC aggregate reports: RFC 7489 appendix C, RFC
// 9990, the drafts before them, and what reporters make of them.
//
// One tolerant reader serves all flavours, by local element name and place in
// the tree. It reads from a stream and hands over the metadata and policy
// first, then record by record; it holds at most one record. What is unusual
// but unambiguous is accepted and noted as a repair; what would be a guess is
// refused: a record alone when the record is unreadable, the whole report
// when its domain, id or period is.
package dmarcrpt

import (
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
)

// Handler takes what the reader finds. For every document in the stream there
// is exactly one call of End or of Refused, as its last one; Begin comes
// before the first Record. A report is complete and may be committed only when
// End was called; after Refused, or when Read returns an error, everything of
// the open report is to be rolled back.
//
// An error from Begin, Record or End stops the reading and is returned by Read.
type Handler interface {
	// Begin hands over metadata and policy. The Report stays valid and is not
	// changed afterwards.
	Begin(*Report) error
	// Record hands over one record. The Record and its slices are valid only
	// during the call; its strings may be kept.
	Record(*Record) error
	// End says that the document was read to its clean end.
	End(*Summary) error
	// Refused says that the document is refused. The Report holds what was
	// known by then and may be empty; Begin may or may not have been called.
	Refused(*Report, *finding.Refusal) error
}

// Report is report_metadata and policy_published. Strings are as sent, cleaned
// of white space around them and of invisible characters; empty means absent
// or empty.
type Report struct {
	Namespace        string `json:",omitempty"` // of the root element, as declared
	Version          string `json:",omitempty"`
	OrgName          string `json:",omitempty"`
	Email            string `json:",omitempty"`
	ExtraContactInfo string `json:",omitempty"`
	ContactLang      string `json:",omitempty"` // language of ExtraContactInfo (RFC 9990)
	ReportID         string `json:",omitempty"`
	Generator        string `json:",omitempty"` // RFC 9990
	Errors           []Note `json:",omitempty"` // what the reporter says went wrong; at most 100
	Begin, End       int64  // the period, seconds since 1970 in UTC, End ≥ Begin ≥ 0
	Policy           Policy
}

// Note is free text with its language ("" = not stated).
type Note struct{ Text, Lang string }

// RFC9990 reports whether the document uses what only RFC 9990 has: its
// namespace, or generator, testing or discovery_method. np does not count:
// some reporters send it with the old format.
func (r *Report) RFC9990() bool {
	return r.Namespace == Namespace2 || r.Generator != "" ||
		r.Policy.Testing != "" || r.Policy.DiscoveryMethod != ""
}

// Reporter names the reporter: org_name as sent, or the domain of the e-mail
// address where org_name is empty. It is part of the key of a report.
func (r *Report) Reporter() string {
	if r.OrgName != "" {
		return r.OrgName
	}
	return r.EmailDomain()
}

// EmailDomain returns the domain of the reporter's e-mail address, "" without one.
func (r *Report) EmailDomain() string {
	_, domain, found := strings.Cut(r.Email, "@")
	if !found {
		return ""
	}
	if i := strings.IndexAny(domain, "> \t,;"); i >= 0 {
		domain = domain[:i]
	}
	return strings.ToLower(strings.TrimSuffix(domain, "."))
}

// ReportedDay returns the UTC date, at midnight, on which the messages of the
// report are counted: that of the middle of the period. A middle at exact
// midnight belongs to the day that begins then.
func (r *Report) ReportedDay() time.Time {
	return time.Unix(r.Begin+(r.End-r.Begin)/2, 0).UTC().Truncate(24 * time.Hour)
}

// Key is what tells one report from another, besides the organization it
// belongs to. Report ids alone are not unique, not even for one reporter.
type Key struct {
	Reporter   string
	Domain     fqdn.Name
	ReportID   string
	Begin, End int64
}

// Key returns the key of the report.
func (r *Report) Key() Key {
	return Key{r.Reporter(), r.Policy.Domain, r.ReportID, r.Begin, r.End}
}

// Record is one row of a report with everything that was stated about it.
type Record struct {
	Seq      int        // 1 for the first record element of the document
	SourceIP netip.Addr // never IPv4-mapped, no zone
	Count    int64      // messages, 0 to Limits.Count

	Disposition     Disposition
	DispositionSent string // as sent
	EvaluatedDKIM   string // policy_evaluated/dkim as sent: the aligned result
	EvaluatedSPF    string
	Reasons         []Reason

	HeaderFrom   string
	EnvelopeFrom string
	EnvelopeTo   string
	// HasEnvelopeFrom tells the null reverse path (present and empty) from an
	// element that is absent.
	HasEnvelopeFrom bool
	// OutsideDomain says that HeaderFrom is neither the policy domain nor
	// below it (or missing).
	OutsideDomain bool

	DKIM []DKIMResult
	SPF  []SPFResult
}

// Aligned reports whether the messages of the record pass DMARC:
// policy_evaluated dkim or spf is "pass", case folded. Nothing else counts.
func (r *Record) Aligned() bool { return IsPass(r.EvaluatedDKIM) || IsPass(r.EvaluatedSPF) }

// IsPass reports whether a result as sent is "pass".
func IsPass(result string) bool { return strings.EqualFold(result, "pass") }

// Disposition is what the receiver did with the messages.
type Disposition uint8

// The dispositions. Pass is RFC 9990's word for "nothing, because DMARC
// passed"; DispositionUnknown stands for a missing or unheard-of value.
const (
	DispositionUnknown Disposition = iota
	DispositionNone
	DispositionPass
	DispositionQuarantine
	DispositionReject
)

// String returns the word of the format, "unknown" for the zero value.
func (d Disposition) String() string {
	return [...]string{"unknown", "none", "pass", "quarantine", "reject"}[d]
}

func disposition(sent string) Disposition {
	for d := DispositionNone; d <= DispositionReject; d++ {
		if strings.EqualFold(sent, d.String()) {
			return d
		}
	}
	return DispositionUnknown
}

// Reason is one policy override reason.
type Reason struct{ Type, Comment, CommentLang string }

// DKIMResult is one auth_results/dkim entry, as sent, with the language of
// HumanResult ("" = not stated).
type DKIMResult struct{ Domain, Selector, Result, HumanResult, HumanLang string }

// SPFResult is one auth_results/spf entry, as sent, with the language of
// HumanResult ("" = not stated).
type SPFResult struct{ Domain, Scope, Result, HumanResult, HumanLang string }

// Summary is what is known at the end of a report.
type Summary struct {
	Records     int   // record elements, the unreadable and the empty ones included
	BadRecords  int   // of these, unreadable: skipped
	NullRecords int   // of these, "no mail seen": count 0 and no source; not handed over
	Messages    int64 // sum of the counts of the readable records
	Aligned     int64 // of these, see Record.Aligned
	Bad         []BadRecord
	Repairs     []finding.Repair
	Extensions  []Extension // at most 100
	// MoreExtensions counts those that there was no room for.
	MoreExtensions int
	// Digest is the SHA-256 over the parsed values in their order. Two copies
	// of a report have the same digest whatever their container.
	Digest [32]byte
}

// BadRecord is a record that was skipped, and why.
type BadRecord struct {
	Seq      int
	Code     finding.Code
	Detail   string
	Messages int64 // that are not counted with it; 0 = not known
}
