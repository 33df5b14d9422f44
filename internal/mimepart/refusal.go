package mimepart

import "sendvery.com/sendvery/internal/finding"

// Why a mail or a part of it is refused.
const (
	RefusedTooLarge       finding.Code = "mail_too_large"
	RefusedInflated       finding.Code = "too_large_when_decompressed"
	RefusedHeld           finding.Code = "inner_archive_too_large"
	RefusedParts          finding.Code = "too_many_parts"
	RefusedDepth          finding.Code = "parts_nested_too_deep"
	RefusedContainers     finding.Code = "archives_nested_too_deep"
	RefusedEntries        finding.Code = "too_many_archive_entries"
	RefusedHeader         finding.Code = "mail_header_too_large"
	RefusedEncrypted      finding.Code = "archive_encrypted"
	RefusedTruncated      finding.Code = "archive_truncated"
	RefusedChecksum       finding.Code = "archive_checksum_wrong"
	RefusedDamaged        finding.Code = "archive_damaged"
	RefusedMethod         finding.Code = "archive_method_unsupported"
	RefusedFormat         finding.Code = "format_unsupported"
	RefusedEncryptedMail  finding.Code = "mail_encrypted"
	RefusedNotXML         finding.Code = "attachment_not_a_report"
	RefusedEmpty          finding.Code = "attachment_empty"
	RefusedPlainTextNote  finding.Code = "plain_text_notice"
	RefusedNotReport      finding.Code = "not_a_report"
	RefusedUnreadableMail finding.Code = "mail_structure_broken"
)

func refuse(code finding.Code, detail string) *finding.Refusal {
	return &finding.Refusal{Code: code, Detail: finding.Detail(detail), Sentence: RefusalSentence(code)}
}

// NotReport is the verdict on a mail or file without a payload.
func NotReport() *finding.Refusal { return refuse(RefusedNotReport, "") }

// RefusalSentence explains a refusal of this package to the owner of the
// domain; it is empty for another package's code.
func RefusalSentence(code finding.Code) string {
	switch code {
	case RefusedTooLarge:
		return "The mail or file is larger than we accept."
	case RefusedInflated:
		return "The report is too large when decompressed."
	case RefusedHeld:
		return "An archive inside the mail or file is too large to be opened."
	case RefusedParts:
		return "The mail has more parts than any honest report mail."
	case RefusedDepth:
		return "The parts of the mail are nested deeper than in any honest report mail."
	case RefusedContainers:
		return "Archives are nested in archives deeper than any reporter does."
	case RefusedEntries:
		return "The archive holds more files than any reporter sends."
	case RefusedHeader:
		return "The header of the mail or of a part is larger than any honest one."
	case RefusedEncrypted:
		return "The archive is encrypted, so the report in it cannot be read."
	case RefusedTruncated:
		return "The archive ends in the middle; the rest is missing."
	case RefusedChecksum:
		return "The archive is damaged: its checksum does not match its content."
	case RefusedDamaged:
		return "The archive is damaged and cannot be opened."
	case RefusedMethod:
		return "The archive is compressed by a method that report mails do not use and we do not read."
	case RefusedFormat:
		return "The attachment has a format that report mails do not use and we do not read."
	case RefusedEncryptedMail:
		return "The mail is encrypted, so a report in it could not be read."
	case RefusedNotXML:
		return "The content of the attachment or file is not a report, whatever its name says."
	case RefusedEmpty:
		return "The attachment or file is empty."
	case RefusedPlainTextNote:
		return "This is a plain-text notice, not a failure report in the standard format."
	case RefusedNotReport:
		return "This is not a report."
	case RefusedUnreadableMail:
		return "The structure of the mail is broken, so its parts cannot be told apart."
	}
	return ""
}
