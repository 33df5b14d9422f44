// Package reading turns a mail or a file into reports: it finds the payloads
// and drives the reader of each format. The parse command and ingestion both
// stand on it, so that a file is judged the same way everywhere.
package reading

import (
	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// Kind is the kind of a report.
type Kind uint8

// The kinds of report; None is for what turned out to be no report.
const (
	None Kind = iota
	Aggregate
	TLS
	Failure
)

// String returns the word used in output and storage.
func (k Kind) String() string { return [...]string{"none", "aggregate", "tls", "failure"}[k] }

// Report is the head of one report. Exactly one of the three pointers is set,
// that of its kind; none in a Refused call that knows nothing. The kind of
// what is refused in the mail of a failure report is Failure.
type Report struct {
	Kind      Kind
	Label     string // where it was found, for display: names joined by " › "
	Mail      *mimepart.Envelope
	Aggregate *dmarcrpt.Report
	TLS       *tlsrpt.Report // complete at Begin
	Failure   *arf.Report    // complete and redacted at Begin
}

// Domain returns the domain that the report is about, "" where that is not
// known. A TLS report may not name it (no-policy-found of some generators):
// then the mail does (RFC 8460 section 5.3).
func (r *Report) Domain() fqdn.Name {
	switch {
	case r.Aggregate != nil:
		return r.Aggregate.Policy.Domain
	case r.Failure != nil:
		return r.Failure.Domain
	case r.TLS == nil:
		return ""
	}
	if d := r.TLS.Domain(); d != "" || r.Mail == nil {
		return d
	}
	d, err := fqdn.Parse(r.Mail.TLSReportDomain)
	if err != nil {
		return ""
	}
	return d
}

// Summary is what is known at the clean end of a report.
type Summary struct {
	Kind       Kind
	Records    int   // aggregate: record elements; TLS: policies; failure: 1
	BadRecords int   // aggregate only: of these, skipped as unreadable
	Messages   int64 // aggregate: messages; TLS: sessions; failure: incidents
	Aligned    int64 // aggregate: passing messages; TLS: successful sessions; failure: 0
	Repairs    []finding.Repair
	Digest     [32]byte          // aggregate and TLS: over the parsed values
	Aggregate  *dmarcrpt.Summary // aggregate only: the details
}

// Visitor takes what is found, report by report.
//
// For every report there is exactly one End or Refused, as its last call. Only
// End makes it complete: a caller that stores reports commits (or keeps) at
// End, and rolls back what Begin and Record wrote at Refused, and when Read
// returns an error. An error from any method stops the reading and is returned
// by Read.
type Visitor interface {
	// Begin hands over the head of a report. It stays valid.
	Begin(*Report) error
	// Record hands over one record of an aggregate report; it is valid only
	// during the call, its strings may be kept.
	Record(*dmarcrpt.Record) error
	// End says that the report was read to its clean end.
	End(*Summary) error
	// Refused says that something that is or should be a report is refused.
	// Begin may or may not have been called for it.
	Refused(*Report, *finding.Refusal) error
}

// Outcome sums up the reading of one mail or file.
type Outcome struct {
	Mail     bool // it is a mail, not a bare file
	Accepted int  // reports that ended
	Refused  int  // reports, or parts that looked like one, that were refused
	// Private says that a failure report was in it, read or not, and with it
	// parts of other people's mail: its bytes are not to be kept.
	Private bool
	// Noticed says why there is no report, when neither was found.
	Noticed *finding.Refusal
}

// NotReport reports whether there is nothing in it that is or should be a
// report: such a mail is none of our business.
func (o Outcome) NotReport() bool { return o.Accepted == 0 && o.Refused == 0 }

// The refusals of this package.
const (
	RefusedTime finding.Code = "reading_took_too_long"
)

// RefusalSentence explains any refusal that a reading can end with.
func RefusalSentence(code finding.Code) string {
	if code == RefusedTime {
		return "Reading this mail or file took longer than any honest report needs."
	}
	for _, explain := range [...]func(finding.Code) string{
		mimepart.RefusalSentence, dmarcrpt.RefusalSentence, tlsrpt.RefusalSentence, arf.RefusalSentence,
	} {
		if s := explain(code); s != "" {
			return s
		}
	}
	return ""
}

// RepairSentence explains any repair that a reading can make.
func RepairSentence(code finding.Code) string {
	for _, explain := range [...]func(finding.Code) string{
		dmarcrpt.RepairSentence, tlsrpt.RepairSentence, arf.RepairSentence,
	} {
		if s := explain(code); s != "" {
			return s
		}
	}
	return ""
}
