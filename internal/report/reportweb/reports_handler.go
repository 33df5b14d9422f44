package reportweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Lengths of pages.
const (
	reportsPerPage  = 50
	recordsPerPage  = 100
	receiptsPerPage = 50
)

// sections are the lists of the section.
func sections(a org.Access, chosen ui.ReportList) []ui.Choice {
	return ui.ReportLists(ui.Org{Slug: a.Slug}, chosen, a.Role.May(org.ReadFailures))
}

// uploadHref is the page to upload reports in; "" where the role may not.
func uploadHref(a org.Access) string {
	if !a.Role.May(org.UploadReports) {
		return ""
	}
	return path(a, "uploads", nil)
}

// ListReports lists reports by the filter in the address.
func (h *Web) ListReports(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	if query.Get("days") == "" && query.Get("from") == "" && query.Get("to") == "" {
		query.Set("days", "90")
	}
	f, ipError := h.messageFilter(query, domains)
	q := report.Query{Filter: f, Before: position(query.Get("before")), Limit: reportsPerPage + 1}
	lines, total, ever, err := h.Reports.Reports(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	p := ReportsPage{
		Page: h.frame(w, r, ui.ReportsSection, "Reports"), Sections: sections(a, ui.ReportsList), UploadHref: uploadHref(a),
		Days: dayChoices(a, "reports", query), DomainFilter: domainChoices(a, "reports", query, domains),
		Filter: filterBar(a, "reports", query, ipError), DownloadHref: path(a, "download", query),
	}
	p.GroupFilter = groupPicker(a, "reports", r.URL.Query(), domains)
	if len(lines) > reportsPerPage {
		lines = lines[:reportsPerPage]
		last := lines[len(lines)-1]
		next := with(query, "", "")
		next.Set("before", fmt.Sprintf("%s.%d", format.ISODay(last.Day), last.ID))
		p.Pager.Older = path(a, "reports", next)
	}
	if query.Get("before") != "" {
		p.Pager.Newer = path(a, "reports", with(query, "before", ""))
	}
	p.Pager.Text = format.Of(total, "report", "reports")
	if most := f.CountsTo(); most > 0 && total > most {
		p.Pager.Text = "More than " + format.Of(most, "report", "reports")
	}
	p.Reports = reportRows(a, lines, func(l report.Line) format.Time { return format.When(l.StoredAt, h.now()) })
	p.Headline = p.Pager.Text + " from " + format.Span(f.From, f.To)
	switch {
	case len(lines) > 0:
	case ever == 0:
		p.Nothing, err = h.noReport(r, a, len(domains) > 0)
	case len(p.Filter.Chips) > 0:
		p.Nothing = ui.Nothing{Icon: "file-search", Title: "No reports here", Words: "No report holds messages like these. Take a filter away, or look at all reports.",
			Action: ui.Link{Text: "Show all reports", Href: p.Filter.ClearHref}}
	default:
		p.Nothing = ui.Nothing{Icon: "calendar-x", Title: "No reports in these days", Words: "There are reports about other days. Choose earlier ones in the filter above."}
	}
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Reports(p))
}

// position reads where a page of the list begins.
func position(s string) *report.Position {
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
	return &report.Position{Day: d, ID: report.ID(n)}
}

// ShowReport shows one report with its rows.
func (h *Web) ShowReport(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such report.", err)
	}
	query := r.URL.Query()
	page := pageOf(query)
	rq := report.RecordQuery{Class: classOf(query.Get("class")), Offset: page * recordsPerPage, Limit: recordsPerPage + 1}
	rep, records, err := h.Reports.Report(r.Context(), a.ID, report.ID(id), rq)
	if fault.Is(err, fault.NotFound) {
		return h.successor(w, r, a, report.ID(id), err)
	}
	if err != nil {
		return err
	}
	stands, err := h.Reports.Contest(r.Context(), a.ID, report.AggregateReport, report.ID(id))
	if err != nil {
		return err
	}
	rest := fmt.Sprintf("reports/%d", id)
	title := "Report of " + rep.Reporter + " for " + format.Day(rep.Day)
	p := ReportPage{
		Page:     h.frame(w, r, ui.ReportsSection, title, ui.Link{Text: "Reports", Href: path(a, "reports", nil)}),
		Headline: fmt.Sprintf("%s saw %s as %s; %s passed.", rep.Reporter, format.Of(rep.Messages, "message", "messages"), rep.Head.Policy.Domain, format.Percent(rep.Aligned, rep.Messages)),
		Reporter: rep.Reporter, ReporterMail: rep.Head.Email, ReportID: rep.Head.ReportID,
		Domain: ui.Link{Text: rep.Head.Policy.Domain.String(), Href: path(a, "domains/"+rep.Domain.String(), nil)},
		Begin:  format.Moment(rep.BeginAt), End: format.Moment(rep.EndAt), Day: format.Day(rep.Day),
		Received: format.When(rep.StoredAt, h.now()), Receipt: ui.Link{Text: "the " + report.Receipt{Source: rep.Source}.Noun() + " it came in", Href: path(a, fmt.Sprintf("receipts/%d", rep.Receipt), nil)},
		Split: split(rep.Split), Policy: policyRows(rep.Head.Policy), Findings: findings(rep), Classes: recordClasses(a, rest, query, rep.Split),
	}
	p.fillHead(rep)
	p.Authenticated = authenticationOf(rep.Source, rep.Authentication(), &rep.Head, noAdvice)
	p.Contest = contest(a, stands)
	if rep.Original && a.Role.May(org.ReadOriginals) {
		p.OriginalHref = path(a, fmt.Sprintf("receipts/%d/original", rep.Receipt), nil)
	}
	if len(records) > recordsPerPage {
		records = records[:recordsPerPage]
		p.Pager.Older = path(a, rest, with(query, "page", strconv.Itoa(page+1)))
	}
	if page > 0 {
		p.Pager.Newer = path(a, rest, with(query, "page", strconv.Itoa(page-1)))
	}
	p.Pager.Text = fmt.Sprintf("Rows from %s on, of %s", format.Count(page*recordsPerPage+1), format.Count(rep.Records))
	if p.Records, err = recordRows(a, rep, records); err != nil {
		return err
	}
	return httpio.OK(w, r, Report(p))
}

