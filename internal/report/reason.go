package report

import (
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/reading"
)

// Reason is why a mail or report has its verdict; a stable code that is
// stored. Refusals of the readers have codes of their own.
type Reason string

// The reasons of this package.
const (
	ReasonTooLarge    Reason = "mail_too_large"
	ReasonGone        Reason = "mail_gone"
	ReasonUndelivered Reason = "mail_not_delivered"
	ReasonOurFault    Reason = "could_not_be_stored"
	ReasonNotKept     Reason = "could_not_be_taken_in"
	ReasonUnwatched   Reason = "domain_not_watched"
	ReasonDay         Reason = "day_out_of_range"
	ReasonNameless    Reason = "domain_not_named"
	ReasonFull        Reason = "too_many_held"
	ReasonPlan        Reason = "over_the_plan"
	ReasonSetAside    Reason = "domain_set_aside"
	ReasonPlanFull    Reason = "too_many_over_the_plan"
	ReasonNotHeld     Reason = "failure_report_not_watched"
	ReasonConflict    Reason = "other_content_under_same_key"
	ReasonReplaced    Reason = "replaced_by_choice"
	ReasonOvertaken   Reason = "replaced_by_authenticated"
	ReasonSameFile    Reason = "same_file_again"
)

// sentences are the words for the owner, each with what happens next.
var sentences = map[Reason]string{
	ReasonTooLarge:    "The mail is larger than 50 MB, which no report needs, so it was not downloaded. It is still in your mailbox.",
	ReasonGone:        "The mail was moved or deleted before it could be read.",
	ReasonUndelivered: "Your mail server lists this mail but does not hand it over. It is still in your mailbox.",
	ReasonOurFault:    "We could not store this report. That is our fault. Its original is kept for 90 days.",
	ReasonNotKept:     "We could not take in this mail or file. That is our fault. Nothing of it was kept; a mail is untouched in your mailbox.",
	ReasonUnwatched:   "It is about a domain that you do not watch yet. It is kept for 90 days and counts as soon as the domain is added.",
	ReasonDay:         "Its period lies too far in the past or in the future to be counted. The original is kept for 90 days.",
	ReasonNameless:    "This TLS report does not say which domain it is about, and nor does its mail. It is kept for 90 days but not counted.",
	ReasonFull:        "Too many reports that are not counted wait already, most for domains that you do not watch, so this one was not kept: we noted only who sent it and which domain it is about. A mail is untouched in your mailbox. Add the domain, or ask that these reports are no longer sent.",
	ReasonPlan:        "Your plan counts fewer reports a month than came. It is kept for as long as your plan keeps reports, and for 90 days at least. It counts as soon as there is room, which each month brings: the newest first.",
	ReasonSetAside:    "It is about a domain that is set aside, because your plan watches fewer domains. It is kept for as long as your plan keeps reports, and for 90 days at least. It counts once the domain is active again.",
	ReasonPlanFull:    "Too many reports wait for room in your plan already, so this one was not kept: we noted only who sent it and which domain it is about. A mail is untouched in your mailbox.",
	ReasonNotHeld:     "This failure report is about a domain that you do not watch. It holds parts of a mail, so nothing of it was kept but the name of the domain.",
	ReasonConflict:    "Another report with the same reporter, name and period, but other numbers, counts. This one is kept and not counted.",
	ReasonReplaced:    "You chose to count another report with the same name and period instead. This one is kept.",
	ReasonOvertaken:   "This mail is not authenticated. Another report with the same name and period, but other numbers, came in an authenticated mail and counts instead. This one is kept.",
	ReasonSameFile:    "The very same mail or file was read before, with the same result. What became of it stands there, and it is kept once.",
}

// Sentence explains a reason to the owner; "" for an empty one.
func (r Reason) Sentence() string {
	if s, ok := sentences[r]; ok {
		return s
	}
	if s := reading.RefusalSentence(finding.Code(r)); s != "" {
		return s
	}
	return reading.RepairSentence(finding.Code(r))
}
