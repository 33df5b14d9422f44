package reportweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// ShowReceipt shows one mail and what became of it.
func (h *Web) ShowReceipt(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such mail.", err)
	}
	rec, items, err := h.Reports.Receipt(r.Context(), a.ID, report.ReceiptID(id))
	if err != nil {
		return err
	}
	v := ui.Verdict(rec.Verdict)
	p := ReceiptPage{
		Page: h.frame(w, r, ui.ReportsSection, rec.Title(), ui.Link{Text: "Mails", Href: path(a, "receipts", nil)}), Verdict: v, Heading: rec.Title(),
		Received: format.When(rec.ReceivedAt, h.now()), Size: format.Bytes(rec.Size), Explanation: meaning(rec),
	}
	if rec.Reason != nil && rec.Verdict != report.Repaired { // of repairs there may be several
		p.Heading = rec.Reason.Sentence()
	}
	if rec.MailAt != nil {
		p.MailDate = format.When(*rec.MailAt, h.now())
	}
	if rec.MailID != nil {
		p.UID = *rec.MailID
	}
	if rec.Label != nil {
		p.Name = *rec.Label
	}
	if p.Source, err = h.cameBy(r, a, rec); err != nil {
		return err
	}
	if err := h.contested(r, a, rec, items, &p); err != nil {
		return err
	}
	if rec.First != nil {
		p.First = ui.Link{Text: "The first time it was read", Href: path(a, fmt.Sprintf("receipts/%d", *rec.First), nil)}
	}
	if len(items) > 0 {
		p.Authenticated = authenticationOf(rec.Source, rec.Authentication(), nil, consequence(items))
	}
	larger, err := h.largerPlan(r, a, items)
	if err != nil {
		return err
	}
	for n, i := range items {
		link, err := h.reportOf(r, a, i)
		if err != nil {
			return err
		}
		if link.Href != "" && !i.Contested() { // of one in conflict it is the other one
			if name := nameIn(items, n); name != "" {
				link.Text += " (" + name + ")"
			}
			p.Reports = append(p.Reports, link)
		}
		p.describe(a, rec, i, larger)
	}
	if len(p.Findings) == 1 && p.Findings[0].What == p.Heading && p.Findings[0].Note == "" {
		p.File, p.Findings = p.Findings[0].Where, nil // said once is enough
	}
	switch {
	case rec.Damaged:
		p.OriginalNote = "It is damaged and can no longer be read. Nothing else has changed: what counts counts."
	case rec.First != nil:
		p.OriginalNote = "Not kept again: that of the first time is."
	case rec.Original && a.Role.May(org.ReadOriginals):
		p.OriginalHref = path(a, fmt.Sprintf("receipts/%d/original", id), nil)
	case rec.Original:
		p.OriginalNote = "Only owners and admins can download originals."
	case rec.Verdict == report.Refused:
		p.OriginalNote = "Not kept, so it cannot be read again."
	case rec.Verdict == report.Known:
		p.OriginalNote = "Not kept: the first copy of this report is."
	case rec.Kind != nil && *rec.Kind == report.FailureReport:
		p.OriginalNote = "Never kept: it holds parts of a person's mail."
	default:
		p.OriginalNote = "Not kept."
	}
	if rec.Original && rec.Verdict == report.Refused && a.Role.May(org.ManageMailboxes) {
		p.RetryAction = path(a, fmt.Sprintf("receipts/%d/retry", id), nil)
	}
	return httpio.OK(w, r, Receipt(p))
}

// cameBy is how a mail or file came in, with what is beside it.
func (h *Web) cameBy(r *http.Request, a org.Access, rec report.Receipt) (ui.Link, error) {
	switch {
	case rec.Upload != nil:
		return ui.Link{Text: sourceWords(rec, nil), Href: path(a, "receipts", url.Values{"upload": {rec.Upload.String()}})}, nil
	case rec.Mailbox == nil:
		return ui.Link{Text: sourceWords(rec, nil)}, nil
	}
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return ui.Link{}, err
	}
	link := ui.Link{Text: sourceWords(rec, boxes)}
	if slices.ContainsFunc(boxes, func(m mailbox.Mailbox) bool { return m.ID == *rec.Mailbox }) {
		link.Href = path(a, "mailboxes/"+rec.Mailbox.String(), nil)
	}
	return link, nil
}

