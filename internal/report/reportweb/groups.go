package reportweb

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// GroupsPage lists the groups of domains.
type GroupsPage struct {
	ui.Page
	Headline string // "3 groups of domains"
	Action   string // makes a group
	Name     ui.Field
	Groups   []GroupRow
}

// GroupRow is one group.
type GroupRow struct {
	ID           string
	Name         string
	Typed        string // what was typed instead of the name, and refused
	Error        string
	Domains      string // "12 domains"
	Href         string // its domains
	OverviewHref string
	RenameAction string
	DeleteHref   string
}

func (h *Web) groupsPage(w http.ResponseWriter, r *http.Request, a org.Access) (GroupsPage, error) {
	groups, err := h.Domains.Groups(r.Context(), a.ID)
	p := GroupsPage{
		Page:   h.frame(w, r, ui.DomainsSection, "Groups", ui.Link{Text: "Domains", Href: path(a, "domains", nil)}),
		Action: path(a, "domains/groups", nil), Headline: format.Of(len(groups), "group of domains", "groups of domains"),
		Name: ui.Field{Name: "name", Label: "New group", Help: "A customer, a brand or a region. A domain is in one group at most.", MaxLength: 60, Required: true, Autocomplete: "off"},
	}
	for _, g := range groups {
		id, of := g.ID.String(), map[string][]string{"group": {g.ID.String()}}
		p.Groups = append(p.Groups, GroupRow{
			ID: id, Name: g.Name, Typed: g.Name, Domains: format.Of(g.Domains, "domain", "domains"), Href: path(a, "domains", of),
			OverviewHref: path(a, "", of), RenameAction: path(a, "domains/groups/"+id, nil), DeleteHref: path(a, "domains/groups/"+id+"/delete", nil),
		})
	}
	return p, err
}

// ListGroups lists the groups of domains.
func (h *Web) ListGroups(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.groupsPage(w, r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Groups(p))
}

// CreateGroup makes a group of domains.
func (h *Web) CreateGroup(w http.ResponseWriter, r *http.Request, a org.Access) error {
	g, err := h.Domains.CreateGroup(r.Context(), a, r.PostFormValue("name"))
	if fields := fault.FieldsOf(err); fields != nil {
		p, err := h.groupsPage(w, r, a)
		if err != nil {
			return err
		}
		p.Name.Value, p.Name.Error, p.Name.Focus = r.PostFormValue("name"), fields["name"], true
		return httpio.Again(w, r, Groups(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "The group "+g.Name+" is made. Choose its domains in the list of your domains.")
	return httpio.See(w, r, path(a, "domains/groups", nil))
}

// RenameGroup gives a group another name.
func (h *Web) RenameGroup(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := groupID(r)
	if err != nil {
		return err
	}
	err = h.Domains.RenameGroup(r.Context(), a, id, r.PostFormValue("name"))
	if fields := fault.FieldsOf(err); fields != nil {
		p, err := h.groupsPage(w, r, a)
		if err != nil {
			return err
		}
		for i := range p.Groups {
			if p.Groups[i].ID == id.String() {
				p.Groups[i].Typed, p.Groups[i].Error = r.PostFormValue("name"), fields["name"]
			}
		}
		return httpio.Again(w, r, Groups(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "The group has its new name.")
	return httpio.See(w, r, path(a, "domains/groups", nil))
}

// AskDeleteGroup asks before a group is deleted.
func (h *Web) AskDeleteGroup(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := groupID(r)
	if err != nil {
		return err
	}
	groups, err := h.Domains.Groups(r.Context(), a.ID)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.ID != id {
			continue
		}
		back := ui.Link{Text: "Groups", Href: path(a, "domains/groups", nil)}
		return httpio.OK(w, r, ui.Asking(ui.Ask{
			Page: h.frame(w, r, ui.DomainsSection, "Delete the group "+g.Name, back), Heading: "Delete the group " + g.Name + "?",
			Facts:  []ui.AskFact{ui.Goes("The group is gone, and links to it show nothing."), ui.Stays(format.Of(g.Domains, "domain stays", "domains stay") + " watched, with all reports.")},
			Action: path(a, "domains/groups/"+id.String()+"/delete", nil), Button: "Delete the group", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: back.Href},
		}))
	}
	return fault.New(fault.NotFound, "There is no such group in this organization.")
}

// DeleteGroup deletes a group; its domains stay.
func (h *Web) DeleteGroup(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := groupID(r)
	if err != nil {
		return err
	}
	if err := h.Domains.DeleteGroup(r.Context(), a, id); err != nil {
		return err
	}
	h.Flash(w, "The group is deleted. Its domains are watched as before.")
	return httpio.See(w, r, path(a, "domains/groups", nil))
}

// AssignDomains puts chosen domains into a group.
func (h *Web) AssignDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	var into domain.GroupID
	if group := r.PostFormValue("group"); group != "none" {
		id, err := uid.Parse[domain.Group](group)
		if err != nil {
			return fault.Wrap(fault.Invalid, "Choose the group that the domains shall be in.", err)
		}
		into = id
	}
	var names []fqdn.Name
	for _, text := range r.PostForm["domain"] {
		if name, err := fqdn.Parse(text); err == nil {
			names = append(names, name)
		}
	}
	moved, err := h.Domains.Assign(r.Context(), a, names, into)
	if err != nil {
		return err
	}
	words := format.Of(moved, "domain is", "domains are") + " in another group now."
	if len(names) == 0 {
		words = "No domain was chosen, so nothing has changed."
	}
	h.Flash(w, words)
	return httpio.See(w, r, httpio.LocalPath(r.PostFormValue("back")))
}

func groupID(r *http.Request) (domain.GroupID, error) {
	id, err := uid.Parse[domain.Group](chi.URLParam(r, "id"))
	if err != nil {
		return id, fault.Wrap(fault.NotFound, "There is no such group in this organization.", err)
	}
	return id, nil
}
