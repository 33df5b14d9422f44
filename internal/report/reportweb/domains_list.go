package reportweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// DomainsPage lists the organization's domains.
type DomainsPage struct {
	ui.Page
	Headline    string // "2 of 3 domains need you."
	Days        []ui.Choice
	Groups      []ui.Choice // "All groups" first; drawn when there is a group
	Standings   []ui.Choice // how they stand, with counts
	Search      DomainSearch
	Suggestions []Suggestion
	Domains     []DomainRow // those that need attention first
	Pager       ui.Pager
	AddHref     string // adding many; empty for who may not
	GroupsHref  string
	Assign      Assign
	Empty       ui.Nothing // why there is no domain here
	Aside       PlanNote
}

// PlanNote says what is not counted because of the plan; zero when all is.
type PlanNote struct {
	Text string
	Link ui.Link // to what would change it; zero for who may not
}

// aside reports whether nothing new is counted for a domain; without plans none
// is set aside.
func (h *Web) aside(at *time.Time) bool { return at != nil && h.Reports.Plans.Of != nil }

// asideOf says what it means that domains are set aside, and who can change it.
func asideOf(a org.Access, domains string) PlanNote {
	n := PlanNote{Text: domains + " set aside, because your plan watches fewer domains. All that was counted can be read as before. New reports wait and are not counted."}
	if a.Role.May(org.Own) {
		n.Link = ui.Link{Text: "Choose which domains stay active", Href: path(a, "billing", nil)}
	} else {
		n.Text += " An owner of your organization can choose which domains stay active."
	}
	return n
}

// waitingOf says that reports wait because those of the month are used up, and
// who can change it; about is what they are about, "" for all.
func (h *Web) waitingOf(a org.Access, list []report.Waiting, about string) PlanNote {
	n := 0
	for _, w := range list {
		if w.Reason == report.ReasonPlan {
			n += w.Reports
		}
	}
	if n == 0 || h.Reports.Plans.Of == nil {
		return PlanNote{}
	}
	note := PlanNote{Text: format.Of(n, "report"+about+" waits", "reports"+about+" wait") +
		", because all that your plan counts in a month are counted. As soon as there is room the newest come first; none is lost."}
	if a.Role.May(org.Own) {
		note.Link = ui.Link{Text: "See your plan", Href: path(a, "billing", nil)}
	} else {
		note.Text += " Ask an owner of your organization about the plan."
	}
	return note
}

// DomainSearch is the field that narrows the list by a part of the name;
// without Action there is nothing to narrow.
type DomainSearch struct {
	Action string
	Text   string
	Kept   []ui.FilterValue
}

// Assign puts chosen domains into a group; nothing without Groups.
type Assign struct {
	Action string
	Back   string // the page to come back to
	Groups []ui.Option
}

// DomainRow is one domain in the list.
type DomainRow struct {
	Name       string
	Href       string
	Group      string // its name; empty = none
	Aside      bool   // it is set aside
	Tone       ui.Tone
	Sentence   string // the verdict, short
	Policy     string // "p=none"; empty = not seen
	Split      ui.Split
	LastReport format.Time
}

// domainsPerPage is the length of a page of domains.
const domainsPerPage = 50

// standings are the choices of how a domain stands, in their order.
var standings = [...]struct {
	name, text string
	holds      []report.Standing
}{
	{"need", "Need you", []report.Standing{report.Losing, report.NotSafe, report.Foreign, report.OpenSubdomains, report.Testing, report.MuchForwarded}},
	{"ready", "Safe to move", []report.Standing{report.SafeToGo, report.OneReceiver}},
	{"early", "Too early", []report.Standing{report.Growing, report.TooEarly}},
	{"done", "Enforced", []report.Standing{report.Enforced, report.Parked}},
	{"quiet", "No messages", []report.Standing{report.Silent, report.NoData}},
}

// groupOf is the group that an address chooses.
func groupOf(query url.Values) domain.GroupID {
	id, err := uid.Parse[domain.Group](query.Get("group"))
	if err != nil {
		return domain.GroupID{}
	}
	return id
}

