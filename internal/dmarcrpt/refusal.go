package dmarcrpt

import "sendvery.com/sendvery/internal/finding"

// The reasons why a document is refused. Nothing of a refused report is to be
// kept as data: its handler rolls back.
const (
	RefusedNotXML        finding.Code = "not_xml"
	RefusedNotReport     finding.Code = "other_xml_document"
	RefusedMalformed     finding.Code = "malformed_xml"
	RefusedTruncated     finding.Code = "truncated"
	RefusedDTD           finding.Code = "dtd"
	RefusedTooLong       finding.Code = "value_too_long"
	RefusedTooDeep       finding.Code = "nested_too_deep"
	RefusedAttributes    finding.Code = "too_many_attributes"
	RefusedManyRecords   finding.Code = "too_many_records"
	RefusedManyReports   finding.Code = "too_many_reports"
	RefusedEarlyRecords  finding.Code = "records_before_policy"
	RefusedSource        finding.Code = "unreadable_source"
	RefusedNoMetadata    finding.Code = "no_report_metadata"
	RefusedNoPolicy      finding.Code = "no_policy_published"
	RefusedNoReporter    finding.Code = "no_reporter"
	RefusedNoID          finding.Code = "no_report_id"
	RefusedBadID         finding.Code = "unreadable_report_id"
	RefusedNoDomain      finding.Code = "no_policy_domain"
	RefusedBadDomain     finding.Code = "unreadable_policy_domain"
	RefusedNoPeriod      finding.Code = "no_period"
	RefusedBadPeriod     finding.Code = "unreadable_period"
	RefusedReverse       finding.Code = "period_ends_before_it_begins"
	RefusedContradiction finding.Code = "contradictory_metadata"
	RefusedNoUsable      finding.Code = "no_usable_record"
	RefusedSum           finding.Code = "message_sum_too_large"
)

func refuse(code finding.Code, detail string) *finding.Refusal {
	return &finding.Refusal{Code: code, Detail: finding.Detail(detail), Sentence: RefusalSentence(code)}
}

// RefusalSentence explains a refusal of this package to the owner of the
// domain; it is empty for another package's code.
func RefusalSentence(code finding.Code) string {
	switch code {
	case RefusedNotXML:
		return "The content is not an XML document."
	case RefusedNotReport:
		return "The XML document is something other than a DMARC aggregate report."
	case RefusedMalformed:
		return "The XML of this report is broken in a way that cannot be repaired without guessing."
	case RefusedTruncated:
		return "The report ends in the middle; the rest is missing."
	case RefusedDTD:
		return "The XML contains a document type definition, which reports never need and attackers use."
	case RefusedTooLong:
		return "A single value in this report is longer than any honest report needs."
	case RefusedTooDeep:
		return "The XML is nested deeper than any honest report."
	case RefusedAttributes:
		return "An XML element has more attributes than any honest report."
	case RefusedManyRecords:
		return "The report has more records than we read from a single report."
	case RefusedManyReports:
		return "The file holds more reports than we read from a single file."
	case RefusedEarlyRecords:
		return "Too many records come before the part that says which domain they are about."
	case RefusedSource:
		return "The file that holds the report is damaged."
	case RefusedNoMetadata:
		return "The report does not say who sent it and for which period."
	case RefusedNoPolicy:
		return "The report does not say which domain and policy it is about."
	case RefusedNoReporter:
		return "The report names neither an organization nor a readable e-mail address of the reporter."
	case RefusedNoID:
		return "The report has no report id, so it could not be told apart from a copy of itself."
	case RefusedBadID:
		return "The report id contains bytes that are not text."
	case RefusedNoDomain:
		return "The report does not name the domain that it is about."
	case RefusedBadDomain:
		return "The domain that the report is about is not a valid domain name."
	case RefusedNoPeriod:
		return "The report does not say when its period begins and ends."
	case RefusedBadPeriod:
		return "The period of the report is not a readable pair of dates."
	case RefusedReverse:
		return "The period of the report ends before it begins."
	case RefusedContradiction:
		return "The report states its domain, id or period twice, with different values."
	case RefusedNoUsable:
		return "The report has records, but not one of them is readable."
	case RefusedSum:
		return "The message counts of the report add up to an impossible number."
	}
	return ""
}
