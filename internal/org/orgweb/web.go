package orgweb

import (
	"net/http"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests around an organization itself.
type Web struct {
	Orgs *org.Service
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	// Flash leaves a sentence for the next page.
	Flash func(w http.ResponseWriter, sentence string)
	Now   func() time.Time
	// Counts tells what an organization holds, for who is about to delete it.
	Counts func(r *http.Request, a org.Access) (Counts, error)
	// Billing is whether plans are paid for here, so that owners find the page.
	Billing bool
}

// Counts is what an organization holds.
type Counts struct {
	Domains, Mailboxes int
	Paid               string // the plan that is paid for; empty without one
}

func path(a org.Access, rest string) string { return ui.Org{Slug: a.Slug}.Path(rest) }

// ShowWelcome greets a new organization.
func (h *Web) ShowWelcome(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	here := path(a, "welcome")
	p := WelcomePage{
		Page: h.Frame(w, r, "Welcome"), ConnectHref: path(a, "mailboxes/new"), RecordHref: here + "?record=yes",
		ShowRecord: query.Get("record") != "" || query.Has("domain"),
	}
	p.Section = ui.OverviewSection
	address := strings.TrimSpace(query.Get("address"))
	if address == "" {
		address = a.Email
	}
	p.Record = ui.NewRecord(query.Get("domain"), address, here)
	return httpio.OK(w, r, Welcome(p))
}

// settingsFrame is the frame of a page of the settings, below them where crumbs say so.
func (h *Web) settingsFrame(w http.ResponseWriter, r *http.Request, title string, crumbs ...ui.Link) ui.Page {
	return h.Frame(w, r, title).In(ui.SettingsSection, crumbs...)
}

// tabs are the pages that the settings have.
func (h *Web) tabs(a org.Access, chosen ui.SettingsTab) []ui.Choice {
	return ui.SettingsTabs(ui.Org{Slug: a.Slug}, chosen, h.Billing && a.Role.May(org.Own), a.Role.May(org.ReadAudit))
}

// ShowSettings shows the organization's settings.
func (h *Web) ShowSettings(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return httpio.OK(w, r, Settings(h.settingsPage(w, r, a)))
}

func (h *Web) settingsPage(w http.ResponseWriter, r *http.Request, a org.Access) SettingsPage {
	p := SettingsPage{Page: h.settingsFrame(w, r, "Settings"), Tabs: h.tabs(a, ui.GeneralTab), Action: path(a, "settings"), Name: a.Name,
		CanRename: a.Role.May(org.ManageSettings), Role: string(a.Role), LeaveHref: path(a, "leave")}
	if a.Role.May(org.ExportAll) {
		p.ExportHref = path(a, "export")
	}
	if a.Role.May(org.Own) {
		p.TransferHref, p.DeleteHref = path(a, "transfer"), path(a, "delete")
	}
	return p
}

// Rename changes the organization's name.
func (h *Web) Rename(w http.ResponseWriter, r *http.Request, a org.Access) error {
	name := r.PostFormValue("name")
	err := h.Orgs.Rename(r.Context(), a, name)
	if fault.Is(err, fault.Invalid) {
		p := h.settingsPage(w, r, a)
		p.Name, p.NameError = name, fault.FieldsOf(err)["name"]
		return httpio.Again(w, r, Settings(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "The organization has a new name.")
	return httpio.See(w, r, path(a, "settings"))
}
