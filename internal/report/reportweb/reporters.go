package reportweb

import (
	"fmt"
	"net/http"
	"net/url"
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
	DomainFilter []ui.Choice
	Reporters    []Reporter
}

// Reporter is one line of a ReportersPage.
type Reporter struct {
	Name      string
	Href      string // its reports
	Reports   int64
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
	Reports  int64
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
	chosen := url.Values{"from": {format.ISODay(f.From)}, "to": {format.ISODay(f.To)}}
	if !f.Domain.IsZero() {
		chosen.Set("domain", query.Get("domain"))
	}
	for _, q := range list {
		p.Reporters = append(p.Reporters, reporterOf(a, chosen, q))
	}
	return httpio.OK(w, r, Reporters(p))
}

func reporterOf(a org.Access, chosen url.Values, q report.Quality) Reporter {
	own := with(chosen, "reporter", q.Reporter)
	out := Reporter{
		Name: q.Reporter, Reports: q.Reports, Messages: q.Messages, Repaired: q.Repaired, Skipped: q.Skipped, Refused: q.Refused, Conflicts: q.Conflicts,
	}
	if q.LastDay != nil {
		out.Href, out.Last = path(a, "reports", own), format.Day(*q.LastDay)
	}
	for _, k := range q.Repairs {
		out.Repairs = append(out.Repairs, Repair{Name: string(k.Code), Sentence: report.Reason(k.Code).Sentence(), Reports: k.Reports,
			Href: path(a, "reports", with(own, "repair", string(k.Code)))})
	}
	return out
}

func reportersHeadline(list []report.Quality) string {
	var reports, repaired int64
	for _, q := range list {
		reports += q.Reports
		if q.Repaired+q.Skipped+q.Refused+q.Conflicts > 0 {
			repaired++
		}
	}
	switch {
	case len(list) == 0:
		return "Nobody reported on these days."
	case repaired == 0:
		return fmt.Sprintf("%s sent %s, all without a fault.", format.Of(len(list), "reporter", "reporters"), format.Of(reports, "report", "reports"))
	}
	return fmt.Sprintf("%s sent %s; those of %s had faults.", format.Of(len(list), "reporter", "reporters"), format.Of(reports, "report", "reports"), format.Of(repaired, "reporter", "reporters"))
}