// groupPicker are the links to the same page with another group; none where no
// domain is in one.
func groupPicker(a org.Access, rest string, query url.Values, domains []domain.Domain) []ui.Choice {
	var groups []domain.Group
	for _, d := range domains {
		if d.Group != nil && !slices.ContainsFunc(groups, func(g domain.Group) bool { return g.ID == *d.Group }) {
			groups = append(groups, domain.Group{ID: *d.Group, Name: *d.GroupName})
		}
	}
	slices.SortFunc(groups, func(a, b domain.Group) int { return strings.Compare(a.Name, b.Name) })
	return groupChoices(a, rest, query, groups)
}

// groupChoices are the links to the same page with another group.
func groupChoices(a org.Access, rest string, query url.Values, groups []domain.Group) []ui.Choice {
	if len(groups) == 0 {
		return nil
	}
	query = with(query, "domain", "")
	chosen := groupOf(query)
	choices := []ui.Choice{{Text: "All groups", Href: path(a, rest, with(query, "group", "")), Chosen: chosen.IsZero()}}
	for _, g := range groups {
		choices = append(choices, ui.Choice{Text: g.Name, Href: path(a, rest, with(query, "group", g.ID.String())), Chosen: g.ID == chosen})
	}
	return choices
}

// ListDomains lists the organization's domains with how they stand.
func (h *Web) ListDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := with(r.URL.Query(), "domain", "") // all are listed
	f := h.rangeFilter(query, nil)
	sum, err := h.Reports.Domains(r.Context(), a.ID, f, 0)
	if err != nil {
		return err
	}
	groups, err := h.Domains.Groups(r.Context(), a.ID)
	if err != nil {
		return err
	}
	query = with(query, "page", "")
	p := DomainsPage{
		Page: h.frame(w, r, ui.DomainsSection, "Domains"), Days: dayChoices(a, "domains", query), Groups: groupChoices(a, "domains", query, groups),
		Suggestions: suggestions(a, sum.Suggestions, ""),
	}
	if len(sum.Domains) > 0 {
		p.Search = domainSearchOf(a, query)
	}
	if a.Role.May(org.ManageDomains) {
		p.AddHref, p.GroupsHref = path(a, "domains/new", nil), path(a, "domains/groups", nil)
		p.Assign = Assign{Action: path(a, "domains/assign", nil), Back: r.URL.RequestURI(), Groups: groupOptions(groups)}
	}
	if p.Empty, err = h.noDomain(r, a, len(sum.Domains) > 0 || !f.Group.IsZero()); err != nil {
		return err
	}
	h.fillDomains(&p, a, query, sum, groups)
	p.page(a, query, pageOf(r.URL.Query()))
	return httpio.OK(w, r, Domains(p))
}

// domainSearchOf is the field that narrows what an address chooses.
func domainSearchOf(a org.Access, query url.Values) DomainSearch {
	s := DomainSearch{Action: path(a, "domains", nil), Text: query.Get("q")}
	for _, name := range []string{"days", "from", "to", "group", "standing"} {
		if v := query.Get(name); v != "" {
			s.Kept = append(s.Kept, ui.FilterValue{Name: name, Value: v})
		}
	}
	return s
}

// groupOptions are the groups that domains can be put into.
func groupOptions(groups []domain.Group) (options []ui.Option) {
	if len(groups) == 0 {
		return nil
	}
	for _, g := range groups {
		options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name})
	}
	return append(options, ui.Option{Value: "none", Text: "No group"})
}

