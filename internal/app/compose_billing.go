package app

import (
	"strings"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/mail"
	"sendvery.com/sendvery/web/ui"
)

// composeBilling writes the mail of a notice about a plan.
func (a *App) composeBilling(to billing.People, n billing.Notice) (mailer.Message, error) {
	o, now := ui.Org{Slug: to.Slug}, n.Account
	link := a.publicURL(o.Path("billing"))
	paid, cost, end := now.Plan, "It costs nothing.", ""
	if now.Paid != nil {
		paid, end = now.Paid.Plan, format.Day(now.Paid.PeriodEnd)
		cost = "It costs " + billingweb.Cost(now.Paid.Price) + " and renews on " + end + "."
	}
	switch n.Subject {
	case billing.PaymentFailed:
		return compose(mail.PaymentFailed{Organization: to.Name, Plan: billingweb.Name(paid), Until: format.Day(now.LimitsFrom()), Link: link, Host: a.publicHost()})
	case billing.PlanEnds:
		return compose(mail.PlanEnds{
			Organization: to.Name, Plan: billingweb.Name(paid), End: end, Until: format.Day(now.Paid.PeriodEnd.Add(billing.DowngradeGrace)), Link: link, Host: a.publicHost(),
		})
	case billing.GraceReminder:
		return compose(mail.GraceReminder{
			Organization: to.Name, Why: why(n), Had: billingweb.Name(now.Kept), Has: billingweb.Name(now.Plan), Left: format.Of(n.Days, "day", "days"), Until: dayOf(now.KeptUntil),
			Goes: billingweb.Goes(now.Kept, now.Plan), ExportLink: a.publicURL(o.Path("export")), Link: link, Host: a.publicHost(),
		})
	case billing.PlanChanged:
	}
	l := mail.PlanChanged{
		Organization: to.Name, From: billingweb.Name(n.From), To: billingweb.Name(now.Plan), Gives: billingweb.Name(now.Plan) + " gives " + strings.Join(billingweb.Gives(billing.PlanOf(now.Plan)), ", ") + ".",
		Cost: cost, Until: dayOf(now.KeptUntil), Link: link, Host: a.publicHost(),
	}
	if now.Kept != "" {
		l.Goes = billingweb.Goes(now.Kept, now.Plan)
	}
	return compose(l)
}

// why is what began a grace, in its first mail.
func why(n billing.Notice) string {
	switch {
	case n.Days < 30:
		return ""
	case n.From == "":
		return "This installation has plans now."
	}
	return "The plan changed from " + billingweb.Name(n.From) + " to " + billingweb.Name(n.Account.Plan) + "."
}

// dayOf is the day of a moment that may not be there.
func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return format.Day(*t)
}
