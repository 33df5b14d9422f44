package reportweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// SenderDrawer is one sender of a domain in detail, beside the page that lists
// it; nothing without a Title.
type SenderDrawer struct {
	ui.Drawer
	Domain    string
	Kind      string // "mailbox host"; empty = not known
	Class     ui.Class
	Words     string // what it sends and what comes of it, with n
	Warning   string // passing mail of a sender that is not the owner's; empty = fine
	Basis     string // what its identity stands on
	Sure      string // "high", "medium" or "low": how sure that is
	Fix       []Fix
	FixSource ui.Link
	Addresses []AddressRow
	More      string // "and 14 more addresses"; empty = all are shown
	Results   []ResultRow
	Receivers []ReporterRow
	Samples   []Record
	Href      string // the reports that hold its messages
	Trend     ui.Trend
	Review    ReviewForm
}

// AddressRow is one address of a sender.
type AddressRow struct {
	Address string
	Href    string
	Name    string // confirmed; may be empty
	Network string // "AS64500 Example Networks, DE"; may be empty
}

// ResultRow is the messages with the same results.
type ResultRow struct {
	DKIM, SPF, Did string
	Messages       int64
}

// ReviewForm says what the owner holds of a sender; without Action the role
// may not say anything.
type ReviewForm struct {
	Action string
	Key    string
	Domain string
	Back   string
	Chosen report.Review
	Note   string
	By     string // "Said by ada@example.org on 20 Nov 2026."; empty = nobody has said anything
}

// shownAddresses is how many addresses of a sender its drawer lists.
const shownAddresses = 12

// drawer is the sender that an address opens beside its page; closing leads to
// the page without it.
func (h *Web) drawer(r *http.Request, a org.Access, rest string, query url.Values, f report.Filter, domains []domain.Domain) (SenderDrawer, error) {
	key, name := query.Get("show"), query.Get("of")
	i := slices.IndexFunc(domains, func(d domain.Domain) bool { return d.Name.String() == name })
	if key == "" || i < 0 {
		return SenderDrawer{}, nil
	}
	closed := with(with(query, "show", ""), "of", "")
	f.Sender, f.Domain, f.Class = key, domains[i].ID, 0
	detail, err := h.Reports.Sender(r.Context(), a.ID, f)
	if err != nil {
		return SenderDrawer{}, err
	}
	known, total, err := h.Senders.Addresses(r.Context(), a.ID, f.Domain, key, shownAddresses)
	if err != nil {
		return SenderDrawer{}, err
	}
	d := SenderDrawer{
		Drawer: ui.Drawer{Title: sender.FullName(key), CloseHref: path(a, rest, closed)}, Domain: name,
		Href: path(a, "reports", with(with(closed, "domain", name), "sender", key)),
	}
	d.fillNumbers(a, f, detail, h)
	d.fillIdentity(a, known, total)
	d.fillFix(key, name, detail.Total)
	if a.Role.May(org.ManageSenders) && total > 0 {
		d.Review = ReviewForm{Action: path(a, "senders/review", nil), Key: key, Domain: name, Back: path(a, rest, query),
			Chosen: detail.Total.Review, Note: detail.Total.Note, By: reviewedWords(detail.Total.Opinion)}
	}
	return d, nil
}

func (d *SenderDrawer) fillNumbers(a org.Access, f report.Filter, detail report.SenderDetail, h *Web) {
	t := detail.Total
	d.Class = classes[t.Class()]
	d.Words = "It sent nothing as " + d.Domain + " in these days."
	if n := t.Total(); n > 0 {
		d.Trend = ui.Trend(detail.Trend)
		d.Words = format.Of(n, "message", "messages") + " as " + d.Domain + " from " + format.Span(f.From, f.To) + ", " + format.Percent(t.Passing, n) + " of them passed."
	}
	if t.Review == report.NotMine && t.Passing > 0 {
		d.Warning = "You say it is not yours, but mail of it passes as " + d.Domain + ": somebody lets it. Look at your SPF record and DKIM keys."
	}
	for _, r := range detail.Results {
		d.Results = append(d.Results, ResultRow{DKIM: mechanismWords(r.DKIM), SPF: mechanismWords(r.SPF), Did: dispositionWord(r.Disposition, ""), Messages: r.Messages})
	}
	for _, rep := range detail.Receivers[:min(len(detail.Receivers), 6)] {
		d.Receivers = append(d.Receivers, ReporterRow{Name: rep.Reporter, Href: d.Href + "&reporter=" + url.QueryEscape(rep.Reporter), Messages: rep.Messages, Passing: rep.Aligned})
	}
	for _, s := range detail.Samples {
		rep := report.Report{Domain: fqdn.Name(d.Domain)}
		rep.Head.Policy = s.Policy
		rows, err := recordRows(a, rep, []report.Record{s.Record})
		if err != nil {
			h.Reports.Log.Error("a stored record cannot be explained", "report", s.Report, "error", err)
			continue
		}
		rows[0].ID = "sample-" + strconv.Itoa(len(d.Samples))
		rows[0].SourceHref = path(a, "reports/"+strconv.FormatInt(int64(s.Report), 10), nil)
		d.Samples = append(d.Samples, rows[0])
	}
}

// mechanismWords is an evaluated result in the table of a sender.
func mechanismWords(r report.Result) string {
	switch r {
	case report.ResultPass:
		return "passes, aligned"
	case report.ResultMissing:
		return "not stated"
	}
	return "does not pass"
}

func (d *SenderDrawer) fillIdentity(a org.Access, known []sender.Address, total int) {
	for _, k := range known {
		row := AddressRow{Address: k.IP.String(), Name: k.Host, Network: k.Network(), Href: path(a, "reports", url.Values{"ip": {k.IP.String()}, "domain": {d.Domain}})}
		d.Addresses = append(d.Addresses, row)
	}
	if total > len(known) {
		d.More = "and " + format.Of(total-len(known), "more address", "more addresses")
	}
	if len(known) > 0 && known[0].Identity.Basis != "" {
		d.Basis, d.Sure = known[0].Identity.Sentence(), known[0].Identity.Confidence()
	}
}

// fillFix says how mail of the sender is made to pass, if it has to be.
func (d *SenderDrawer) fillFix(key, name string, t report.SenderTotal) {
	if p, ok := sender.Provider(key); ok {
		d.Kind = p.Kind.String()
	}
	if t.Class() == report.NeedsFixing {
		d.Fix, d.FixSource = fixes(key, name, t.DKIM > 0)
	}
}

// reviewedWords says who judged a sender, and when; "" for nobody.
func reviewedWords(o report.Opinion) string {
	switch {
	case o.ReviewedAt == nil:
		return ""
	case o.ReviewedBy == nil:
		return "Said on " + format.Day(*o.ReviewedAt) + "."
	}
	return "Said by " + *o.ReviewedBy + " on " + format.Day(*o.ReviewedAt) + "."
}
