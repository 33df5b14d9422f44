package orgweb

import (
	"net/http"
	"strings"

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

// ShowSettings shows the organization's settings.
func (h *Web) ShowSettings(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return httpio.OK(w, r, Settings(h.settingsPage(w, r, a)))
}

func (h *Web) settingsPage(w http.ResponseWriter, r *http.Request, a org.Access) SettingsPage {
	p := SettingsPage{Page: h.Frame(w, r, "Settings"), Action: path(a, "settings"), Name: a.Name, CanRename: a.Role.May(org.ManageSettings), Role: string(a.Role)}
	p.Section = ui.SettingsSection
	if a.Role.May(org.ReadAudit) {
		p.AuditHref = path(a, "audit")
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
