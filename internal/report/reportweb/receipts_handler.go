package reportweb

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// receiptRows are mails and files with what became of each.
func (h *Web) receiptRows(a org.Access, list []report.Receipt) []ui.Receipt {
	var rows []ui.Receipt
	for _, r := range list {
		row := ui.Receipt{
			Href: path(a, fmt.Sprintf("receipts/%d", r.ID), nil), Verdict: ui.Verdict(r.Verdict), What: r.Title(),
			Received: format.When(r.CameAt(), h.now()), Size: format.Bytes(r.Size), Messages: r.Messages,
		}
		if r.Label != nil && *r.Label != row.What {
			row.File = *r.Label
		}
		if r.Reason != nil {
			row.Reason = r.Reason.Sentence()
		}
		if r.Repairs > 1 {
			row.Reason += " And " + format.Of(r.Repairs-1, "more repair", "more repairs") + "."
		}
		switch {
		case r.First != nil:
			row.Reports = ui.Link{Text: "The first time it was read", Href: path(a, fmt.Sprintf("receipts/%d", *r.First), nil)}
		case len(r.Reports) == 0:
		case len(r.Reports) == 1:
			row.Reports = ui.Link{Text: "The report", Href: path(a, fmt.Sprintf("reports/%d", r.Reports[0]), nil)}
		default:
			row.Reports = ui.Link{Text: format.Of(len(r.Reports), "report", "reports"), Href: row.Href}
		}
		rows = append(rows, row)
	}
	return rows
}

// sourcedRows are receiptRows that say how each came in.
func (h *Web) sourcedRows(a org.Access, list []report.Receipt, boxes []mailbox.Mailbox) []ui.Receipt {
	rows := h.receiptRows(a, list)
	for i := range rows {
		rows[i].Source = sourceWords(list[i], boxes)
	}
	return rows
}

// sourceWords says how a mail or file came in.
func sourceWords(r report.Receipt, boxes []mailbox.Mailbox) string {
	switch {
	case r.Source == report.FromInbound:
		return "handed over by a mail provider"
	case r.Source == report.FromImport:
		return "imported by the operator"
	case r.Source == report.FromUpload && r.UploadedBy != nil:
		return "uploaded by " + *r.UploadedBy
	case r.Source == report.FromUpload:
		return "uploaded by a former member"
	}
	for _, m := range boxes {
		if r.Mailbox != nil && m.ID == *r.Mailbox {
			return m.Username
		}
	}
	return "a mailbox that is no longer connected"
}

// notCounted is the choice of receipts that a person should look at.
const notCounted = "attention"

// receiptQuery reads the filter of the list out of its address.
func receiptQuery(query url.Values) (q report.ReceiptQuery, chosen string) {
	q = report.ReceiptQuery{Limit: receiptsPerPage + 1, Source: report.Source(query.Get("source"))}
	if id, err := uid.Parse[mailbox.Mailbox](query.Get("mailbox")); err == nil {
		q.Mailbox = id
	}
	if id, err := uid.Parse[report.Visit](query.Get("upload")); err == nil {
		q.Upload = id
	}
	if n, err := strconv.ParseInt(query.Get("before"), 10, 64); err == nil {
		q.Before = report.ReceiptID(n)
	}
	chosen = query.Get("verdict")
	if chosen == "" && q.Upload.IsZero() {
		chosen = notCounted
	}
	switch chosen {
	case notCounted:
		q.Verdicts = []report.Verdict{report.Refused, report.Conflict, report.Held}
	case "", "all":
		chosen = "all"
	default:
		q.Verdicts = []report.Verdict{report.Verdict(chosen)}
	}
	return q, chosen
}

