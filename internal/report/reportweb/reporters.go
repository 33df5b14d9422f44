package reportweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// ReportersPage says how good the reports of each reporter are.
type ReportersPage struct {
	ui.Page
	Headline     string // "14 reporters sent 2 413 reports; 3 of them needed repairs."
	Sections     []ui.Choice
	UploadHref   string // empty where the role may not
	Days         []ui.Choice
	GroupFilter  []ui.Choice
	DomainFilter []ui.Choice
	Reporters    []Reporter
	Nothing      ui.Nothing // when Reporters is empty
}

// Reporter is one line of a ReportersPage.
type Reporter struct {
	Name      string
	Org       string // what it calls itself, where that is another name; may be empty
	Href      string // its reports; may be empty
	Reports   int64
	TLS       int64 // of these, TLS reports
	Messages  int64
	Last      string // "20 Nov 2026"; empty = no report was stored
	Repaired  int64  // reports with any repair
	Repairs   []Repair
	Skipped   int64
	Refused   int64
	Conflicts int64
}

// faults says what was not counted, where there is no room for columns.
func (r Reporter) faults() string {
	var parts []string
	for _, part := range []struct {
		n         int64
		one, many string
	}{{r.Skipped, "row skipped", "rows skipped"}, {r.Refused, "report refused", "reports refused"}, {r.Conflicts, "conflict", "conflicts"}} {
		if part.n > 0 {
			parts = append(parts, format.Of(part.n, part.one, part.many))
		}
	}
	return strings.Join(parts, " · ")
}

// Repair is one kind of repair that a reporter's reports needed.
type Repair struct {
	Name     string // "invalid_utf8"
	Sentence string
	Reports  string // "3 TLS reports"
	Href     string // those reports
}

// ListReporters lists who reports, and how well.
func (h *Web) ListReporters(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	f := h.rangeFilter(query, domains)
	list, err := h.Reports.Qualities(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	p := ReportersPage{
		Page: h.frame(w, r, ui.ReportsSection, "Reporters"), Headline: reportersHeadline(list), Sections: sections(a, ui.ReportersList), UploadHref: uploadHref(a),
		Days: dayChoices(a, "reporters", query), DomainFilter: domainChoices(a, "reporters", query, domains),
	}
	p.GroupFilter = groupPicker(a, "reporters", r.URL.Query(), domains)
	chosen := url.Values{"from": {format.ISODay(f.From)}, "to": {format.ISODay(f.To)}}
	tls := url.Values{"days": {strconv.Itoa(days(query))}}
	if !f.Domain.IsZero() {
		chosen.Set("domain", query.Get("domain"))
		tls.Set("domain", query.Get("domain"))
	}
	if !f.Group.IsZero() {
		chosen.Set("group", query.Get("group"))
	}
	for _, q := range list {
		p.Reporters = append(p.Reporters, reporterOf(a, chosen, tls, q))
	}
	if len(list) == 0 {
		if p.Nothing, err = h.noReporters(r, a, f, len(domains) > 0); err != nil {
			return err
		}
	}
	return httpio.OK(w, r, Reporters(p))
}

// noReporters is why nobody reported.
func (h *Web) noReporters(r *http.Request, a org.Access, f report.Filter, watched bool) (ui.Nothing, error) {
	_, _, ever, err := h.Reports.Reports(r.Context(), a.ID, report.Query{Filter: f, Limit: 1})
	switch {
	case err != nil:
		return ui.Nothing{}, err
	case ever == 0:
		return h.noReport(r, a, watched)
	}
	return ui.Nothing{Icon: "calendar-x", Title: "No reports in these days", Words: "There are reports about other days or domains. Choose a longer time or another domain above."}, nil
}

// reporterOf is a line; its aggregate reports are found by one query, TLS
// reports by another.
func reporterOf(a org.Access, chosen, tls url.Values, q report.Quality) Reporter {
	own := with(chosen, "reporter", q.Reporter)
	out := Reporter{
		Name: q.Reporter, Reports: q.Reports, TLS: q.TLS, Messages: q.Messages, Repaired: q.Repaired, Skipped: q.Skipped, Refused: q.Refused, Conflicts: q.Conflicts,
	}
	if !strings.EqualFold(q.Name, q.Reporter) {
		out.Org = q.Name
	}
	tlsHref := path(a, "tls", tls) + "#reports"
	switch {
	case q.Reporter == "":
		out.Name, out.Href = "Reporter not known", path(a, "receipts", url.Values{"verdict": {string(report.Refused)}})
	case q.Reports > q.TLS:
		out.Href = path(a, "reports", own)
	case q.TLS > 0:
		out.Href = tlsHref
	}
	if q.LastDay != nil {
		out.Last = format.Day(*q.LastDay)
	}
	for _, k := range q.Repairs {
		r := Repair{Name: string(k.Code), Sentence: report.Reason(k.Code).Sentence()}
		if k.Kind == report.TLSReport {
			r.Reports, r.Href = format.Of(k.Reports, "TLS report", "TLS reports"), tlsHref
		} else {
			r.Reports, r.Href = format.Of(k.Reports, "report", "reports"), path(a, "reports", with(own, "repair", string(k.Code)))
		}
		out.Repairs = append(out.Repairs, r)
	}
	return out
}

func reportersHeadline(list []report.Quality) string {
	var named, reports, faulty int64
	for _, q := range list {
		reports += q.Reports
		if q.Reporter == "" {
			continue
		}
		named++
		if q.Faulty() {
			faulty++
		}
	}
	switch {
	case len(list) == 0:
		return "Nobody reported on these days."
	case named == 0:
		return "What arrived could not be read, and does not say who sent it."
	case faulty == 0:
		return fmt.Sprintf("%s sent %s, all without a fault.", format.Of(named, "reporter", "reporters"), format.Of(reports, "report", "reports"))
	}
	return fmt.Sprintf("%s sent %s; those of %s had faults.", format.Of(named, "reporter", "reporters"), format.Of(reports, "report", "reports"), format.Of(faulty, "reporter", "reporters"))
}
