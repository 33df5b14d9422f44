package reportweb

import (
	"net/http"
	"net/url"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests for what the reports say.
type Web struct {
	Reports   *report.Service
	Failures  *failurereport.Service // knows which failure reports are still kept
	Domains   *domain.Service
	Mailboxes *mailbox.Service
	Senders   *sender.Service
	Exports   *export.Service
	Box       *seal.Box // closes what an address carries to undo something
	Inbound   bool      // mail providers may hand mails over
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	// Flash leaves a sentence for the next page.
	Flash func(w http.ResponseWriter, sentence string)
}

func (h *Web) now() time.Time { return h.Reports.Now() }

// frame is a page's frame in a section, with the way down to it.
func (h *Web) frame(w http.ResponseWriter, r *http.Request, s ui.Section, title string, crumbs ...ui.Link) ui.Page {
	return h.Frame(w, r, title).In(s, crumbs...)
}

// path returns the path of a page of the organization with a query.
func path(a org.Access, rest string, query url.Values) string {
	return ui.Org{Slug: a.Slug}.Address(rest, query)
}

// with is the query with one value changed.
func with(query url.Values, name, value string) url.Values { return ui.With(query, name, value) }

// inDays is the part of a query that chooses days.
func inDays(query url.Values) url.Values {
	chosen := url.Values{}
	for _, name := range []string{"days", "from", "to"} {
		if value := query.Get(name); value != "" {
			chosen.Set(name, value)
		}
	}
	return chosen
}

// maxDays bounds a range that is typed into the address: the longest time
// that a plan keeps, and no more columns than a chart can draw.
const maxDays = 731

// days returns the chosen length of time.
func days(query url.Values) int { return ui.DaysOf(query) }

// dayChoices are the links to the same page with another length of time.
func dayChoices(a org.Access, rest string, query url.Values) []ui.Choice {
	return ui.DayChoices(ui.Org{Slug: a.Slug}, rest, query)
}

func domainChoices(a org.Access, rest string, query url.Values, all []domain.Domain) []ui.Choice {
	return ui.DomainChoices(ui.Org{Slug: a.Slug}, rest, query, domain.Names(all))
}

// unfed is why nothing can have arrived; zero when a mailbox is connected and
// a domain watched.
func (h *Web) unfed(r *http.Request, a org.Access, watched bool) (ui.Nothing, error) {
	connected, err := h.Mailboxes.Connected(r.Context(), a.ID)
	return ui.Unfed(ui.Org{Slug: a.Slug}, connected, watched, a.Role.May(org.ManageMailboxes)), err
}

// noReport is why an organization has no report at all.
func (h *Web) noReport(r *http.Request, a org.Access, watched bool) (ui.Nothing, error) {
	nothing, err := h.unfed(r, a, watched)
	if nothing.Title == "" {
		nothing = ui.Nothing{Icon: "calendar-x", Title: "No report has arrived yet",
			Words: "Your mailbox is looked into every 15 minutes. Most reporters send once a day: expect the first within 24 to 48 hours after the record of your domain is published."}
	}
	return nothing, err
}

// classes ties the classes of the core to those of the pages.
var classes = map[report.Class]ui.Class{
	report.Passing: ui.Passing, report.Forwarded: ui.Forwarded, report.NeedsFixing: ui.NeedsFixing, report.Unknown: ui.Unknown,
}

func classOf(s string) report.Class {
	for c, u := range classes {
		if string(u) == s {
			return c
		}
	}
	return 0
}

func split(s report.Split) ui.Split {
	return ui.Split{Passing: s.Passing, Forwarded: s.Forwarded, Fix: s.Fix, Unknown: s.Unknown}
}

// openDays is how long reports for a day may still arrive.
const openDays = 2

// volume draws the days of the filter, also those without messages.
func (h *Web) volume(a org.Access, query url.Values, f report.Filter, sum report.Summary) ui.Volume {
	v := ui.Volume{ID: "volume", Since: format.Span(f.From, f.To)}
	byDay := map[string]report.Split{}
	for _, t := range sum.Days {
		byDay[format.ISODay(t.Day)] = t.Split
	}
	long := map[string]int64{}
	for _, l := range sum.Long {
		long[format.ISODay(l.Day)] = l.Reports
	}
	open := h.now().UTC().AddDate(0, 0, -openDays)
	for d := f.From; !d.After(f.To); d = d.AddDate(0, 0, 1) {
		iso := format.ISODay(d)
		s := byDay[iso]
		v.Days = append(v.Days, ui.VolumeDay{
			Day: iso, Passing: s.Passing, Forwarded: s.Forwarded, Fix: s.Fix, Unknown: s.Unknown, Open: d.After(open), Long: long[iso],
			Href: path(a, "reports", with(with(with(query, "days", ""), "from", iso), "to", iso)),
		})
	}
	for _, c := range sum.Changes {
		text := "p=" + c.Policy
		if f.Domain.IsZero() {
			text = c.Domain.String() + " " + text
		}
		v.Marks = append(v.Marks, ui.VolumeMark{Day: format.ISODay(c.Day), Text: text})
	}
	return v
}
