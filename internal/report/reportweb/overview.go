// Package reportweb draws what the reports say: overview, domains, senders,
// reports and receipts. Numbers come in as facts; every sentence that explains
// comes in as a string.
package reportweb

import (
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// OverviewPage is the first page of an organization. While an import runs,
// OverviewFragment asks FragmentHref for itself anew.
type OverviewPage struct {
	ui.Page
	State         OverviewState
	SetUp         ui.Checklist // what is left to set up; it ends
	Headline      string       // the answer with its n: "98.7 % of 41 203 messages passed. 2 senders need you."
	Doubts        Doubts
	Advice        string       // why, and what to do next, in a sentence or two; may be empty
	Action        ui.Link      // the one primary action; zero = none
	Days          []ui.Choice  // the range picker: 7, 28, 90 days
	DomainFilter  []ui.Choice  // "All domains" first; drawn when there is more than one
	GroupFilter   []ui.Choice  // "All groups" first; drawn when there is a group
	Import        ImportBanner // zero = nothing is being imported
	FragmentHref  string       // answers OverviewFragment alone
	Waiting       PlanNote
	Suggestions   []Suggestion // domains that reports arrived for and that are not added yet
	Verdicts      []VerdictRow // one per domain, those that need attention first
	Volume        ui.Volume
	Span          string      // the days of the volume: "25 Oct – 21 Nov 2026"
	Senders       []SenderRow // the largest, those that need attention first
	SenderCount   int64       // how many there are in all
	SendersHref   string
	Reports       []ReportRow // the latest
	ReportCount   int64
	ReportsHref   string
	Problems      []ui.Receipt // refused and held mails, latest first
	ProblemCount  int64
	ProblemsHref  string
	ConnectHref   string    // for NoMailbox
	Unfinished    string    // for NoMailbox: the mailbox whose set-up goes on there; empty = none was begun
	Record        ui.Record // for NoReports: what to publish, should it not be done yet
	MailboxesHref string
	Drawer        SenderDrawer
}

// OverviewState says which overview it is.
type OverviewState string

// The states of the overview.
const (
	HasNumbers OverviewState = ""        // the usual one
	NoMailbox  OverviewState = "none"    // nothing is connected yet
	NoReports  OverviewState = "waiting" // a mailbox is connected, no report came yet
	NoneInDays OverviewState = "empty"   // reports exist, but not in the chosen days or domain
)

// ImportBanner tells that numbers still grow.
type ImportBanner struct {
	Running  bool
	Mailbox  string
	Href     string // the mailbox's page
	Progress ui.Progress
}

// Suggestion is a domain that reports arrived for. Its button posts "domain"
// to Action.
type Suggestion struct {
	Domain  string
	Reports int64
	Action  string
}

// waiting says what the reports do and what to do about them.
func (s Suggestion) waiting() string {
	if s.Reports == 1 {
		return " arrived and waits. Is the domain yours? Add it, and the report is counted."
	}
	return " arrived and wait. Is the domain yours? Add it, and they are counted."
}

// VerdictRow is what one domain's reports come to.
type VerdictRow struct {
	Domain   string
	Href     string
	Standing report.Standing
	Tone     ui.Tone // Good, Warning, Bad, or Plain without data
	Sentence string  // "Not safe to enforce yet: 2 senders, 1.3 % of mail, would be lost."
	Policy   string  // "p=none"; empty = not seen
	Split    ui.Split
	Judged   string       // "the verdict goes by 812 of them"; empty = by all
	Blockers []BlockerRow // the first senders that stand in the way; with fixes for the first domains only
	Others   string       // "and 12 other senders"; empty = all are shown
}

// noneKnown stands for the share that passes where no mail is the owner's: there
// is nothing to say it of.
const noneKnown = "none known as yours"

// owned reports whether any mail is known as the owner's.
func owned(s ui.Split) bool { return s.Passing+s.Fix > 0 }

// passing says how much of a domain's mail passes.
func (v VerdictRow) passing() string {
	if !owned(v.Split) {
		return noneKnown
	}
	return format.Percent(v.Split.Passing, v.Split.Total()) + " passing"
}

// inTheWay heads the blockers.
func (v VerdictRow) inTheWay() string {
	if v.Policy == "p=reject" {
		return "Stopped by p=reject, and what to do about each. A name leads to examples of what fails."
	}
	return "In the way of p=reject, and what to do about each. A name leads to examples of what fails."
}

// Doubts is what is shown and not believed; nothing without Words.
type Doubts struct {
	Words string
	Href  string // the reports that are meant
}

// SenderRow is one source of mail in a list.
type SenderRow struct {
	Href     string
	Key      string // what it is known as
	Domain   string // that it sends as
	Review   string // "authorised by you", "not yours, you say"; empty = not reviewed
	Name     string // confirmed host name or address: "mail-sor-f41.google.com"
	Detail   string // second line: the address, "no confirmed name", how many addresses
	Class    ui.Class
	Messages int64
	Passing  int64
	SPF      string // "aligned", "96.0 % aligned", "not aligned"
	DKIM     string
	Trend    ui.Trend
}

// ReportRow is one report in a list.
type ReportRow struct {
	Href     string
	Reporter string // "google.com"
	Domain   string
	Days     string // "20 Nov 2026"
	Messages int64
	Passing  int64
	Received format.Time
	Remark   string // "2 repairs", "conflict"; may be empty
	Doubt    string // "not authenticated"; empty = somebody vouches for it
}
