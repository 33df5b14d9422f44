package tlsweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsrpt"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

const reportsPerPage = 25

// Overview shows how the sessions to the organization's domains went.
func (h *Web) Overview(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	f := h.filter(query, domains)
	sum, err := h.TLS.Summarise(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	p := TLSPage{
		Page: h.Frame(w, r, "TLS").In(ui.TLSSection), Days: ui.DayChoices(place(a), "tls", query), Span: format.Span(f.From, f.To),
		DomainFilter: ui.DomainChoices(place(a), "tls", query, domain.Names(domains)),
	}
	p.Headline, p.Advice = headline(sum)
	switch {
	case len(domains) == 0:
		p.State, p.Headline = Unfed, "No TLS report is counted yet."
		p.Nothing, err = h.unfed(r, a, false)
	case sum.Ever == 0:
		p.State, p.Headline = NoReport, "No TLS report has arrived yet."
		p.Publish = publish(a, query, sum.Domains)
		p.Nothing, err = h.unfed(r, a, true)
	case sum.Reports == 0:
		p.State = NoneInDays
	default:
		fill(&p, a, query, sum)
		err = h.list(&p, r, a, query, f)
	}
	if err != nil {
		return err
	}
	return httpio.OK(w, r, TLS(p))
}

// unfed is why nothing can have arrived; zero when a mailbox is connected and
// a domain watched.
func (h *Web) unfed(r *http.Request, a org.Access, watched bool) (ui.Nothing, error) {
	connected, err := h.Mailboxes.Connected(r.Context(), a.ID)
	return ui.Unfed(place(a), connected, watched, a.Role.May(org.ManageMailboxes)), err
}

// filter reads days and domain out of an address.
func (h *Web) filter(query url.Values, domains []domain.Domain) tlsreport.Filter {
	today := h.Reports.Now().UTC().Truncate(24 * time.Hour)
	f := tlsreport.Filter{From: today.AddDate(0, 0, 1-ui.DaysOf(query)), To: today}
	for _, d := range domains {
		if d.Name.String() == query.Get("domain") {
			f.Domain = d.ID
		}
	}
	return f
}

// publish is the record of the first domain that has no reports.
func publish(a org.Access, query url.Values, domains []tlsreport.DomainTotal) Publish {
	p := Publish{Domain: domains[0].Name.String(), Address: strings.TrimSpace(query.Get("address")), Action: place(a).Path("tls")}
	if p.Address == "" {
		p.Address = a.Email
	}
	local, host, ok := strings.Cut(p.Address, "@")
	if _, err := fqdn.Parse(host); !ok || local == "" || strings.ContainsAny(local, " \t\"<>") || err != nil {
		p.AddressError = "Type the whole address that reports shall go to."
		return p
	}
	p.Name, p.Value = tlsrpt.Publish(domains[0].Name, p.Address)
	return p
}

func fill(p *TLSPage, a org.Access, query url.Values, sum tlsreport.Summary) {
	for _, d := range sum.Domains {
		row := DomainRow{Name: d.Name.String(), Href: place(a).Address("tls", ui.With(query, "domain", d.Name.String())),
			Sessions: d.Total(), Ok: d.Successful, Failed: d.Failed, Never: d.LastDay == nil}
		if d.LastDay != nil {
			row.Last = format.Day(*d.LastDay)
		}
		p.Domains = append(p.Domains, row)
	}
	for _, t := range sum.Results {
		m := tlsreport.Explain(t.Result)
		p.Results = append(p.Results, ResultRow{Word: m.Word, What: m.What, Do: m.Do, Sessions: t.Sessions, Last: format.Day(t.LastDay)})
	}
	p.Overlap = overlap(sum.Sessions().Failed, sum.Results)
	p.Senders, p.SenderCount = hosts(sum.Senders)
	p.Receivers, p.HostCount = hosts(sum.Receivers)
	for _, s := range sum.Policies {
		m := tlsreport.ExplainPolicy(s.Type)
		p.Policies = append(p.Policies, PolicyRow{Domain: s.Domain, Word: m.Word, What: m.What, Lines: s.Lines, Hosts: s.MXHosts,
			Seen: seen(s.FirstDay, s.LastDay), Sessions: s.Total(), Ok: s.Successful})
	}
	for _, d := range sum.Days {
		p.PerDay = append(p.PerDay, DayRow{Day: format.Day(d.Day), Sessions: d.Total(), Ok: d.Successful, Failed: d.Failed})
	}
	p.ReportCount, p.LeftOut = sum.Reports, leftOut(sum.Doubted)
}

// hosts are the rows of a list of servers, and how many there are in all.
func hosts(list []tlsreport.HostTotal) (rows []HostRow, all int64) {
	for _, t := range list {
		var words []string
		for _, result := range t.Results {
			words = append(words, tlsreport.Explain(result).Word)
		}
		rows = append(rows, HostRow{Host: stated(t.Host), Detail: t.Detail, Why: strings.Join(words, ", "), Sessions: t.Sessions, Last: format.Day(t.LastDay)})
		all = t.Size
	}
	return rows, all
}

// list adds a page of the reports.
func (h *Web) list(p *TLSPage, r *http.Request, a org.Access, query url.Values, f tlsreport.Filter) error {
	lines, err := h.TLS.Reports(r.Context(), a.ID, tlsreport.Query{Filter: f, Before: position(query.Get("before")), Limit: reportsPerPage + 1})
	if err != nil {
		return err
	}
	if len(lines) > reportsPerPage {
		lines = lines[:reportsPerPage]
		last := lines[len(lines)-1]
		next := ui.With(query, "", "")
		next.Set("before", fmt.Sprintf("%s.%d", format.ISODay(last.Day), last.ID))
		p.Pager.Older = place(a).Address("tls", next) + "#reports"
	}
	if query.Get("before") != "" {
		p.Pager.Newer = place(a).Address("tls", ui.With(query, "before", "")) + "#reports"
	}
	p.Pager.Text = format.Of(p.ReportCount, "report", "reports")
	for _, l := range lines {
		row := ReportRow{
			Href: place(a).Path(fmt.Sprintf("tls/%d", l.ID)), Reporter: cut(l.Reporter), Domain: stated(l.Domain), Day: format.Day(l.Day),
			Sessions: l.Total(), Ok: l.Successful, Received: format.When(l.StoredAt, h.Reports.Now()),
		}
		if l.Domains > 1 {
			row.Domain += " and " + format.Count(l.Domains-1) + " more"
		}
		if l.Repairs > 0 {
			row.Remark = format.Of(l.Repairs, "repair", "repairs")
		}
		if l.Trust == tlsreport.Unvouched {
			row.LeftOut = "not authenticated, not counted"
		}
		p.Reports = append(p.Reports, row)
	}
	return nil
}

// position reads where a page of the list begins.
func position(s string) *tlsreport.Position {
	day, id, ok := strings.Cut(s, ".")
	if !ok {
		return nil
	}
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return &tlsreport.Position{Day: d, ID: tlsreport.ID(n)}
}
