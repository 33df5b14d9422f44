package tlsweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Lengths of the lists on a report's page.
const (
	policiesPerPage = 20
	failuresPerPage = 100
)

// Show shows one report as it was sent.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such TLS report.", err)
	}
	query := r.URL.Query()
	policies := pager{a, id, query, "policies", policiesPerPage}
	failures := pager{a, id, query, "failures", failuresPerPage}
	rep, ps, fs, err := h.TLS.Report(r.Context(), a.ID, tlsreport.ID(id), policies.part(), failures.part())
	if fault.Is(err, fault.NotFound) {
		return h.successor(w, r, a, report.ID(id), err)
	}
	if err != nil {
		return err
	}
	kept, err := h.Reports.Arrival(r.Context(), a.ID, report.ReceiptID(rep.Receipt))
	if err != nil {
		return err
	}
	stands, err := h.Reports.Contest(r.Context(), a.ID, report.TLSReport, report.ID(id))
	if err != nil {
		return err
	}
	p := ReportPage{
		Page:     h.Frame(w, r, "TLS report of "+format.Middle(rep.Reporter, 60)+" for "+format.Day(rep.Day)).In(ui.TLSSection, ui.Link{Text: "TLS", Href: place(a).Path("tls")}),
		Headline: reportHeadline(rep), NoFailures: noFailures(rep),
		Reporter: cut(rep.Reporter), Contact: cut(rep.Contact), ReportID: cut(rep.ReporterID), Begin: format.Moment(rep.BeginAt), End: format.Moment(rep.EndAt), Day: format.Day(rep.Day),
		Received: format.When(rep.StoredAt, h.Reports.Now()), Receipt: ui.Link{Text: "this " + report.Receipt{Source: kept.Source}.Noun(), Href: place(a).Path(fmt.Sprintf("receipts/%d", rep.Receipt))},
		Authentic: authentic(rep.Trust, kept.Source, kept.Authentication), PolicyCount: rep.Policies, FailureCount: rep.Failures, PolicyPager: policies.links(rep.Policies, "policy", "policies"), FailurePager: failures.links(rep.Failures, "failure", "failures"),
	}
	p.Contest = contest(a, stands)
	if kept.Original && a.Role.May(org.ReadOriginals) {
		p.OriginalHref = place(a).Path(fmt.Sprintf("receipts/%d/original", rep.Receipt))
	}
	for _, f := range rep.Repairs {
		p.Findings = append(p.Findings, Finding{What: report.Reason(f.Code).Sentence(), Note: cut(format.Sample(f.Detail, f.Count))})
	}
	for _, s := range ps {
		p.Policies = append(p.Policies, policyRow(s))
	}
	for _, f := range fs {
		p.Failures = append(p.Failures, failureRow(f))
	}
	return httpio.OK(w, r, Report(p))
}

func policyRow(s tlsreport.Policy) PolicyRow {
	m := tlsreport.ExplainPolicy(s.Type)
	row := PolicyRow{Domain: s.Domain, Word: m.Word, What: m.What, Lines: s.Lines, Hosts: s.MXHosts, Sessions: s.Total(), Ok: s.Successful}
	switch {
	case s.Watched == nil:
		row.Counted = "You do not watch this domain, so its sessions are not counted."
	case s.Domain == "":
		row.Counted = "The mail says that it is about " + s.About + "; its sessions count for " + *s.Watched + "."
	case *s.Watched != s.About:
		row.Counted = "Its sessions count for " + *s.Watched + "."
	}
	if row.Domain == "" {
		row.Domain = "no domain named"
	}
	return row
}

func failureRow(f tlsreport.Failure) FailureRow {
	var detail []string
	for _, s := range []string{f.ReceivingIP, f.Helo} {
		if s != "" && s != f.Host {
			detail = append(detail, s)
		}
	}
	row := FailureRow{Word: cut(tlsreport.Explain(f.Result).Word), Sent: cut(f.Result), About: f.About, Sender: stated(cut(f.SendingIP)), Receiver: stated(cut(f.Host)),
		Detail: cut(strings.Join(detail, ", ")), Sessions: f.Sessions, Reason: cut(f.Reason), Info: cut(f.Information)}
	// Only what a browser opens as a page is a link: a report may say anything.
	if u, err := url.Parse(f.Information); err == nil && u.Scheme == "https" && u.Host != "" && len(f.Information) <= maxShown {
		row.InfoHref = f.Information
	}
	return row
}

// pager pages one of the two lists by a number in the address.
type pager struct {
	org   org.Access
	id    int64
	query url.Values
	name  string
	size  int
}

func (p pager) number() int {
	n, _ := strconv.Atoi(p.query.Get(p.name)) // anything else is the first
	return min(max(n, 0), 100_000)
}

func (p pager) part() tlsreport.Part {
	return tlsreport.Part{Offset: p.number() * p.size, Limit: p.size}
}

func (p pager) links(all int64, one, many string) ui.Pager {
	n := p.number()
	link := func(n int) string {
		return place(p.org).Address(fmt.Sprintf("tls/%d", p.id), ui.With(p.query, p.name, strconv.Itoa(n))) + "#" + p.name
	}
	out := ui.Pager{Text: fmt.Sprintf("From number %s on, of %s", format.Count(n*p.size+1), format.Of(all, one, many))}
	if int64((n+1)*p.size) < all {
		out.Older = link(n + 1)
	}
	if n > 0 {
		out.Newer = link(n - 1)
	}
	return out
}
