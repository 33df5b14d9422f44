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
	o, plan, end := frame.Org, Name(s.Account.Paid.Plan), s.Account.Paid.PeriodEnd
	p := CancelPage{ExportHref: o.Path("export"), Ask: ui.Ask{
		Page: frame.In(ui.SettingsSection, link(o)), Heading: "End " + plan + " on " + format.Day(end) + "?",
		Facts: []ui.AskFact{
			ui.Stays("Everything stays as it is until then. It is paid, and nothing is charged any more."),
			ui.CanUndo("Until then you can take this back on the page about billing."),
		},
		Action: here(o, "cancel"), Button: "End " + plan + " on " + format.Day(end), Cancel: ui.Link{Text: "Keep " + plan, Href: here(o, "")},
	}}
	p.Facts = append(p.Facts, takes(billing.PlanOf(billing.Free), s.Usage, end.Add(billing.DowngradeGrace))...)
	return p
}
