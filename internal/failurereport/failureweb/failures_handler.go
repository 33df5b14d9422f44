package failureweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

const perPage = 50

// List lists the failure reports that are still kept.
func (h *Web) List(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64) // anything else is the top
	q := failurereport.Query{Before: failurereport.ID(before), Limit: perPage + 1}
	lines, total, err := h.Failures.Reports(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	p := FailuresPage{
		Page: h.Frame(w, r, "Failure reports").In(ui.ReportsSection), Sections: ui.ReportLists(place(a), ui.FailuresList, true),
		Headline: format.Of(total, "failure report", "failure reports") + ", kept for 30 days after reading",
	}
	if len(lines) > perPage {
		lines = lines[:perPage]
		next := ui.With(query, "", "")
		next.Set("before", strconv.FormatInt(int64(lines[perPage-1].ID), 10))
		p.Pager.Older = place(a).Address("failures", next)
	}
	if before != 0 {
		p.Pager.Newer = place(a).Address("failures", ui.With(query, "before", ""))
	}
	p.Pager.Text = format.Of(total, "failure report", "failure reports")
	for _, l := range lines {
		p.Reports = append(p.Reports, h.row(a, l))
	}
	if total == 0 {
		if p.Nothing, err = h.unfed(r, a); err != nil {
			return err
		}
	}
	return httpio.OK(w, r, Failures(p))
}

// unfed is why nothing can have arrived; zero when a mailbox is connected and
// a domain watched.
func (h *Web) unfed(r *http.Request, a org.Access) (ui.Nothing, error) {
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return ui.Nothing{}, err
	}
	connected, err := h.Mailboxes.Connected(r.Context(), a.ID)
	return ui.Unfed(place(a), connected, len(domains) > 0, a.Role.May(org.ManageMailboxes)), err
}

func (h *Web) row(a org.Access, l failurereport.Line) FailureRow {
	row := FailureRow{
		Href: place(a).Path(fmt.Sprintf("failures/%d", l.ID)), Failed: failedWord(l.Failed), Domain: l.Reported.String(),
		Reporter: l.Reporter, Result: resultWord(l.Result), Deleted: format.Day(l.DeletedAt()),
	}
	if l.Source != nil {
		row.Source = l.Source.String()
		row.Detail = "from " + row.Source + " "
	}
	row.Detail += row.Result
	if l.Arrived != nil {
		row.Arrived = format.When(*l.Arrived, h.Failures.Now())
	}
	return row
}

// Show shows what is kept of one failure report.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such failure report.", err)
	}
	rep, err := h.Failures.Report(r.Context(), a.ID, failurereport.ID(id))
	if err != nil {
		return err
	}
	line := h.row(a, rep.Line)
	p := FailurePage{
		Page:     h.Frame(w, r, "Failure report about "+line.Domain).In(ui.ReportsSection, ui.Link{Text: "Failure reports", Href: place(a).Path("failures")}),
		Headline: headline(line), Facts: facts(line, rep), Checks: checks(rep.Kept), Align: rep.Kept.IdentityAlignment,
		Stored: format.When(rep.StoredAt, h.Failures.Now()), Deleted: line.Deleted,
		Receipt: ui.Link{Text: "this mail or file", Href: place(a).Path(fmt.Sprintf("receipts/%d", rep.Receipt))},
	}
	for _, f := range rep.Kept.Repairs {
		p.Findings = append(p.Findings, arf.RepairSentence(f.Code))
	}
	return httpio.OK(w, r, Failure(p))
}

func headline(l FailureRow) string {
	text := "A mail sent as " + l.Domain
	if l.Source != "" {
		text += " from " + l.Source
	}
	return text + " failed " + l.Failed + "."
}

// facts are what is kept, in the order of interest; what was not sent is left
// out.
func facts(line FailureRow, rep failurereport.Report) []Fact {
	k := rep.Kept
	var out []Fact
	add := func(name, value, note string) {
		if value != "" {
			out = append(out, Fact{name, format.Middle(value, 500), note})
		}
	}
	add("Failed", line.Failed, failedMeaning(rep.Failed))
	add("Domain", line.Domain, "")
	add("Sent from", line.Source, "")
	add("Outcome", line.Result, "")
	if rep.Arrived != nil {
		add("Arrived there", format.Moment(*rep.Arrived), "")
	}
	if k.Incidents > 1 {
		add("Mails like this one", format.Count(k.Incidents), "")
	}
	add("Reported by", line.Reporter, k.UserAgent)
	add("From line", k.Sample.FromDomain.String(), "")
	add("Return path", k.MailFromDomain, "")
	add("Recipient at", strings.Join(k.RcptToDomains, ", "), "")
	add("Signed by", strings.Join(k.Sample.DKIMDomains, ", "), "as the mail's DKIM signatures say")
	add("Signature that failed", k.DKIMDomain, selector(k.DKIMSelector))
	add("Message ID at", k.Sample.MessageIDDomain, "")
	if at, err := time.Parse(time.RFC3339, k.Sample.Date); err == nil {
		add("Date of the mail", format.Moment(at), "")
	}
	return out
}

func selector(s string) string {
	if s == "" {
		return ""
	}
	return "selector " + s
}

func checks(k arf.Report) []Check {
	var out []Check
	for _, v := range k.AuthenticationResults {
		out = append(out, Check{"Results", format.Middle(v, 2000)})
	}
	for _, v := range k.SPFDNS {
		out = append(out, Check{"SPF record", format.Middle(v, 2000)})
	}
	return out
}
