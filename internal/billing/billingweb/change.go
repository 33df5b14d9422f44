package billingweb

import (
	"net/url"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// ChangePage asks before the plan is changed, with what Stripe says that costs.
// The form posts "plan", "interval", "at" and "due" to Action: what is agreed to.
type ChangePage struct {
	ui.Page
	Heading string
	Error   string // why it could not be done; empty = nothing was tried
	// PortalAction leads to the cards; empty: they are not why.
	PortalAction string
	Facts        []ui.AskFact
	Lines        []Line
	Tax          string // of the sum; empty = none
	Sum          Line
	After        string // what it costs from then on
	Action       string
	Agreed       billing.Agreed
	Button       string
	Cancel       ui.Link
}

// Line is one of what a change costs.
type Line struct{ Text, Amount string }

// at is the moment of the quote as the form holds it.
func (p ChangePage) at() string { return strconv.FormatInt(p.Agreed.At.Unix(), 10) }

func (p ChangePage) due() string { return strconv.FormatInt(p.Agreed.Due, 10) }

func changeHref(o ui.Org, p billing.Price) string {
	return here(o, "change") + "?" + url.Values{"plan": {string(p.Plan)}, "interval": {string(p.Interval)}}.Encode()
}

// NewChange draws up the question whether to change to what a quote is about.
func NewChange(frame ui.Page, s State, q billing.Quote) ChangePage {
	o, to := frame.Org, Name(q.To.Plan)
	p := ChangePage{
		Page: frame.In(ui.SettingsSection, link(o)), Heading: "Switch from " + Name(q.From.Plan) + " to " + to + "?",
		Action: here(o, "change"), Agreed: billing.Agreed{To: q.To, At: q.At, Due: q.Due}, Button: "Switch to " + to,
		Cancel: ui.Link{Text: "Keep " + Name(q.From.Plan), Href: here(o, "")}, After: "After that it costs " + Cost(q.To) + ", until you change or end it.",
	}
	if q.From.Plan == q.To.Plan {
		p.Heading, p.Button = "Pay "+to+" by the "+string(q.To.Interval)+"?", "Go on by the "+string(q.To.Interval)
		p.Cancel.Text = "Leave it as it is"
	}
	for _, l := range q.Lines {
		p.Lines = append(p.Lines, Line{l.Text, format.Money(l.Cents, q.Currency)})
	}
	if q.Tax != 0 {
		p.Tax = format.Money(q.Tax, q.Currency)
	}
	switch {
	case q.Due > 0:
		p.Sum = Line{"To pay now", format.Money(q.Due, q.Currency)}
		p.Button += " and pay " + p.Sum.Amount
	case q.Due < 0:
		p.Sum = Line{"Credit for your next invoices", format.Money(-q.Due, q.Currency)}
	default:
		p.Sum = Line{"To pay now", format.Money(0, q.Currency)}
	}
	p.Facts = s.changes(q)
	return p
}

// changes is what another plan brings and takes.
func (s State) changes(q billing.Quote) []ui.AskFact {
	to := billing.PlanOf(q.To.Plan)
	var out []ui.AskFact
	if q.From.Plan.Less(q.To.Plan) {
		out = append(out, ui.Stays(sentence(to)))
	}
	if paid := s.Account.Paid; paid != nil && paid.EndsThen {
		out = append(out, ui.CanUndo("The end of your plan on "+format.Day(paid.PeriodEnd)+" is taken back."))
	}
	if q.Due > 0 {
		out = append(out, ui.AskFact{Icon: "credit-card", Tone: ui.Info, Text: "Stripe takes the amount at once, by the card that it has. If that fails, nothing is changed."})
	}
	if q.To.Plan.Less(q.From.Plan) {
		until := q.At.Add(billing.DowngradeGrace)
		if kept := s.Account.KeptUntil; kept != nil && kept.Before(until) {
			until = *kept
		}
		out = append(out, takes("At once", to, s.Usage, until)...)
	}
	return out
}

// sentence says what a larger plan gives, from now on.
func sentence(p billing.Plan) string {
	g := Gives(p)
	return "At once: " + g[0] + ", " + g[1] + ", " + g[2] + ", and " + g[3] + "."
}

// takes is what a smaller plan holds what is new to, from a day in words, and
// what it takes away on another one.
func takes(from string, to billing.Plan, u Usage, day time.Time) []ui.AskFact {
	out := []ui.AskFact{{Icon: "info", Tone: ui.Info, Text: from + " " + Holds(to)}}
	for _, text := range holds(to, u) {
		out = append(out, ui.AskFact{Icon: "pause", Tone: ui.Warning, Text: text})
	}
	stays, going := "Until "+format.Day(day)+" nothing is deleted or set aside, and a larger plan keeps everything. ", Goes(to.ID, u, day)
	if len(going) == 0 {
		return append(out, ui.Stays(stays+"What you have fits into "+to.Name+", so nothing goes then either."))
	}
	out = append(out, ui.Stays(stays+"From then on:"))
	for _, text := range going {
		out = append(out, ui.AskFact{Icon: "calendar-clock", Tone: ui.Warning, Text: text})
	}
	return out
}
