package reportweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// DomainPage is one domain.
type DomainPage struct {
	ui.Page
	Name         string
	Headline     string // the verdict with its n
	Doubts       Doubts
	Advice       string
	Action       ui.Link // the one primary action; zero = none
	Days         []ui.Choice
	Span         string
	Empty        ui.Nothing // why there are no messages in the chosen days; zero = there are
	Aside        PlanNote
	Waiting      PlanNote
	Policy       []PolicyLine // as last published in a report; empty = none seen
	PolicyFrom   string       // where it was seen: "As google.com saw it on 20 Nov 2026."
	Suggestions  []Suggestion // e.g. subdomains with reports of their own
	Volume       ui.Volume
	Senders      []SenderRow
	SenderCount  int64
	SendersHref  string
	Filter       ui.FilterBar
	DownloadHref string
	Undo         UndoReview
	Verdict      *VerdictPanel // nil: the page is about some messages, or none
	Flow         ui.Flow
	Receivers    ui.HeatMap
	Reporters    []ReporterRow // the same, the whole time together
	Countries    ui.Countries
	ReportsHref  string
	Drawer       SenderDrawer
}

// PolicyLine is one tag of a published policy in plain words.
type PolicyLine struct {
	Tag   string // "p"
	Value string // "none"
	Words string // "Receivers deliver failing mail as usual and only report it."
}

// ReporterRow is one receiver that reports.
type ReporterRow struct {
	Name     string
	Href     string // its reports
	Reports  int64
	Messages int64
	Passing  int64
	Last     format.Time
}

// SendersPage lists sources of mail.
type SendersPage struct {
	ui.Page
	Headline     string // "14 senders, 2 need you."
	Advice       string
	Days         []ui.Choice
	GroupFilter  []ui.Choice
	DomainFilter []ui.Choice
	Classes      []ui.Choice // "All", then the classes, with their counts
	Senders      []SenderRow
	Pager        ui.Pager
	Nothing      ui.Nothing // when Senders is empty
	Filter       ui.FilterBar
	DownloadHref string
	ReviewAction string // posts what is said of the senders that are ticked; empty = the role may not
	Back         string // where that leads
	Undo         UndoReview
	Drawer       SenderDrawer
}
