package reportweb

import (
	"fmt"
	"net/http"
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

// receiptRows are mails with what became of each.
func (h *Web) receiptRows(a org.Access, list []report.Receipt) []ui.Receipt {
	var rows []ui.Receipt
	for _, r := range list {
		row := ui.Receipt{
			Href: path(a, fmt.Sprintf("receipts/%d", r.ID), nil), Verdict: ui.Verdict(r.Verdict), What: r.Title(),
			Received: format.When(r.CameAt(), h.now()), Messages: r.Messages,
		}
		if r.Reason != nil {
			row.Reason = r.Reason.Sentence()
		}
		rows = append(rows, row)
	}
	return rows
}

// notCounted is the choice of receipts that a person should look at.
const notCounted = "attention"

// ListReceipts lists mails with what became of each.
func (h *Web) ListReceipts(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	chosen := query.Get("verdict")
	q := report.ReceiptQuery{Limit: receiptsPerPage + 1}
	switch chosen {
	case "", notCounted:
		chosen = notCounted
		q.Verdicts = []report.Verdict{report.Refused, report.Conflict, report.Held}
	case "all":
	default:
		q.Verdicts = []report.Verdict{report.Verdict(chosen)}
	}
	if id, err := uid.Parse[mailbox.Mailbox](query.Get("mailbox")); err == nil {
		q.Mailbox = id
	}
	if n, err := strconv.ParseInt(query.Get("before"), 10, 64); err == nil {
		q.Before = report.ReceiptID(n)
	}
	list, counts, err := h.Reports.Receipts(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	p := ReceiptsPage{Page: h.frame(w, r, ui.ReportsSection, "Mails"), Sections: sections(a, ui.MailsList)}
	if len(list) > receiptsPerPage {
		list = list[:receiptsPerPage]
		next := with(query, "", "")
		next.Set("before", strconv.FormatInt(int64(list[len(list)-1].ID), 10))
		p.Pager.Older = path(a, "receipts", next)
	}
	if q.Before != 0 {
		p.Pager.Newer = path(a, "receipts", with(query, "before", ""))
	}
	p.Receipts = h.receiptRows(a, list)
	var total int64
	for _, n := range counts {
		total += n
	}
	open := counts[report.Refused] + counts[report.Conflict] + counts[report.Held]
	choice := func(key, text string, n int64) ui.Choice {
		return ui.Choice{Text: text, Chosen: chosen == key, Count: format.Count(n), Href: path(a, "receipts", with(query, "verdict", key))}
	}
	p.Verdicts = []ui.Choice{choice(notCounted, "Not counted", open), choice("all", "All", total)}
	for _, v := range report.Verdicts {
		if counts[v] > 0 {
			p.Verdicts = append(p.Verdicts, choice(string(v), ui.Verdict(v).Word(), counts[v]))
		}
	}
	if p.Mailboxes, err = h.mailboxChoices(r, a); err != nil {
		return err
	}
	p.Headline = fmt.Sprintf("%s of %s are not counted.", format.Count(open), format.Of(total, "mail", "mails"))
	if open == 0 {
		p.Headline = "Nothing is left out: " + format.Of(total, "mail was", "mails were") + " read."
	}
	p.EmptyWhy = "No mail has this verdict."
	return httpio.OK(w, r, Receipts(p))
}

func (h *Web) mailboxChoices(r *http.Request, a org.Access) ([]ui.Choice, error) {
	query := r.URL.Query()
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	out := []ui.Choice{{Text: "All mailboxes", Chosen: query.Get("mailbox") == "", Href: path(a, "receipts", with(query, "mailbox", ""))}}
	for _, m := range boxes {
		id := m.ID.String()
		out = append(out, ui.Choice{Text: m.Username, Chosen: query.Get("mailbox") == id, Href: path(a, "receipts", with(query, "mailbox", id))})
	}
	return out, nil
}

// Original sends a mail as it came, as a download that no browser renders.
func (h *Web) Original(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such mail.", err)
	}
	content, err := h.Reports.OriginalBytes(r.Context(), a.ID, report.ReceiptID(id))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="report-%d.eml"`, id))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(content) // the browser may have gone; nobody is left to tell
	return nil
}
