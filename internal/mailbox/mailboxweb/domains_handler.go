package mailboxweb

import (
	"cmp"
	"net/http"
	"slices"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// FoundDomains shows the first scan and then the domains that it met.
func (h *Web) FoundDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if m.State == mailbox.Testing {
		return httpio.See(w, r, below(a, m.ID, "test"))
	}
	p, err := h.domainsPage(w, r, a, m)
	if err != nil {
		return err
	}
	if httpio.Fragment(r) {
		return httpio.OK(w, r, DomainsFragment(p))
	}
	return httpio.OK(w, r, Domains(p))
}

func (h *Web) domainsPage(w http.ResponseWriter, r *http.Request, a org.Access, m mailbox.Mailbox) (DomainsPage, error) {
	p := DomainsPage{
		Page: h.frame(w, r, "Domains in this mailbox", listLink(a)), Scanning: m.State == mailbox.Scanning,
		FragmentHref: r.URL.Path, Action: below(a, m.ID, "domains"), MailboxHref: below(a, m.ID, ""), DeleteHref: below(a, m.ID, "delete"),
	}
	scan, _, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.ScanRun)
	if err != nil {
		return p, err
	}
	p.Scan, p.Mails = ui.Progress{Done: scan.Done, Total: scan.Total, Unit: "mails"}, scan.Done
	if p.Scanning {
		p.Page.Refresh = 3
	}
	found, err := h.Mailboxes.Found(r.Context(), a.ID, m.ID)
	if err != nil {
		return p, err
	}
	watched, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return p, err
	}
	room, err := h.Domains.Room(r.Context(), a.ID)
	if err != nil {
		return p, err
	}
	p.Domains, p.Room = choices(found, watched, room)
	if p.Kept, err = h.kept(r, a); err != nil {
		return p, err
	}
	if len(found) == 0 && !p.Scanning {
		query := r.URL.Query()
		p.Record = ui.NewRecord(query.Get("domain"), cmp.Or(query.Get("address"), m.Username), r.URL.Path)
	}
	return p, nil
}

// choices ticks the found domains as far as the plan has room for them, those
// with the most reports first, and says so if that is not all.
func choices(found []mailbox.Found, watched []domain.Domain, room billing.Allowance) (list []FoundDomain, words string) {
	others := 0 // that are not watched yet
	for _, f := range found {
		d := FoundDomain{Name: f.Name.String(), Reports: f.Reports, Remark: format.Of(f.Messages, "message", "messages") + " reported"}
		d.Added = slices.ContainsFunc(watched, func(own domain.Domain) bool { return f.Name.Within(own.Name) })
		if !d.Added {
			others++
			d.Ticked = room.Allows(others)
		}
		list = append(list, d)
	}
	switch {
	case room.Allows(others):
		return list, ""
	case room.Max == 0:
		return list, "Your plan has no room for another domain, so none of the others is ticked."
	case room.Max == 1:
		return list, "Your plan has room for 1 more domain, so only the one with the most reports is ticked. Choose another one if you like."
	}
	return list, "Your plan has room for " + format.Count(room.Max) + " more domains, so only those with the most reports are ticked. Choose others if you like."
}

// kept says what of a mailbox's reports the plan does not keep; "" where it
// keeps all.
func (h *Web) kept(r *http.Request, a org.Access) (string, error) {
	days, err := h.Reports.Allowed(r.Context(), a.ID, billing.RetentionDays)
	if err != nil || days.Unlimited {
		return "", err
	}
	return "Your plan keeps reports for " + format.Of(days.Max, "day", "days") + "; older ones in this mailbox are not kept.", nil
}

// Choose begins to watch the ticked domains and to import.
func (h *Web) Choose(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if m.State != mailbox.Choosing {
		return httpio.See(w, r, nextStep(a, m)) // a second click
	}
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, "The choice could not be read. Please try again.", err)
	}
	var names []fqdn.Name
	for _, ticked := range r.PostForm["domain"] {
		name, err := fqdn.Parse(ticked)
		if err != nil {
			continue // not one of the page's
		}
		names = append(names, name)
	}
	watched, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	if len(names) == 0 && len(watched) == 0 {
		return h.chooseAgain(w, r, a, m, names, fault.New(fault.Invalid, "Tick at least one domain to import its reports."))
	}
	err = h.Mailboxes.Choose(r.Context(), a, m.ID, names)
	if fault.Is(err, fault.LimitReached) {
		return h.chooseAgain(w, r, a, m, names, err)
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, path(a, ""))
}

// chooseAgain shows the choice as it was made, and why it was refused.
func (h *Web) chooseAgain(w http.ResponseWriter, r *http.Request, a org.Access, m mailbox.Mailbox, names []fqdn.Name, why error) error {
	p, err := h.domainsPage(w, r, a, m)
	if err != nil {
		return err
	}
	for i := range p.Domains {
		p.Domains[i].Ticked = slices.Contains(names, fqdn.Name(p.Domains[i].Name))
	}
	p.Room = "" // it is about what was ticked before
	p.Error, p.Page = fault.Sentence(why), p.WithLarger(fault.Upgrades(why), a.Role.May(org.Own))
	return httpio.Again(w, r, Domains(p))
}
