package mailboxweb

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests around mailboxes.
type Web struct {
	Mailboxes *mailbox.Service
	Domains   *domain.Service
	Reports   *report.Service
	// PrivateHosts is whether the operator allows hosts in private networks.
	PrivateHosts bool
	// Demo is the demonstration mailbox of development mode; nil without.
	Demo *Demo
	// Finder finds the mail servers of an address.
	Finder *mailbox.Finder
	// Cookies keep what belongs to a browser while its person is at a provider.
	Cookies httpio.Cookies
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	// Flash leaves a sentence for the next page.
	Flash func(w http.ResponseWriter, sentence string)
}

// Demo is a preset with everything filled in.
type Demo struct {
	mailbox.Preset
	Username, Password string
}

func (h *Web) now() time.Time { return h.Mailboxes.Now() }

// frame is a page's frame with the way down to it.
func (h *Web) frame(w http.ResponseWriter, r *http.Request, title string, crumbs ...ui.Link) ui.Page {
	return h.Frame(w, r, title).In(ui.MailboxSection, crumbs...)
}

// path returns the path of a page of the organization.
func path(a org.Access, rest string) string { return ui.Org{Slug: a.Slug}.Path(rest) }

// listLink is the first crumb of all pages below the list.
func listLink(a org.Access) ui.Link {
	return ui.Link{Text: "Mailboxes", Href: path(a, "mailboxes")}
}

// below returns the path of a page of one mailbox.
func below(a org.Access, id mailbox.ID, rest string) string {
	if rest != "" {
		rest = "/" + rest
	}
	return path(a, "mailboxes/"+id.String()+rest)
}

// named returns the mailbox that the path names.
func (h *Web) named(r *http.Request, a org.Access) (mailbox.Mailbox, error) {
	id, err := uid.Parse[mailbox.Mailbox](chi.URLParam(r, "id"))
	if err != nil {
		return mailbox.Mailbox{}, fault.Wrap(fault.NotFound, "There is no such mailbox.", err)
	}
	return h.Mailboxes.Get(r.Context(), a.ID, id)
}

// nextStep returns the page on which a mailbox's set-up goes on.
func nextStep(a org.Access, m mailbox.Mailbox) string {
	switch m.State {
	case mailbox.Testing:
		return below(a, m.ID, "test")
	case mailbox.Scanning, mailbox.Choosing:
		return below(a, m.ID, "domains")
	}
	return below(a, m.ID, "")
}

// receiptsOf returns the path of a mailbox's mails with a verdict.
func receiptsOf(a org.Access, id mailbox.ID, verdict string) string {
	return path(a, "receipts") + "?" + url.Values{"mailbox": {id.String()}, "verdict": {verdict}}.Encode()
}