// pageOf returns the number of the page, from 0.
func pageOf(query url.Values) int {
	n, _ := strconv.Atoi(query.Get("page")) // anything else is the first
	return min(max(n, 0), 100_000)
}

func recordClasses(a org.Access, rest string, query url.Values, s report.Split) []ui.Choice {
	chosen := classOf(query.Get("class"))
	query = with(query, "page", "")
	out := []ui.Choice{{Text: "All", Chosen: chosen == 0, Count: format.Count(s.Total()), Href: path(a, rest, with(query, "class", ""))}}
	for c := report.Passing; c <= report.Unknown; c++ {
		n := [...]int64{s.Passing, s.Forwarded, s.Fix, s.Unknown}[c-report.Passing]
		if n > 0 {
			out = append(out, ui.Choice{Text: classes[c].Word(), Chosen: chosen == c, Count: format.Count(n), Href: path(a, rest, with(query, "class", string(classes[c])))})
		}
	}
	return out
}

func recordRows(a org.Access, rep report.Report, records []report.Record) ([]Record, error) {
	var rows []Record
	for _, rec := range records {
		e, err := report.Explain(rec, rep.Head.Policy)
		if err != nil {
			return nil, err
		}
		row := Record{
			ID: fmt.Sprintf("row-%d", rec.Seq), Source: rec.SourceIP.String(), Count: rec.Messages, Class: classes[rec.Class],
			SourceHref: path(a, "reports", url.Values{"ip": {rec.SourceIP.String()}, "domain": {rep.Domain.String()}}),
			HeaderFrom: rec.HeaderFrom, Disposition: dispositionWord(rec.Disposition, e.Disposition), Evaluated: e.Evaluated, Overrides: e.Overrides, Explanation: e.Why,
		}
		if rec.SourceName != nil {
			row.SourceName = *rec.SourceName
		}
		row.EnvelopeFrom, row.EnvelopeTo = envelope(rec.EnvelopeFrom), envelope(rec.EnvelopeTo)
		for _, c := range e.Checks {
			row.Results = append(row.Results, authResult(c))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func authResult(c report.Check) AuthResult {
	note := "not your domain"
	if c.Aligned {
		note = "your domain"
	}
	detail := c.Detail
	if detail != "" && c.Kind == "DKIM" {
		detail = "selector " + detail
	}
	if detail == "mfrom" || (detail == "" && c.Kind == "SPF") {
		detail = "return path"
	}
	return AuthResult{Kind: c.Kind, Domain: c.Domain, Detail: detail, Result: c.Result, Passed: c.Passed, Aligned: c.Aligned, Note: note, Human: c.Human, HumanLang: c.HumanLang}
}

// dispositionWord says what the receiver did; sent is its word where that is
// no disposition.
func dispositionWord(d dmarcrpt.Disposition, sent string) string {
	switch {
	case d == dmarcrpt.DispositionNone:
		return "delivered"
	case d == dmarcrpt.DispositionPass:
		return "delivered, because it passes"
	case d == dmarcrpt.DispositionQuarantine:
		return "quarantined"
	case d == dmarcrpt.DispositionReject:
		return "rejected"
	case sent != "":
		return "“" + sent + "”, which is no disposition"
	}
	return "not stated"
}

// envelope is an address of the envelope: absent and empty are not the same.
func envelope(domain *string) string {
	switch {
	case domain == nil:
		return ""
	case *domain == "":
		return "empty: a bounce"
	}
	return *domain
}

// rowWord names a row of a report, "" for none.
func rowWord(n int) string {
	if n == 0 {
		return ""
	}
	return "row " + format.Count(n)
}

// fillHead adds what the report says about itself.
func (p *ReportPage) fillHead(rep report.Report) {
	head := rep.Head
	p.Format, p.FormatWhy = formatWords(head)
	p.Generator, p.Complaints = head.Generator, head.Errors
	for _, e := range rep.Extensions {
		p.Extensions = append(p.Extensions, Extension{Name: e.Name, Text: e.Text, Where: rowWord(e.Record)})
	}
	if rep.MoreExtensions > 0 {
		p.Extensions = append(p.Extensions, Extension{Text: format.Count(rep.MoreExtensions) + " more, which the original has"})
	}
	p.Contact, p.ContactLang = ui.Link{Text: head.ExtraContactInfo, Href: safeLink(head.ExtraContactInfo)}, head.ContactLang
	p.Long = rep.EndAt.Sub(rep.BeginAt) > report.LongPeriod
	if head.Policy.DomainSent != head.Policy.Domain.String() {
		p.DomainSent = head.Policy.DomainSent
	}
}

// safeLink is a text of a reporter as an address to follow; "" for what is no
// whole address of the web or of a mailbox.
func safeLink(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil:
		return u.String()
	case u.Scheme == "mailto" && u.Opaque != "":
		return u.String()
	}
	return ""
}
