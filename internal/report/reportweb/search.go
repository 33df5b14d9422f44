package reportweb

import (
	"net/http"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// SearchPage is what was found, for who has no scripts or pressed Enter.
type SearchPage struct {
	ui.Page
	Action string
	Q      string
	Hits   []ui.Hit
}

// Limits of a search.
const (
	maxHits     = 20
	maxSearched = 200 // bytes; the field lets no more be typed
)

// Search finds domains, senders, receivers, reports and addresses.
func (h *Web) Search(w http.ResponseWriter, r *http.Request, a org.Access) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	q = strings.ToValidUTF8(q[:min(len(q), maxSearched)], "")
	found, err := h.Reports.Search(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	list := hits(a, found)
	if httpio.Fragment(r) {
		return httpio.OK(w, r, ui.Hits(q, list))
	}
	title := "Search"
	if q != "" {
		title = "Search: " + q
	}
	return httpio.OK(w, r, Search(SearchPage{Page: h.frame(w, r, ui.NoSection, title), Action: path(a, "search", nil), Q: q, Hits: list}))
}

// hits puts what was found into one list.
func hits(a org.Access, f report.Found) (list []ui.Hit) {
	one := func(name, value string) map[string][]string { return map[string][]string{name: {value}} }
	if f.Network.IsValid() {
		shown := f.Network.String()
		if f.Network.IsSingleIP() {
			shown = f.Network.Addr().String()
		}
		list = append(list, ui.Hit{Icon: "server", Title: shown, Detail: "Reports with messages from it", Kind: "Address", Href: path(a, "reports", one("ip", shown))})
	}
	for _, d := range f.Domains {
		list = append(list, ui.Hit{Icon: "globe", Title: d.String(), Kind: "Domain", Href: path(a, "domains/"+d.String(), nil)})
	}
	for _, s := range f.Senders {
		list = append(list, ui.Hit{Icon: "send", Title: sender.FullName(s.Sender), Detail: "sends as " + format.Of(s.Domains, "domain", "domains"), Kind: "Sender",
			Href: path(a, "senders", one("sender", s.Sender))})
	}
	for _, rep := range f.Reporters {
		list = append(list, ui.Hit{Icon: "inbox", Title: rep.Reporter, Detail: format.Of(rep.Reports, "report", "reports") + " in 28 days", Kind: "Receiver",
			Href: path(a, "reports", one("reporter", rep.Reporter))})
	}
	for _, l := range f.Reports {
		list = append(list, ui.Hit{Icon: "file-text", Title: l.Reporter + " about " + l.Domain.String(), Detail: format.Day(l.Day) + " · " + format.Of(l.Messages, "message", "messages"),
			Kind: "Report", Href: path(a, "reports/"+strconv.FormatInt(int64(l.ID), 10), nil)})
	}
	return list[:min(len(list), maxHits)]
}
