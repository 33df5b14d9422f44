package dmarcrpt

import "sendvery.com/sendvery/internal/finding"

// What was unusual in a report that was accepted.
const (
	// Document level.
	RepairTextBefore     finding.Code = "text_before_report"
	RepairTextAfter      finding.Code = "text_after_report"
	RepairDeclaration    finding.Code = "broken_xml_declaration"
	RepairStrayTag       finding.Code = "stray_tag_before_report"
	RepairInvalidUTF8    finding.Code = "invalid_utf8"
	RepairMarkup         finding.Code = "unescaped_markup"
	RepairAmpersand      finding.Code = "unescaped_ampersand"
	RepairFinalBracket   finding.Code = "missing_final_bracket"
	RepairEncoding       finding.Code = "unknown_encoding"
	RepairNamespace      finding.Code = "unknown_namespace"
	RepairUnknownElement finding.Code = "unknown_element"
	RepairStrayText      finding.Code = "stray_text"
	RepairNested         finding.Code = "element_inside_value"
	RepairRepeated       finding.Code = "repeated_element"
	RepairCleaned        finding.Code = "invisible_characters_removed"
	// Metadata and policy.
	RepairReporter        finding.Code = "reporter_from_email"
	RepairFraction        finding.Code = "fractional_date"
	RepairLongPeriod      finding.Code = "long_period"
	RepairAncient         finding.Code = "period_before_2000"
	RepairFuture          finding.Code = "period_in_the_future"
	RepairPolicyMissing   finding.Code = "policy_not_stated"
	RepairPolicyValue     finding.Code = "unknown_policy_value"
	RepairReporterError   finding.Code = "reporter_error"
	RepairReorderedReport finding.Code = "records_before_policy"
	// Records.
	RepairNoRecords     finding.Code = "no_records"
	RepairNullRecord    finding.Code = "empty_record"
	RepairSkipped       finding.Code = "records_skipped"
	RepairIdentities    finding.Code = "identities_element"
	RepairNoResult      finding.Code = "evaluation_missing"
	RepairOddResult     finding.Code = "evaluation_not_pass_or_fail"
	RepairDisposition   finding.Code = "unknown_disposition"
	RepairOutsideDomain finding.Code = "header_from_outside_domain"
	RepairNoHeaderFrom  finding.Code = "header_from_missing"
)

// RepairSentence explains a repair of this package to the owner of the domain;
// it is empty for another package's code.
func RepairSentence(code finding.Code) string {
	switch code {
	case RepairTextBefore:
		return "There was text before the report; it was skipped."
	case RepairTextAfter:
		return "There was text after the end of the report; it was ignored."
	case RepairDeclaration:
		return "The XML declaration at the beginning was not closed properly."
	case RepairStrayTag:
		return "An unclosed tag stood before the report; it was dropped."
	case RepairInvalidUTF8:
		return "Some bytes were not valid text and are shown as \uFFFD."
	case RepairMarkup:
		return "A value contained an unescaped “<”; it was read as text."
	case RepairAmpersand:
		return "A value contained an unescaped “&”; it was read as text."
	case RepairFinalBracket:
		return "The very last “>” of the report was missing; all records were complete."
	case RepairEncoding:
		return "The report declares a character encoding that does not exist; it was read as UTF-8."
	case RepairNamespace:
		return "The report uses an XML namespace that is not one of DMARC's; it was read by element names."
	case RepairUnknownElement:
		return "The report has elements that no version of the format knows; they were ignored."
	case RepairStrayText:
		return "There was text between the elements of the report; it was ignored."
	case RepairNested:
		return "A value contained further elements; only its own text was read."
	case RepairRepeated:
		return "A value was stated more than once; the first was used."
	case RepairCleaned:
		return "Control or invisible characters were removed from a value."
	case RepairReporter:
		return "The reporter did not give its name; it is named by the domain of its e-mail address."
	case RepairFraction:
		return "A date had fractions of a second; they were cut."
	case RepairLongPeriod:
		return "The report covers more than a day; its messages are counted on the day in the middle."
	case RepairAncient:
		return "The period lies before the year 2000, long before DMARC existed."
	case RepairFuture:
		return "The period lies in the future."
	case RepairPolicyMissing:
		return "The report does not say which policy you had published."
	case RepairPolicyValue:
		return "The published policy is reported with a value that does not exist; it is shown as sent and not used."
	case RepairReporterError:
		return "The reporter says that it had a problem while making this report."
	case RepairReorderedReport:
		return "Records came before the part that says which domain they are about."
	}
	return recordRepairSentence(code)
}

func recordRepairSentence(code finding.Code) string {
	switch code {
	case RepairNoRecords:
		return "The report has no records: the reporter saw no mail."
	case RepairNullRecord:
		return "The report has a record without source and messages: the reporter saw no mail."
	case RepairSkipped:
		return "Some records could not be read and were left out; each is listed with its reason."
	case RepairIdentities:
		return "The reporter writes “identities” where the format says “identifiers”."
	case RepairNoResult:
		return "Some records lack the evaluated DKIM or SPF result; a missing result does not count as a pass."
	case RepairOddResult:
		return "Some evaluated results are neither pass nor fail; they do not count as a pass."
	case RepairDisposition:
		return "Some records have a disposition that does not exist; it is shown as unknown."
	case RepairOutsideDomain:
		return "Some records are about a From domain that is not below the reported domain."
	case RepairNoHeaderFrom:
		return "Some records do not name the From domain."
	}
	return ""
}
