// Package failureweb draws failure reports, for owners and admins.
package failureweb

import (
	"net/http"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests for failure reports.
type Web struct {
	Failures  *failurereport.Service
	Domains   *domain.Service
	Mailboxes *mailbox.Service
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
}

func place(a org.Access) ui.Org { return ui.Org{Slug: a.Slug} }

// FailuresPage lists failure reports, the latest first.
type FailuresPage struct {
	ui.Page
	Headline string
	Sections []ui.Choice
	Reports  []FailureRow
	Nothing  ui.Nothing // why none can have arrived; may be empty
	Pager    ui.Pager
}

// FailureRow is one report in a list.
type FailureRow struct {
	Href     string
	Failed   string // "DMARC", "SPF", …
	Domain   string
	Source   string // address that the mail came from; may be empty
	Reporter string // may be empty
	Result   string // what the receiver did; may be empty
	Detail   string // source and result in one line, for a phone
	Arrived  format.Time
	Deleted  string // "20 Dec 2026"
}

// FailurePage is one report: all that is kept of it.
type FailurePage struct {
	ui.Page
	Headline string
	Facts    []Fact
	Checks   []Check  // authentication results and records, as sent
	Align    string   // Identity-Alignment as sent; may be empty
	Findings []string // what was unusual
	Receipt  ui.Link
	Stored   format.Time
	Deleted  string
}

// Fact is a name and its value.
type Fact struct{ Name, Value, Note string }

// Check is a value as the receiver sent it, of a kind.
type Check struct{ Kind, Sent string }
