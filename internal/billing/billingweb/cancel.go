package billingweb

import (
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// CancelPage asks before the plan is ended with what is paid.
type CancelPage struct {
	ui.Ask
	ExportHref string
}

// NewCancel draws up the question whether to end the plan.
func NewCancel(frame ui.Page, s State) CancelPage {
	ended, paid := s.Account, *s.Account.Paid
	paid.EndsThen, ended.Paid = true, &paid
	o, plan, end := frame.Org, Name(paid.Plan), format.Day(paid.PeriodEnd)
	p := CancelPage{ExportHref: o.Path("export"), Ask: ui.Ask{
		Page: frame.In(ui.SettingsSection, link(o)), Heading: "End " + plan + " on " + end + "?",
		Facts: []ui.AskFact{
			ui.Stays("Everything stays as it is until then. It is paid, and nothing is charged any more."),
			ui.CanUndo("Until then you can take this back on the page about billing."),
		},
		Action: here(o, "cancel"), Button: "End " + plan + " on " + end, Cancel: ui.Link{Text: "Keep " + plan, Href: here(o, "")},
	}}
	from := "From " + format.Day(ended.FreeFrom()) + " on"
	if ended.PastDueSince != nil {
		p.Facts[0] = ui.AskFact{Icon: "credit-card", Tone: ui.Warning, Text: "A payment is missing. Stripe goes on trying to take it, but no further one is asked for."}
		from += ", unless it is paid,"
	}
	if ended.Lapsed() {
		from = "Since " + format.Day(ended.LimitsFrom()) + ", because it is not paid,"
	}
	p.Facts = append(p.Facts, takes(from, billing.PlanOf(billing.Free), s.Usage, ended.TakenAwayFrom())...)
	return p
}