// ListReceipts lists mails and files with what became of each.
func (h *Web) ListReceipts(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	q, chosen := receiptQuery(query)
	list, counts, err := h.Reports.Receipts(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	p := ReceiptsPage{Page: h.frame(w, r, ui.ReportsSection, "Mails"), Sections: sections(a, ui.MailsList), UploadHref: uploadHref(a), Sources: h.sourceChoices(a, query, boxes)}
	if len(list) > receiptsPerPage {
		list = list[:receiptsPerPage]
		next := with(query, "", "")
		next.Set("before", strconv.FormatInt(int64(list[len(list)-1].ID), 10))
		p.Pager.Older = path(a, "receipts", next)
	}
	if q.Before != 0 {
		p.Pager.Newer = path(a, "receipts", with(query, "before", ""))
	}
	p.Receipts = h.sourcedRows(a, list, boxes)
	p.Verdicts = verdictChoices(a, query, chosen, counts)
	p.Headline = receiptsHeadline(counts)
	if _, total := open(counts); !q.Upload.IsZero() && total > 0 {
		p.Headline = "Of " + format.Of(total, "file or mail", "files and mails") + ": " + tally(counts) + "."
	}
	if p.Nothing, err = h.noReceipts(r, a, q, chosen, counts); err != nil {
		return err
	}
	if p.Again, err = h.again(r, a); err != nil {
		return err
	}
	if httpio.Fragment(r) {
		return httpio.OK(w, r, AgainFragment(p.Again))
	}
	if p.Again.Running {
		p.Page.Refresh = 5
	}
	return httpio.OK(w, r, Receipts(p))
}

// noReceipts is why a list of mails and files is empty.
func (h *Web) noReceipts(r *http.Request, a org.Access, q report.ReceiptQuery, chosen string, counts map[report.Verdict]int64) (ui.Nothing, error) {
	all := path(a, "receipts", url.Values{"verdict": {"all"}})
	_, total := open(counts)
	switch {
	case total > 0 && chosen == notCounted:
		return ui.Nothing{Icon: "circle-check", Title: "Nothing is left out", Words: "No mail or file was refused, is held or in conflict.",
			Action: ui.Link{Text: "Show all mails and files", Href: path(a, "receipts", with(r.URL.Query(), "verdict", "all"))}}, nil
	case total > 0:
		return ui.Nothing{Icon: "circle-check", Title: "Nothing here", Words: "No mail or file has this result.", Action: ui.Link{Text: "Show all mails and files", Href: all}}, nil
	case q.Source != "" || !q.Mailbox.IsZero() || !q.Upload.IsZero():
		return ui.Nothing{Icon: "inbox", Title: "Nothing came in this way yet", Words: "Choose another source above, or look at everything.", Action: ui.Link{Text: "Show all mails and files", Href: all}}, nil
	}
	nothing, err := h.unfed(r, a, true) // also what is about no watched domain is listed
	if nothing.Title == "" {
		nothing = ui.Nothing{Icon: "mail-search", Title: "No mail was read yet", Words: "Your mailbox is looked into every 15 minutes. What becomes of each mail is listed here."}
	}
	return nothing, err
}

// open counts what a person should look at, of all.
func open(counts map[report.Verdict]int64) (open, total int64) {
	for _, n := range counts {
		total += n
	}
	return counts[report.Refused] + counts[report.Conflict] + counts[report.Held], total
}

func receiptsHeadline(counts map[report.Verdict]int64) string {
	open, total := open(counts)
	all := format.Of(total, "mail or file", "mails and files")
	switch {
	case total == 0:
		return "Nothing was read yet."
	case open == 0 && total == 1:
		return "Nothing is left out: 1 mail or file was read."
	case open == 0:
		return "Nothing is left out: " + all + " were read."
	case open == 1:
		return "1 of " + all + " is not counted."
	}
	return format.Count(open) + " of " + all + " are not counted."
}

func verdictChoices(a org.Access, query url.Values, chosen string, counts map[report.Verdict]int64) []ui.Choice {
	open, total := open(counts)
	choice := func(key, text string, n int64) ui.Choice {
		return ui.Choice{Text: text, Chosen: chosen == key, Count: format.Count(n), Href: path(a, "receipts", with(query, "verdict", key))}
	}
	out := []ui.Choice{choice(notCounted, "Not counted", open), choice("all", "All", total)}
	for _, v := range report.Verdicts {
		if counts[v] > 0 {
			out = append(out, choice(string(v), ui.Verdict(v).Word(), counts[v]))
		}
	}
	return out
}

// sourceChoices are the ways that mails and files come in by.
func (h *Web) sourceChoices(a org.Access, query url.Values, boxes []mailbox.Mailbox) []ui.Choice {
	choice := func(text, source, box string) ui.Choice {
		to := with(with(with(query, "upload", ""), "mailbox", box), "source", source)
		return ui.Choice{Text: text, Href: path(a, "receipts", to),
			Chosen: query.Get("upload") == "" && query.Get("mailbox") == box && query.Get("source") == source}
	}
	out := []ui.Choice{choice("All sources", "", "")}
	if query.Get("upload") != "" {
		out = append(out, ui.Choice{Text: "One upload", Chosen: true, Href: path(a, "receipts", with(query, "", ""))})
	}
	for _, m := range boxes {
		out = append(out, choice(m.Username, "", m.ID.String()))
	}
	if h.Inbound {
		out = append(out, choice("Mail providers", string(report.FromInbound), ""))
	}
	return append(out, choice("Uploads", string(report.FromUpload), ""), choice("Imports by the operator", string(report.FromImport), ""))
}

// Original sends a mail as it came, as a download that no browser renders.
func (h *Web) Original(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such mail.", err)
	}
	original, err := h.Reports.Original(r.Context(), a.ID, report.ReceiptID(id))
	if err != nil {
		return err
	}
	defer func() { _ = original.Close() }() // only read
	name, err := originalName(report.ReceiptID(id), original)
	if err != nil {
		return err
	}
	attach(w, "application/octet-stream", name)
	_, _ = io.Copy(patient{w}, io.NewSectionReader(original, 0, original.Size())) // the browser may have gone; nobody is left to tell
	return nil
}

// patient gives a download time anew for each part.
type patient struct{ http.ResponseWriter }

func (p patient) Write(b []byte) (int, error) {
	httpio.Goes(p.ResponseWriter)
	return p.ResponseWriter.Write(b)
}