// reportOf is the way to a report that is stored; none when there is nothing,
// or nothing that the person may see.
func (h *Web) reportOf(r *http.Request, a org.Access, i report.Item) (ui.Link, error) {
	if i.Report == nil {
		return ui.Link{}, nil
	}
	link := func(text, section string) ui.Link {
		if i.Domain != nil {
			text += " about " + *i.Domain
		}
		return ui.Link{Text: text, Href: path(a, fmt.Sprintf("%s/%d", section, *i.Report), nil)}
	}
	switch i.Kind {
	case report.TLSReport:
		return link("The TLS report", "tls"), nil
	case report.FailureReport:
		if !a.Role.May(org.ReadFailures) {
			return ui.Link{}, nil
		}
		kept, err := h.Failures.Exists(r.Context(), a.ID, failurereport.ID(*i.Report))
		if err != nil || !kept {
			return ui.Link{}, err
		}
		return link("The failure report", "failures"), nil
	}
	return link("The report", "reports"), nil
}

// largerPlan reports whether there is a larger plan, if some of a mail is not
// counted because of the plan.
func (h *Web) largerPlan(r *http.Request, a org.Access, items []report.Item) (bool, error) {
	if !slices.ContainsFunc(items, func(i report.Item) bool { return i.Reason != nil && i.Reason.OfPlan() }) {
		return false, nil
	}
	allowed, err := h.Reports.Allowed(r.Context(), a.ID, billing.Reports)
	return !allowed.Unlimited && !allowed.Largest, err
}

// describe adds what became of one report in the mail: all that was unusual.
// larger is whether there is a larger plan.
func (p *ReceiptPage) describe(a org.Access, rec report.Receipt, i report.Item, larger bool) {
	found := repairs(i.Repairs)
	if len(found) == 0 && i.Reason != nil {
		found = []Finding{{What: i.Reason.Sentence()}}
	}
	for _, f := range found {
		f.Where = i.Label
		p.Findings = append(p.Findings, f)
	}
	advice := i.Advice(a.Role, larger)
	if advice == "" || i.Verdict == report.Held && !rec.Original { // nothing can be counted without its original
		return
	}
	p.Advice = advice
	switch {
	case *i.Reason == report.ReasonUnwatched && a.Role.May(org.ManageDomains):
		p.AdviceLink = ui.Link{Text: "Go to your domains", Href: path(a, "domains", nil)}
	case i.Reason.OfPlan() && a.Role.May(org.Own):
		p.AdviceLink = ui.Link{Text: "See plans", Href: path(a, "billing", nil)}
	}
}

// meaning explains the verdict on a mail or file.
func meaning(rec report.Receipt) string {
	words := []string{ui.Verdict(rec.Verdict).Meaning()}
	failure := rec.Kind != nil && *rec.Kind == report.FailureReport
	switch mail := rec.Source == report.FromMailbox; {
	case rec.Verdict.Stored() && failure:
		words = append(words, "What is kept of it is deleted after 30 days.")
	case rec.Verdict == report.Known && rec.Messages > 0:
		words = append(words, "The report is counted once.")
	case rec.Verdict.Stored() && rec.Messages > 0:
		words = append(words, "The report is counted.")
	case rec.Verdict == report.Refused && mail, rec.Verdict == report.NoReport && mail:
		words = append(words, "The mail itself was left as it was.")
	case rec.Verdict == report.NoReport && !rec.Source.ByMail():
		words = append(words, "Only the name of the file is.")
	}
	return strings.Join(words, " ")
}

// consequence says what becomes of the reports of a mail that is not
// authenticated; "" where none is stored.
func consequence(items []report.Item) string {
	for _, i := range items {
		switch {
		case !i.Verdict.Stored():
		case i.Kind == report.AggregateReport:
			return noAdvice
		case i.Kind == report.TLSReport:
			return "It is shown, and its sessions are not counted."
		}
	}
	return ""
}
