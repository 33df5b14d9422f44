package reportweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Choice is a report that differs from the one that counts under its name.
type Choice struct {
	Heading       string
	Explanation   string
	Counted, This Rival
	Action        string // empty = the role may not, or it cannot be read again
	Part          string
	Note          string
}

// Rival is one of two reports under one name.
type Rival struct {
	Title         string
	Unit, Count   string // "Messages", "41 203, 98.7 % passed"; no Count = not known
	RowUnit, Rows string // "Rows", "12"
	Begin, End    string
	Source        string // "dmarc@example.org"
	Read          format.Time
	Report, Mail  ui.Link // may be empty
}

// Undo is a choice about a report of the mail that can be taken back.
type Undo struct {
	Heading, Explanation string
	ui.Undo
}

// contested fills in the reports of a mail that the owner can choose about, and
// those that count because of it.
func (h *Web) contested(r *http.Request, a org.Access, rec report.Receipt, items []report.Item, p *ReceiptPage) error {
	q := report.ReceiptQuery{IDs: []report.ReceiptID{rec.ID}}
	for _, i := range items {
		if i.Contested() && i.CountedReceipt != nil {
			q.IDs = append(q.IDs, *i.CountedReceipt)
		}
	}
	may := a.Role.May(org.ManageDomains)
	for n, i := range items {
		if i.Chosen() && may {
			p.Undos = append(p.Undos, undo(a, rec.ID, items, n))
		}
	}
	if len(q.IDs) == 1 {
		return nil
	}
	q.Limit = len(q.IDs)
	mails, _, err := h.Reports.Receipts(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	came := map[report.ReceiptID]Rival{}
	for _, m := range mails {
		came[m.ID] = Rival{Source: sourceWords(m, boxes), Read: format.When(m.ReceivedAt, h.now()), Mail: ui.Link{Text: "Its mail or file", Href: path(a, fmt.Sprintf("receipts/%d", m.ID), nil)}}
	}
	for n, i := range items {
		if i.Contested() && i.CountedReceipt != nil {
			p.Choices = append(p.Choices, choice(a, rec, items, n, came, may))
		}
	}
	return nil
}

// choice is one report in conflict, beside the one that counts.
func choice(a org.Access, rec report.Receipt, items []report.Item, n int, came map[report.ReceiptID]Rival, may bool) Choice {
	i := items[n]
	c := Choice{Heading: "Which report counts?", Explanation: whyOther(i), Part: strconv.Itoa(n), Counted: came[*i.CountedReceipt], This: came[rec.ID],
		Note: "Both are kept. You can take your choice back on the page of the report that counts, and here."}
	if i.Domain != nil {
		c.Heading = "Which report about " + *i.Domain + " counts?"
	}
	section := "reports"
	if i.Kind == report.TLSReport {
		section = "tls"
	}
	c.Counted.Title, c.Counted.Report = "Counted now", ui.Link{Text: "Look at it in full", Href: path(a, fmt.Sprintf("%s/%d", section, *i.Report), nil)}
	c.This.Title, c.This.Mail = "This one", ui.Link{}
	if name := nameIn(items, n); name != "" {
		c.This.Title = "This one: " + name
	}
	c.Counted.say(i.Kind, i.Counted)
	c.This.say(i.Kind, i.Version)
	switch {
	case !may:
		c.Note = "Whoever manages the domains can choose the other way round."
	case !rec.Original || rec.Damaged:
		c.Note = "Its original is not kept or cannot be read any more, so this one cannot be counted."
	default:
		c.Action = path(a, fmt.Sprintf("receipts/%d/choice", rec.ID), nil)
	}
	return c
}

// whyOther says why another report counts.
func whyOther(i report.Item) string {
	const same = "Two reports have the same reporter, name and period, but other numbers. "
	switch {
	case i.Verdict == report.Conflict:
		return same + "As long as you choose nothing, the other one counts."
	case i.Reason != nil && *i.Reason == report.ReasonOvertaken:
		return same + "The other one counts, because its mail is authenticated and that of this one is not."
	}
	return same + "You chose that the other one counts."
}

// say fills in what the report says.
func (v *Rival) say(kind report.Kind, says *report.Version) {
	if says == nil {
		return
	}
	passed := " passed"
	v.Unit, v.RowUnit = "Messages", "Rows"
	if kind == report.TLSReport {
		v.Unit, v.RowUnit, passed = "Sessions", "Policies", " succeeded"
	}
	v.Count, v.Rows = format.Count(says.Messages), format.Count(says.Records)
	if says.Messages > 0 {
		v.Count += ", " + format.Percent(says.Passing, says.Messages) + passed
	}
	v.Begin, v.End = format.Moment(says.Begin), format.Moment(says.End)
}

// undo is the way back from a choice about a report of the mail.
func undo(a org.Access, id report.ReceiptID, items []report.Item, n int) Undo {
	i := items[n]
	u := Undo{Heading: "Your choice", Explanation: report.ChoiceSentence(i.Beside), Undo: ui.Org{Slug: a.Slug}.TakeBack(report.UndoSentence(i.Beside), int64(id), n)}
	if name := nameIn(items, n); name != "" {
		u.Heading = "Your choice about " + name
	}
	return u
}

// nameIn tells a report from the others of its mail or file: by the name of
// the entry it was found in, or else by its number; "" for the only one.
func nameIn(items []report.Item, n int) string {
	if len(items) < 2 {
		return ""
	}
	own, same := entry(items[n].Label), 0
	for _, i := range items {
		if entry(i.Label) == own {
			same++
		}
	}
	number := fmt.Sprintf("report %d of %d", n+1, len(items))
	if same > 1 || own == "" {
		return number
	}
	return own + ", " + number
}

// entry is the innermost part of where a report was found.
func entry(label string) string {
	parts := strings.Split(label, " › ")
	return parts[len(parts)-1]
}

// contest says how a report stands among others with its name.
func contest(a org.Access, st report.Contest) ui.Contest {
	o := ui.Org{Slug: a.Slug}
	c := ui.Contest{Words: st.Sentence(), Open: st.Open != 0, Other: o.Compare(int64(st.Other()))}
	if a.Role.May(org.ManageDomains) {
		c.Undo = o.TakeBack(report.UndoSentence(st.Beside != 0), int64(st.Receipt), st.Part)
	}
	return c
}

// successor leads from the address of a report that is gone to the one that
// counts instead; without one it answers with the error.
func (h *Web) successor(w http.ResponseWriter, r *http.Request, a org.Access, gone report.ID, err error) error {
	now, none := h.Reports.Successor(r.Context(), a.ID, report.AggregateReport, gone)
	if fault.Is(none, fault.NotFound) {
		return err
	}
	if none != nil {
		return none
	}
	return httpio.See(w, r, path(a, fmt.Sprintf("reports/%d", now), nil))
}

// Choose carries out what a person chose about a report in conflict, or takes
// it back.
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
	switch choice {
	case report.Add:
		sentence = "Both reports count now."
	case report.Undo:
		sentence = "Your choice is taken back. All numbers are as they were before."
	}
	h.Flash(w, sentence)
	return httpio.See(w, r, path(a, fmt.Sprintf("receipts/%d", id), nil))
}
