// Package arf reads failure reports: the feedback format of RFC 5965 with the
// authentication fields of RFC 6591, RFC 7489 section 7.3 and RFC 9991.
//
// A failure report is about one mail of one person. What this package returns
// is redacted already: addresses are reduced to their domain, and of the
// reported mail there is nothing but a few header fields. The rest is never
// read, so it cannot be kept by mistake.
package arf

import (
	"net/netip"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
)

// Report is one redacted failure report. Strings are as sent, with addresses
// reduced to "@domain"; empty means absent.
type Report struct {
	ReporterDomain fqdn.Name // of the From of the report mail
	ReportID       string    // Message-ID of the report mail, without its brackets
	Domain         fqdn.Name // Reported-Domain, or the From domain of the sample

	FeedbackType      string // auth-failure, or the legacy word dkim
	UserAgent         string
	AuthFailure       string // adsp, bodyhash, revoked, signature, spf, dmarc
	DeliveryResult    string
	IdentityAlignment string // as sent: RFC 7489 and RFC 9991 give it opposite meanings
	SourceIP          netip.Addr
	ArrivedAt         int64 // seconds since 1970 in UTC; the date of the report mail when absent
	Incidents         int64 // mails that the report stands for, at least 1

	MailFromDomain        string // of Original-Mail-From
	RcptToDomains         []string
	AuthenticationResults []string
	DKIMDomain            string
	DKIMSelector          string
	SPFDNS                []string

	Sample  Sample
	Repairs []finding.Repair
}

// Sample is what is kept of the reported mail.
type Sample struct {
	FromDomain      fqdn.Name
	MessageIDDomain string
	Date            string   // RFC 3339 in UTC; empty when it is not readable
	DKIMDomains     []string // d= of its signatures
}

// Mail is what is needed of the report mail's own header.
type Mail struct{ From, MessageID, Date string }

// Why a failure report is refused.
const (
	RefusedOtherType finding.Code = "other_feedback_type"
	RefusedNoType    finding.Code = "no_feedback_type"
	RefusedNoDomain  finding.Code = "failure_report_without_domain"
	RefusedTooLarge  finding.Code = "failure_report_too_large"
	RefusedIncidents finding.Code = "incidents_unreadable"
	RefusedTwoDates  finding.Code = "two_arrival_dates"
)

// What was unusual in a failure report that was accepted.
const (
	RepairNoAuthFailure finding.Code = "no_auth_failure"
	RepairNoArrival     finding.Code = "no_arrival_date"
	RepairNoAlignment   finding.Code = "no_identity_alignment"
	RepairSourceComment finding.Code = "source_with_comment"
	RepairNoSource      finding.Code = "no_source_ip"
	RepairDelivery      finding.Code = "unknown_delivery_result"
	RepairDomain        finding.Code = "domain_from_sample"
	RepairLegacyType    finding.Code = "legacy_feedback_type"
	RepairUTF8          finding.Code = "invalid_utf8"
	RepairCleaned       finding.Code = "invisible_characters_removed"
)

func refuse(code finding.Code, detail string) *finding.Refusal {
	return &finding.Refusal{Code: code, Detail: finding.Detail(detail), Sentence: RefusalSentence(code)}
}

// RefusalSentence explains a refusal of this package to the owner of the
// domain; it is empty for another package's code.
func RefusalSentence(code finding.Code) string {
	switch code {
	case RefusedOtherType:
		return "This is another kind of feedback report, not about failed authentication."
	case RefusedNoType:
		return "The failure report does not say what it is about."
	case RefusedNoDomain:
		return "The failure report does not say which domain it is about."
	case RefusedTooLarge:
		return "The fields of the failure report are larger than any honest ones."
	case RefusedIncidents:
		return "The number of incidents in the failure report is not a whole number."
	case RefusedTwoDates:
		return "The failure report states two different dates of arrival."
	}
	return ""
}

// RepairSentence explains a repair of this package to the owner of the domain;
// it is empty for another package's code.
func RepairSentence(code finding.Code) string {
	switch code {
	case RepairNoAuthFailure:
		return "The report does not say which check failed."
	case RepairNoArrival:
		return "The report does not say when the mail arrived; the date of the report was used."
	case RepairNoAlignment:
		return "The report does not say which identities were aligned."
	case RepairSourceComment:
		return "The source address had a comment; it was dropped."
	case RepairNoSource:
		return "The report does not name the address that the mail came from."
	case RepairDelivery:
		return "The report uses a word of its own for what became of the mail; it is shown as sent."
	case RepairDomain:
		return "The report does not name the domain; it was taken from the reported mail."
	case RepairLegacyType:
		return "The report uses the old name of its type."
	case RepairUTF8:
		return "Some bytes were not valid text and are shown as \uFFFD."
	case RepairCleaned:
		return "Control or invisible characters were removed from a value."
	}
	return ""
}
