package reportweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// AddDomain begins to watch a domain that reports arrived for.
func (h *Web) AddDomain(w http.ResponseWriter, r *http.Request, a org.Access) error {
	name, err := fqdn.Parse(r.PostFormValue("domain"))
	if err != nil {
		return fault.Wrap(fault.Invalid, "This is not a domain name. It should look like example.org.", err)
	}
	if err := h.Domains.Add(r.Context(), a, []fqdn.Name{name}); err != nil {
		return err
	}
	h.Flash(w, name.String()+" is watched now. Reports that were held for it are being counted.")
	return httpio.See(w, r, path(a, "domains/"+name.String(), nil))
}

// ShowDomain shows one domain.
func (h *Web) ShowDomain(w http.ResponseWriter, r *http.Request, a org.Access) error {
	d, err := h.Domains.Find(r.Context(), a.ID, chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	query := r.URL.Query()
	rest := "domains/" + d.Name.String()
	query.Set("domain", d.Name.String())
	f, ipError := h.messageFilter(query, []domain.Domain{d})
	sum, spread, err := h.Reports.DomainSummary(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	query.Del("domain") // it is in the path
	filter := with(query, "domain", d.Name.String())
	p := DomainPage{
		Page: h.frame(w, r, ui.DomainsSection, d.Name.String(), ui.Link{Text: "Domains", Href: path(a, "domains", nil)}),
		Name: d.Name.String(), Days: dayChoices(a, rest, query), Span: format.Span(f.From, f.To),
		DownloadHref: path(a, "download", filter), Filter: filterBar(a, rest, query, ipError, "repair", "authenticated"), Undo: h.undoReview(a, rest, query),
		Suggestions: suggestions(a, sum.Suggestions, d.Name), ReportsHref: path(a, "reports", filter), SendersHref: path(a, "senders", filter),
	}
	sum.Waiting = slices.DeleteFunc(sum.Waiting, func(w report.Waiting) bool { return w.Domain != d.ID })
	if h.aside(d.SetAsideAt) {
		p.Aside = asideOf(a, "This domain is")
	} else {
		p.Waiting = h.waitingOf(a, sum.Waiting, " about this domain")
	}
	for _, total := range sum.Domains {
		if total.ID == d.ID {
			h.judge(&p, a, query, total, sum)
			p.Doubts = doubts(a, filter, sum)
			if err := h.simulate(r, a, &p, query, f, total, sum); err != nil {
				return err
			}
		}
	}
	if filtered(query) {
		p.narrow(sum)
	}
	p.Volume = h.volume(a, filter, f, sum)
	p.spread(a, rest, query, f, sum, spread, h)
	if p.Drawer, err = h.drawer(r, a, rest, query, f, []domain.Domain{d}); err != nil {
		return err
	}
	p.SenderCount = sum.SenderCount
	first := sum.Senders[:min(len(sum.Senders), report.DescribedSenders)]
	trends, err := h.Reports.SenderTrends(r.Context(), a.ID, f, first)
	if err != nil {
		return err
	}
	p.Senders = senderRows(a, filter, first, trends, false)
	for i := range p.Senders {
		p.Senders[i].Href = path(a, rest, with(with(query, "show", p.Senders[i].Key), "of", d.Name.String()))
	}
	return httpio.OK(w, r, Domain(p))
}

// simulate fills in what enforcing would have done, unless the page is about
// some messages only.
func (h *Web) simulate(r *http.Request, a org.Access, p *DomainPage, query url.Values, f report.Filter, d report.DomainTotal, sum report.Summary) error {
	if filtered(query) || d.Total() == 0 {
		return nil
	}
	failing, err := h.Reports.Failing(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	verdict := NewVerdictPanel(a, query, d, sum, failing)
	verdict.Span = p.Span
	p.Verdict = &verdict
	return nil
}

// judge fills in what the reports come to.
func (h *Web) judge(p *DomainPage, a org.Access, query url.Values, d report.DomainTotal, sum report.Summary) {
	as := sum.Assess(d.ID)
	p.Headline, p.Advice = verdictSentence(as, d), advice(as.Blockers)
	if len(as.Blockers) > 0 {
		first := senderRow(a, query, as.Blockers[0], false)
		p.Action = ui.Link{Text: "Look at " + first.Name + " first", Href: first.Href}
	}
	if d.Published != nil {
		p.Policy = published(*d.Published)
		p.PolicyFrom = "As " + *d.PolicyBy + " saw it on " + format.Day(*d.PolicyDay) + "."
	}
	if d.Total() > 0 {
		return
	}
	p.Empty = h.noMessages(a, d, sum.Waiting)
}

// noMessages is why nothing is counted of a domain in the chosen days; waiting
// is what waits for the plan of it.
func (h *Web) noMessages(a org.Access, d report.DomainTotal, waiting []report.Waiting) ui.Nothing {
	n := 0
	for _, w := range waiting {
		n += w.Reports
	}
	nothing := nothingIn("Reports about this domain exist for other days. Choose a longer time above.")
	switch {
	case h.aside(d.SetAsideAt) && d.LastReportAt == nil:
		nothing.Title, nothing.Words = "Set aside", "No report about this domain waits. Those that arrive wait until it is active."
		if n > 0 {
			nothing.Words = format.Of(n, "report waits", "reports wait") + " and will be counted once this domain is active."
		}
		if a.Role.May(org.Own) {
			nothing.Action = ui.Link{Text: "Choose which domains stay active", Href: path(a, "billing", nil)}
		}
	case d.LastReportAt == nil && n > 0:
		nothing.Title, nothing.Words = "Nothing is counted yet", format.Of(n, "report about this domain waits", "reports about this domain wait")+" for room in your plan."
	case d.LastReportAt == nil:
		nothing.Words = "No report about this domain has arrived yet. Most reporters send once a day: expect the first within 24 to 48 hours after its record is published."
	}
	return nothing
}

// nothingIn says of days without messages what to do about it.
func nothingIn(words string) ui.Nothing {
	return ui.Nothing{Icon: "calendar-x", Title: "No messages in these days", Words: words}
}

// published puts a published policy into words, what was stated only.
func published(p dmarcrpt.Policy) []PolicyLine {
	alignment := map[string]string{"r": "A subdomain or parent of your domain counts as yours.", "s": "Only exactly your domain counts as yours."}
	var lines []PolicyLine
	add := func(tag, value, words string) {
		if value != "" {
			lines = append(lines, PolicyLine{Tag: tag, Value: value, Words: words})
		}
	}
	add("p", p.P, policyWords(p.P))
	add("sp", p.SP, "For subdomains: "+lower(policyWords(p.SP)))
	add("np", p.NP, "For subdomains that do not exist: "+lower(policyWords(p.NP)))
	add("adkim", p.ADKIM, "DKIM: "+lower(alignment[p.ADKIM]))
	add("aspf", p.ASPF, "SPF: "+lower(alignment[p.ASPF]))
	add("pct", p.Pct, "The share of failing mail that the policy is applied to, in percent. No longer part of the standard.")
	add("t", p.Testing, "Whether the policy is a test only.")
	add("fo", p.FO, "When failure reports are asked for.")
	return lines
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// sendersPerPage is the length of a page of senders.
const sendersPerPage = 50

// ListSenders lists who sends as the domains.
func (h *Web) ListSenders(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	f, ipError := h.messageFilter(query, domains)
	f.Class = 0 // of the sender as a whole, here
	chosen, n := classOf(query.Get("class")), pageOf(query)
	page, err := h.Reports.Senders(r.Context(), a.ID, report.SenderQuery{Filter: f, As: chosen, Offset: n * sendersPerPage, Limit: sendersPerPage})
	if err != nil {
		return err
	}
	p := SendersPage{
		Page: h.frame(w, r, ui.SendersSection, "Senders"), Days: dayChoices(a, "senders", query), DomainFilter: domainChoices(a, "senders", query, domains),
		DownloadHref: path(a, "download", with(query, "class", "")), Filter: filterBar(a, "senders", query, ipError, "class", "repair", "authenticated"), Undo: h.undoReview(a, "senders", query),
	}
	p.GroupFilter = groupPicker(a, "senders", r.URL.Query(), domains)
	if a.Role.May(org.ManageSenders) {
		p.ReviewAction, p.Back = path(a, "senders/review", nil), path(a, "senders", with(query, "undo", ""))
	}
	if p.Drawer, err = h.drawer(r, a, "senders", query, f, domains); err != nil {
		return err
	}
	shown := page.Total()
	p.Classes = []ui.Choice{{Text: "All", Chosen: chosen == 0, Count: format.Count(shown), Href: path(a, "senders", with(query, "class", ""))}}
	for _, c := range []report.Class{report.NeedsFixing, report.Unknown, report.Forwarded, report.Passing} {
		p.Classes = append(p.Classes, ui.Choice{Text: classes[c].Word(), Chosen: chosen == c, Count: format.Count(page.Counts[c]),
			Href: path(a, "senders", with(query, "class", string(classes[c])))})
	}
	if chosen != 0 {
		shown = page.Counts[chosen]
	}
	if int64((n+1)*sendersPerPage) < shown {
		p.Pager.Older = path(a, "senders", with(query, "page", strconv.Itoa(n+1)))
	}
	if n > 0 {
		p.Pager.Newer = path(a, "senders", with(query, "page", strconv.Itoa(n-1)))
	}
	p.Pager.Text = format.Of(shown, "sender", "senders")
	p.Senders = senderRows(a, query, page.Senders, page.Trends, len(domains) > 1)
	p.Headline = format.Of(page.Total(), "sender", "senders") + ", " + needWords(page.Counts[report.NeedsFixing])
	switch {
	case page.Total() == 0:
		p.Headline, p.Classes = "No senders in these days", nil
		p.Nothing, err = h.noSenders(r, a, f, p.Filter, len(domains) > 0)
	case len(page.Senders) == 0:
		p.Nothing = noneOfClass(chosen, ui.Link{Text: "Show all senders", Href: p.Classes[0].Href})
	}
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Senders(p))
}

// noSenders is why nobody sent anything that the filters choose.
func (h *Web) noSenders(r *http.Request, a org.Access, f report.Filter, bar ui.FilterBar, watched bool) (ui.Nothing, error) {
	if len(bar.Chips) > 0 {
		return ui.Nothing{Icon: "send", Title: "No sender fits", Words: "No message is like this. Take a filter away, or choose a longer time.",
			Action: ui.Link{Text: "Remove the filters", Href: bar.ClearHref}}, nil
	}
	return h.noReporters(r, a, f, watched)
}

// noneOfClass says what it means that senders are of other classes only.
func noneOfClass(c report.Class, all ui.Link) ui.Nothing {
	if c == report.NeedsFixing {
		return ui.Nothing{Icon: "circle-check", Title: "No sender needs fixing", Words: "None of yours fails more than now and then in these days.", Action: all}
	}
	return ui.Nothing{Icon: "send", Title: "No sender is like this", Words: "The senders of these days are of other classes.", Action: all}
}

func needWords(n int64) string {
	switch n {
	case 0:
		return "none needs you."
	case 1:
		return "1 needs you."
	}
	return format.Count(n) + " need you."
}
