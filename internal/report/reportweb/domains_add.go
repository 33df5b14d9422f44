package reportweb

import (
	"net/http"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// AddDomainsPage adds many domains at once.
type AddDomainsPage struct {
	ui.Page
	Action   string
	Names    string // what was pasted
	Error    string
	Headline string // what became of it: "3 of 5 domains were added."; empty = nothing was tried
	Outcomes []AddedName
	Cancel   ui.Link
}

// AddedName is what became of one name.
type AddedName struct {
	Name  string
	Href  string // the domain's page; empty where there is none
	Tone  ui.Tone
	Words string // "added"
}

func (h *Web) addPage(w http.ResponseWriter, r *http.Request, a org.Access) AddDomainsPage {
	domains := ui.Link{Text: "Domains", Href: path(a, "domains", nil)}
	return AddDomainsPage{Page: h.frame(w, r, ui.DomainsSection, "Add domains", domains), Action: path(a, "domains/new", nil),
		Cancel: ui.Link{Text: "Back to your domains", Href: domains.Href}}
}

// NewDomains shows the form to add many domains.
func (h *Web) NewDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return httpio.OK(w, r, AddDomains(h.addPage(w, r, a)))
}

// AddDomains adds the domains that were pasted, and says what became of each.
func (h *Web) AddDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p := h.addPage(w, r, a)
	lines, allowed, err := h.Domains.AddPasted(r.Context(), a, r.PostFormValue("names"))
	if fields := fault.FieldsOf(err); fields != nil {
		p.Names, p.Error = r.PostFormValue("names"), fields["names"]
		return httpio.Again(w, r, AddDomains(p))
	}
	if err != nil {
		return err
	}
	p.outcomes(a, lines, allowed)
	return httpio.OK(w, r, AddDomains(p))
}

// outcomes lists what became of each name, and keeps in the field what can be
// righted, or added once there is room.
func (p *AddDomainsPage) outcomes(a org.Access, lines []domain.Line, allowed billing.Allowance) {
	added := 0
	for _, l := range lines {
		row := AddedName{Name: l.Text}
		if l.Outcome == domain.Added || l.Outcome == domain.Watched {
			row.Href = path(a, "domains/"+l.Text, nil)
		}
		switch l.Outcome {
		case domain.Added:
			added++
			row.Tone, row.Words = ui.Good, "Added. Reports that waited for it are being counted."
		case domain.Watched:
			row.Words = "Watched already."
		case domain.NoName:
			row.Tone, row.Words = ui.Bad, "Not a domain name. It should look like example.org."
		case domain.OverLimit:
			row.Tone, row.Words = ui.Warning, "Not added: your plan watches up to "+format.Of(allowed.Max, "domain", "domains")+"."
			p.Page = p.WithLarger(!allowed.Largest, a.Role.May(org.Own))
		}
		if row.Tone == ui.Bad || row.Tone == ui.Warning {
			p.Names += l.Text + "\n"
		}
		p.Outcomes = append(p.Outcomes, row)
	}
	p.Headline = format.Count(added) + " of " + format.Of(len(lines), "domain was added.", "domains were added.")
}
