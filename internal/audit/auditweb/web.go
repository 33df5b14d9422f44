// Package auditweb draws the audit trail of an organization, for owners and
// admins, and a person's own.
package auditweb

import (
	"net/http"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests for audit trails.
type Web struct {
	Trail *audit.Trail
	// Frame returns the frame of a page.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
}

func place(a org.Access) ui.Org { return ui.Org{Slug: a.Slug} }

// TrailPage lists what was changed in an organization, the latest first. The
// form (GET) sends "action", "by", "from" and "to".
type TrailPage struct {
	ui.Page
	Headline   string
	Action     string      // path of this page, for the form
	Actions    []ui.Option // "" = all
	People     []ui.Option // "" = anybody
	Filter     Filter
	Filtered   bool // something is chosen
	ClearHref  string
	CSVHref    string // of what is chosen
	AnchorHref string
	Events     []Event
	Nothing    ui.Nothing // when Events is empty
	Pager      ui.Pager
}

// Filter is what is chosen, as it stands in the address.
type Filter struct {
	Action   string
	By       string // a person's id, or one of audit.By
	From, To string // "2026-11-07", both included; empty = open
}

// Event is one change in words.
type Event struct {
	Number  string // in the chain; empty for one from before there was one
	What    string // "Added a domain"
	Subject string // "example.org"; may be empty
	Facts   []Fact
	By      string // "ada@example.org", "a former member", "Sendvery"; empty on a person's own page
	At      format.Time
}

// Fact is a detail of an event: "Server", "imap.example.org".
type Fact struct{ Name, Value string }

// ActivityPage lists what happened to a person's account, the latest first.
type ActivityPage struct {
	ui.Page
	Headline string
	Events   []Event
	Pager    ui.Pager
}

func (p TrailPage) actionField() ui.Field {
	return ui.Field{Name: "action", Label: "What", Value: p.Filter.Action, Options: p.Actions}
}

func (p TrailPage) byField() ui.Field {
	return ui.Field{Name: "by", Label: "By whom", Value: p.Filter.By, Options: p.People}
}

func (p TrailPage) fromField() ui.Field {
	return ui.Field{Name: "from", Label: "From day", Type: "date", Value: p.Filter.From}
}

func (p TrailPage) toField() ui.Field {
	return ui.Field{Name: "to", Label: "To day", Type: "date", Value: p.Filter.To}
}