// noDomain is why no domain is in the list; some says that the organization
// has any, or a group was chosen.
func (h *Web) noDomain(r *http.Request, a org.Access, some bool) (ui.Nothing, error) {
	if some {
		return ui.Nothing{Icon: "globe", Title: "No domain fits", Words: "None of your domains is in this group, has this text in its name and stands like this.",
			Action: ui.Link{Text: "Show all domains", Href: path(a, "domains", nil)}}, nil
	}
	connected, err := h.Mailboxes.Connected(r.Context(), a.ID)
	nothing := ui.Nothing{Icon: "globe", Title: "No domains yet", Words: "Domains appear by themselves: connect the mailbox your reports arrive in, and choose among those that are found."}
	switch {
	case connected && a.Role.May(org.ManageDomains):
		nothing.Words = "Reports count for the domains that you watch. Add them, or wait: each one that reports arrive for is offered here."
		nothing.Action = ui.Link{Text: "Add domains", Href: path(a, "domains/new", nil)}
	case !connected && a.Role.May(org.ManageMailboxes):
		nothing.Action = ui.Link{Text: "Connect a mailbox", Href: path(a, "mailboxes/new", nil)}
	}
	return nothing, err
}

// fillDomains lists what the filters choose, and counts how all of the group stand.
func (h *Web) fillDomains(p *DomainsPage, a org.Access, query url.Values, sum report.Summary, groups []domain.Group) {
	names := map[domain.GroupID]string{}
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	details, aside := map[string]DomainRow{}, 0
	for _, d := range sum.Domains {
		row := DomainRow{Aside: h.aside(d.SetAsideAt)}
		if row.Aside {
			aside++
		}
		if d.LastReportAt != nil {
			row.LastReport = format.When(*d.LastReportAt, h.now())
		}
		if d.Group != nil {
			row.Group = names[*d.Group]
		}
		details[d.Name.String()] = row
	}
	if aside > 0 {
		p.Aside = asideOf(a, format.Of(aside, "domain is", "domains are"))
	}
	chosen, text := query.Get("standing"), strings.ToLower(strings.TrimSpace(query.Get("q")))
	counts, need := map[string]int{}, 0
	for _, v := range verdictRows(a, query, sum) {
		if !strings.Contains(v.Domain, text) {
			continue
		}
		if v.Tone == ui.Bad || v.Tone == ui.Warning {
			need++
		}
		for _, s := range standings {
			if slices.Contains(s.holds, v.Standing) {
				counts[s.name]++
				if chosen == "" || chosen == s.name {
					d := details[v.Domain]
					d.Name, d.Href, d.Tone, d.Sentence, d.Policy, d.Split = v.Domain, v.Href, v.Tone, v.Sentence, v.Policy, v.Split
					p.Domains = append(p.Domains, d)
				}
			}
		}
	}
	all := 0
	p.Standings = []ui.Choice{{Text: "All", Href: path(a, "domains", with(query, "standing", "")), Chosen: chosen == ""}}
	for _, s := range standings {
		all += counts[s.name]
		p.Standings = append(p.Standings, ui.Choice{Text: s.text, Count: format.Count(counts[s.name]), Chosen: chosen == s.name, Href: path(a, "domains", with(query, "standing", s.name))})
	}
	p.Standings[0].Count = format.Count(all)
	p.Headline = needing(need, all)
}

// needing is the headline of a list of domains.
func needing(need, all int) string {
	domains := format.Of(all, "domain", "domains")
	switch {
	case all == 0:
		return "No domains here"
	case need == 0:
		return "None of " + domains + " needs you."
	case need == 1:
		return "1 of " + domains + " needs you."
	}
	return format.Count(need) + " of " + domains + " need you."
}

// page cuts the list down to one of its pages.
func (p *DomainsPage) page(a org.Access, query url.Values, n int) {
	all := len(p.Domains)
	n = min(n, max(all-1, 0)/domainsPerPage)
	from, to := n*domainsPerPage, min((n+1)*domainsPerPage, all)
	p.Domains = p.Domains[from:to]
	if n > 0 {
		p.Pager.Newer = path(a, "domains", with(query, "page", strconv.Itoa(n-1)))
	}
	if to < all {
		p.Pager.Older = path(a, "domains", with(query, "page", strconv.Itoa(n+1)))
	}
	p.Pager.Text = format.Count(from+1) + " – " + format.Count(to) + " of " + format.Count(all)
}
