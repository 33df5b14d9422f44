package reportweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Downloads offers what the filter in the address chooses as files.
func (h *Web) Downloads(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	made, err := h.made(r, a)
	if err != nil {
		return err
	}
	if httpio.Fragment(r) {
		return httpio.OK(w, r, MadeFragment(made))
	}
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	groups := groupPicker(a, "download", r.URL.Query(), domains)
	f, wrong := h.messageFilter(query, domains)
	p := DownloadPage{Page: h.frame(w, r, ui.ReportsSection, "Download", ui.Link{Text: "Reports", Href: path(a, "reports", with(query, "", ""))}),
		Made: made, Chosen: chosenWords(a, query, f, groups)}
	if made.Running {
		p.Refresh = 5
	}
	if wrong != "" {
		p.Headline, p.Nothing = "Nothing to take", ui.Nothing{Icon: "file-search", Title: "This filter is not understood", Words: wrong}
		return httpio.OK(w, r, Downloads(p))
	}
	held, err := h.Reports.Holding(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	p.Headline = "Take " + format.Of(held.Messages, "message", "messages") + " with you"
	if p.Offers = offers(a, fixed(query, f), held); held.Rows == 0 {
		p.Headline, p.Offers = "Nothing to take", nil
		p.Nothing = ui.Nothing{Icon: "calendar-x", Title: "No messages here", Words: "No message was reported for this choice. Go back and choose a longer time, or take a filter away."}
	}
	return httpio.OK(w, r, Downloads(p))
}

// chosenWords says which days and what else an address chooses; groups are the
// choices of groups, all of them first.
func chosenWords(a org.Access, query url.Values, f report.Filter, groups []ui.Choice) string {
	words := []string{format.Span(f.From, f.To)}
	if d := query.Get("domain"); d != "" {
		words = append(words, d)
	} else if i := slices.IndexFunc(groups, func(c ui.Choice) bool { return c.Chosen }); i > 0 {
		words = append(words, groups[i].Text)
	}
	for _, c := range filterBar(a, "download", with(with(query, "from", ""), "to", ""), "").Chips {
		words = append(words, c.Label+": "+c.Value)
	}
	return strings.Join(words, " · ")
}

// offers are the files for those who may have them.
func offers(a org.Access, query url.Values, held report.Holding) []Offer {
	rows := format.Of(held.Rows, "row", "rows")
	if held.Rows > report.MaxCounted {
		rows = "more than " + format.Of(int64(report.MaxCounted), "row", "rows")
	}
	offers := []Offer{
		{Icon: "file-chart-column", Title: "Summary", What: "The verdict, numbers and chart of the days, who sends and what to do, to print or to pass on. It is about the days and the domain; other filters are left aside.",
			Files: []OfferedFile{{Text: "PDF", Href: path(a, "download/summary.pdf", query)}}},
		{Icon: "table", Title: "Messages", What: "The numbers of lists and charts: messages by day, domain, sender and class.", Count: format.Of(held.Sums, "row", "rows"),
			Files: rowFiles(a, query, Messages, held.Sums)},
		{Icon: "rows-3", Title: "Records", What: "Every row of the reports: receiver, address, results, what was done, and the addresses in the mail.", Count: rows,
			Files: rowFiles(a, query, Records, held.Rows)},
	}
	if a.Role.May(org.ReadOriginals) && held.Originals > 0 {
		offers = append(offers, Offer{Icon: "mails", Title: "Originals", What: "The mails and files that brought these reports, as they came.",
			Count: format.Of(held.Originals, "original", "originals") + ", " + format.Bytes(held.Size),
			Files: []OfferedFile{offered(a, query, Originals, "", held.Originals <= directOriginals && held.Size <= directSize)}})
	}
	return offers
}

func rowFiles(a org.Access, query url.Values, kind export.Kind, rows int64) []OfferedFile {
	return []OfferedFile{offered(a, query, kind, asCSV, rows <= directRows), offered(a, query, kind, asJSON, rows <= directRows)}
}

// offered is a file that is sent at once, or made by a job.
func offered(a org.Access, query url.Values, kind export.Kind, ending string, direct bool) OfferedFile {
	f := OfferedFile{Text: strings.ToUpper(ending), Kind: string(kind), Format: ending}
	if ending == "" {
		f.Text, ending = "ZIP", "zip"
	}
	if direct {
		f.Href = path(a, "download/"+string(kind)+"."+ending, query)
	} else {
		f.Action = path(a, "download", query)
	}
	return f
}

// made lists what jobs make or have made for those who may have it.
func (h *Web) made(r *http.Request, a org.Access) (MadeFiles, error) {
	m := MadeFiles{FragmentHref: r.URL.RequestURI()}
	kinds := []export.Kind{Messages, Records}
	if a.Role.May(org.ReadOriginals) {
		kinds = append(kinds, Originals)
	}
	all, err := h.Exports.List(r.Context(), a.ID, kinds...)
	for _, e := range all {
		f := MadeFile{Name: e.Name + ".zip", State: string(e.State), Href: path(a, "download/"+e.ID.String(), nil), Size: format.Bytes(e.Size),
			Asked: format.When(e.AskedAt, h.now()), Until: format.When(e.ExpiresAt, h.now()), Progress: ui.Progress{Done: e.Done, Total: e.Total, Unit: "rows"}}
		if e.Kind == Originals {
			f.Progress.Unit = "originals"
		}
		m.Running = m.Running || e.State == export.Running
		m.Files = append(m.Files, f)
	}
	return m, err
}
