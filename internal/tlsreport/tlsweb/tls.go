// Package tlsweb draws what TLS reports say: how the sessions to each domain
// went, why some failed, and each report as it was sent.
package tlsweb

import (
	"net/http"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests for TLS reports.
type Web struct {
	TLS       *tlsreport.Service
	Domains   *domain.Service
	Mailboxes *mailbox.Service
	Reports   *report.Service // knows the mails that reports came in, and the time
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
}

func place(a org.Access) ui.Org { return ui.Org{Slug: a.Slug} }

// TLSPage is how the sessions of the chosen days and domains went.
type TLSPage struct {
	ui.Page
	State        State
	Headline     string // "99.2 % of 41 203 TLS sessions succeeded; 330 failed, …"
	Advice       string // what to do first; may be empty
	LeftOut      string // what is not counted, and why: a sentence; may be empty
	Days         []ui.Choice
	DomainFilter []ui.Choice
	Span         string
	Domains      []DomainRow // drawn when there is more than one
	Results      []ResultRow // the most frequent first
	Overlap      string      // how their numbers relate to the sessions that failed
	Senders      []HostRow
	SenderCount  int64
	Receivers    []HostRow
	HostCount    int64
	Policies     []PolicyRow
	PerDay       []DayRow // the latest first
	Reports      []ReportRow
	ReportCount  int64
	Pager        ui.Pager
	Nothing      ui.Nothing // why nothing can have arrived, for Unfed and NoReport; may be empty
	Publish      Publish    // for NoReport
}

// State says which page it is.
type State string

// The states.
const (
	HasSessions State = ""
	Unfed       State = "unfed"  // no domain is watched
	NoReport    State = "report" // none has ever come for the chosen domains
	NoneInDays  State = "days"   // there are some, but of other days
)

// Publish is the record with which a domain asks for TLS reports. The form
// (GET) sends "domain" and "address".
type Publish struct {
	Domain       string
	Name, Value  string // of the TXT record; empty while the address is not one
	Address      string
	AddressError string
	Action       string
}

// DomainRow is one domain in the list.
type DomainRow struct {
	Name     string
	Href     string
	Sessions int64
	Ok       int64
	Failed   int64
	Never    bool   // no TLS report has ever come for it
	Last     string // day of its newest report
}

// ResultRow is one kind of failure.
type ResultRow struct {
	Word     string
	What     string
	Do       string // may be empty
	Sessions int64
	Last     string
}

// HostRow is one server that failures name.
type HostRow struct {
	Host     string // "not stated" where the reports do not name it
	Detail   string // may be empty
	Why      string
	Sessions int64
	Last     string
}

// PolicyRow is one policy as senders or a report saw it.
type PolicyRow struct {
	Domain   string
	Word     string // "MTA-STS"
	What     string
	Lines    []string // as sent
	Hosts    []string // as sent
	Seen     string   // "from 3 Nov 2026 until 20 Nov 2026"; empty on a report's page
	Counted  string   // on a report's page: where its sessions count; may be empty
	Sessions int64
	Ok       int64
}

// DayRow is one reported day.
type DayRow struct {
	Day      string
	Sessions int64
	Ok       int64
	Failed   int64
}

// ReportRow is one report in a list.
type ReportRow struct {
	Href     string
	Reporter string
	Domain   string // "example.org", "example.org and 2 more"
	Day      string
	Sessions int64
	Ok       int64
	Received format.Time
	Remark   string // "2 repairs"; may be empty
	LeftOut  string // "not authenticated, not counted"; empty = it counts
}

// ReportPage is one report, as it was sent.
type ReportPage struct {
	ui.Page
	Headline     string
	Contest      ui.Contest // with other versions of this report
	Reporter     string
	Contact      string // may be empty
	ReportID     string
	Begin, End   string
	Day          string
	Received     format.Time
	Receipt      ui.Link
	Authentic    ui.Authenticated
	OriginalHref string // empty = not kept, or the role may not
	Findings     []Finding
	Policies     []PolicyRow
	PolicyCount  int64
	PolicyPager  ui.Pager
	Failures     []FailureRow
	NoFailures   string // why there are none
	FailureCount int64
	FailurePager ui.Pager
}

// Finding is one thing that was unusual in a report.
type Finding struct {
	What string
	Note string // what was found, in a sentence; may be empty
}

// FailureRow is one failure detail of a report. Empty values are not stated.
type FailureRow struct {
	Word     string
	Sent     string // the result type as it was sent
	About    string // whose policy it is about
	Sender   string
	Receiver string
	Detail   string // further addresses and names of the receiver
	Sessions int64
	Reason   string
	Info     string // further information as sent
	InfoHref string // the same as an address to open; empty = it is none
}

func (p Publish) addressField() ui.Field {
	return ui.Field{Name: "address", Label: "Where reports shall go", Type: "email", Value: p.Address, Error: p.AddressError,
		Placeholder: "dmarc@example.org", Autocomplete: "email", InputMode: "email", Required: true, MaxLength: 254}
}
