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
	o := ui.Org{Slug: to.Slug}
	link, now := a.publicURL(o.Path("billing")), n.Account
	switch n.Subject {
	case billing.PaymentFailed:
		l := mail.PaymentFailed{Organization: to.Name, Plan: billingweb.Name(now.Plan), Until: format.Day(now.LimitsFrom()), Link: link, Host: a.publicHost()}
		if now.Paid != nil {
			l.Plan = billingweb.Name(now.Paid.Plan) + ", " + billingweb.Cost(now.Paid.Price)
		}
		return compose(l)
	case billing.GraceReminder:
		return compose(mail.GraceReminder{
			Organization: to.Name, Had: billingweb.Name(now.Kept), Has: billingweb.Name(now.Plan), Left: format.Of(n.Days, "day", "days"), Until: dayOf(now.KeptUntil),
			Goes: billingweb.Goes(now.Kept, now.Plan), ExportLink: a.publicURL(o.Path("export")), Link: link, Host: a.publicHost(),
		})
	case billing.PlanChanged:
	}
	l := mail.PlanChanged{
		Organization: to.Name, From: billingweb.Name(n.From), To: billingweb.Name(now.Plan), Gives: billingweb.Name(now.Plan) + " gives " + strings.Join(billingweb.Gives(billing.PlanOf(now.Plan)), ", ") + ".",
		Cost: "It costs nothing.", Until: dayOf(now.KeptUntil), Link: link, Host: a.publicHost(),
	}
	if now.Paid != nil {
		l.Cost = "It costs " + billingweb.Cost(now.Paid.Price) + " and is paid until " + format.Day(now.Paid.PeriodEnd) + "."
	}
	if now.Kept != "" {
		l.Goes = billingweb.Goes(now.Kept, now.Plan)
	}
	return compose(l)
}

// dayOf is the day of a moment that may not be there.
func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return format.Day(*t)
}
