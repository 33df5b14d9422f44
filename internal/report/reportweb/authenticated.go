package reportweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/ui"
)

// Choice is a report that differs from the one that counts under its name.
type Choice struct {
	Heading     string
	Explanation string
	Counted     ui.Link // the one that counts
	Action      string
	Part        string
}

// noAdvice is what becomes of an aggregate report that nobody vouches for.
const noAdvice = "It is shown, and no advice stands on it."

// authenticationOf puts into words who a mail comes from, and whether that is
// who the report in it names; head is nil where no single report is meant.
// Without authentication the consequence follows; it may be empty.
func authenticationOf(source report.Source, v *mailauth.Verdict, head *dmarcrpt.Report, consequence string) ui.Authenticated {
	if source != report.FromMailbox {
		return ui.Authenticated{Word: "by whoever handed it in", Words: "It came as a file, not by mail.", Tone: ui.Plain}
	}
	if v == nil {
		return ui.Authenticated{Word: "not checked", Words: "Report mails are not authenticated on this installation.", Tone: ui.Plain}
	}
	how := "by a signature that we verified"
	if v.Method == mailauth.ByHeader {
		how = "by your incoming mail server"
	}
	if v.Result == mailauth.Pass {
		a := ui.Authenticated{Word: "as " + v.Domain.String(), Words: "Found out " + how + ".", Tone: ui.Good}
		if head != nil && !report.NamesReporter(v.Domain, head.EmailDomain(), head.OrgName) {
			a.Tone = ui.Warning
			a.Words += fmt.Sprintf(" But the report names %s as its reporter, so nobody who can be known vouches for it. %s", head.Reporter(), consequence)
		}
		return a
	}
	why := "No signature of the sender's own domain holds, so anybody could have written it."
	switch v.Result {
	case mailauth.None:
		why = "The mail carries no signature, so anybody could have written it."
	case mailauth.TempError:
		why = "The key of its signature could not be looked up when it was read."
	}
	return ui.Authenticated{Word: "no", Words: strings.TrimSpace(why + " " + consequence), Tone: ui.Warning}
}

// conflicts are the reports of a mail that the owner can choose about.
func conflicts(a org.Access, rec report.Receipt, items []report.Item) []Choice {
	if !rec.Original || !a.Role.May(org.ManageDomains) {
		return nil
	}
	var list []Choice
	for n, i := range items {
		if i.Verdict != report.Conflict || i.Kind != report.AggregateReport || i.Report == nil {
			continue
		}
		c := Choice{
			Heading: "Which report counts?", Action: path(a, fmt.Sprintf("receipts/%d/choice", rec.ID), nil), Part: strconv.Itoa(n),
			Explanation: "Two reports have the same reporter, name and period, but other numbers. As long as you choose nothing, the other one counts.",
			Counted:     ui.Link{Text: "Look at the one that counts", Href: path(a, fmt.Sprintf("reports/%d", *i.Report), nil)},
		}
		if i.Domain != nil {
			c.Heading = "Which report about " + *i.Domain + " counts?"
		}
		list = append(list, c)
	}
	return list
}

// Choose carries out what a person chose about a report in conflict.
func (h *Web) Choose(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such mail.", err)
	}
	part, err := strconv.Atoi(r.PostFormValue("part"))
	if err != nil {
		part = -1 // refused with a sentence
	}
	choice := report.Choice(r.PostFormValue("choice"))
	if err := h.Reports.Choose(r.Context(), a, report.ReceiptID(id), part, choice); err != nil {
		return err
	}
	sentence := "This report counts now, instead of the other one."
	if choice == report.Add {
		sentence = "Both reports count now."
	}
	h.Flash(w, sentence)
	return httpio.See(w, r, path(a, fmt.Sprintf("receipts/%d", id), nil))
}
