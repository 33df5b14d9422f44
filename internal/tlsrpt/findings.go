package tlsrpt

import "sendvery.com/sendvery/internal/finding"

// Why a TLS report is refused.
const (
	RefusedTooLarge   finding.Code = "tls_report_too_large"
	RefusedMalformed  finding.Code = "malformed_json"
	RefusedDepth      finding.Code = "json_nested_too_deep"
	RefusedDuplicate  finding.Code = "json_duplicate_key"
	RefusedNoReporter finding.Code = "tls_no_organization"
	RefusedNoID       finding.Code = "tls_no_report_id"
	RefusedPeriod     finding.Code = "tls_unreadable_period"
	RefusedReverse    finding.Code = "tls_period_ends_before_it_begins"
	RefusedPolicies   finding.Code = "tls_policies_unreadable"
	RefusedCount      finding.Code = "tls_count_unreadable"
	RefusedMany       finding.Code = "tls_too_many_entries"
	RefusedTooLong    finding.Code = "tls_value_too_long"
)

// What was unusual in a TLS report that was accepted.
const (
	RepairBOM         finding.Code = "byte_order_mark"
	RepairUTF8        finding.Code = "invalid_utf8"
	RepairNoZone      finding.Code = "date_without_zone"
	RepairNoFailed    finding.Code = "failure_count_missing"
	RepairNoSummary   finding.Code = "session_count_missing"
	RepairTextCount   finding.Code = "count_as_text"
	RepairNoPolicies  finding.Code = "no_policies"
	RepairNoDomain    finding.Code = "policy_domain_missing"
	RepairBadDomain   finding.Code = "policy_domain_unreadable"
	RepairPolicyType  finding.Code = "unknown_policy_type"
	RepairOtherKey    finding.Code = "other_key_name"
	RepairNoReporter  finding.Code = "reporter_from_contact"
	RepairBeforeStart finding.Code = "period_before_2000"
	RepairCleaned     finding.Code = "invisible_characters_removed"
)

func refuse(code finding.Code, detail string) *finding.Refusal {
	return &finding.Refusal{Code: code, Detail: finding.Detail(detail), Sentence: RefusalSentence(code)}
}

// RefusalSentence explains a refusal of this package to the owner of the
// domain; it is empty for another package's code.
func RefusalSentence(code finding.Code) string {
	switch code {
	case RefusedTooLarge:
		return "The TLS report is larger than we read, or larger than what the reports before it in the same mail left over."
	case RefusedMalformed:
		return "The TLS report is not valid JSON."
	case RefusedDepth:
		return "The TLS report is nested deeper than any honest one."
	case RefusedDuplicate:
		return "The TLS report states a value twice, so it is unclear which one counts."
	case RefusedNoReporter:
		return "The TLS report does not say who sent it."
	case RefusedNoID:
		return "The TLS report has no report id, so it could not be told apart from a copy of itself."
	case RefusedPeriod:
		return "The period of the TLS report is missing or not a readable pair of dates."
	case RefusedReverse:
		return "The period of the TLS report ends before it begins."
	case RefusedPolicies:
		return "The list of policies in the TLS report is not readable."
	case RefusedCount:
		return "A number of sessions in the TLS report is not a whole number or impossibly large."
	case RefusedTooLong:
		return "A single value in the TLS report is longer than any honest report needs."
	case RefusedMany:
		return "The TLS reports of this mail or file have more entries than we read from a single one. Those before this report are read."
	}
	return ""
}

// RepairSentence explains a repair of this package to the owner of the domain;
// it is empty for another package's code.
func RepairSentence(code finding.Code) string {
	switch code {
	case RepairBOM:
		return "The report began with a byte order mark, which JSON does not allow."
	case RepairUTF8:
		return "Some bytes were not valid text and are shown as \uFFFD."
	case RepairNoZone:
		return "A date had no time zone; it was read as UTC."
	case RepairNoFailed:
		return "The number of failed sessions was missing; it was read as 0."
	case RepairNoSummary:
		return "The number of successful sessions was missing; it was read as 0."
	case RepairTextCount:
		return "A number was written as text."
	case RepairNoPolicies:
		return "The report says nothing about any policy."
	case RepairNoDomain:
		return "A policy does not name its domain."
	case RepairBadDomain:
		return "The domain of a policy is not a valid domain name."
	case RepairPolicyType:
		return "A policy has a type that the format does not know; it is shown as sent."
	case RepairOtherKey:
		return "A value was given under a name that the format does not know."
	case RepairNoReporter:
		return "The reporter did not give its name; it is named by the domain of its contact address."
	case RepairBeforeStart:
		return "The period lies before the year 2000, long before TLS reports existed."
	case RepairCleaned:
		return "Control or invisible characters were removed from a value."
	}
	return ""
}
