package app

import (
	"context"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/mail"
	"sendvery.com/sendvery/web/ui"
)

// composeBilling writes the mail of a notice about a plan, with what the
// organization has; none when a reminder would have nothing to say.
func (a *App) composeBilling(ctx context.Context, to billing.People, n billing.Notice) (mailer.Message, error) {
	u, err := a.usage(ctx, org.Access{Membership: org.Membership{Organization: org.Organization{ID: n.Account.Org}}})
	if err != nil {
		return mailer.Message{}, err
	}
	return a.billingMail(to, n, u)
}

func (a *App) billingMail(to billing.People, n billing.Notice, u billingweb.Usage) (mailer.Message, error) {
	o, now := ui.Org{Slug: to.Slug}, n.Account
	link, plan, has := a.publicURL(o.Path("billing")), billing.PlanOf(now.Plan), billingweb.Name(now.Plan)
	var going []string
	if now.KeptUntil != nil {
		going = billingweb.Goes(now.Plan, u, *now.KeptUntil)
	}
	switch n.Subject {
	case billing.PaymentFailed:
		return compose(mail.PaymentFailed{
			Organization: to.Name, Plan: billingweb.Name(now.Paid.Plan), Until: format.Day(now.FreeFrom()), Goes: format.Day(now.TakenAwayFrom()), Link: link, Host: a.publicHost(),
		})
	case billing.PlanEnds:
		m := mail.PlanEnds{Organization: to.Name, Plan: billingweb.Name(now.Paid.Plan), End: format.Day(now.Paid.PeriodEnd), Until: format.Day(now.TakenAwayFrom()), Link: link, Host: a.publicHost()}
		if now.PastDueSince != nil {
			m.Missing = format.Day(now.FreeFrom())
		}
		return compose(m)
	case billing.GraceReminder:
		if len(going) == 0 && n.Days < 30 {
			return mailer.Message{}, nil
		}
		m := mail.GraceReminder{
			Organization: to.Name, Has: has, Left: format.Of(n.Days, "day", "days"), Until: dayOf(now.KeptUntil), Goes: going,
			ExportLink: a.publicURL(o.Path("export")), Link: link, Host: a.publicHost(),
		}
		if now.Lapsed() {
			m.Missing = billingweb.Name(now.Paid.Plan)
		}
		if n.Days == 30 {
			m.Why = why(n) + " From now on " + billingweb.Holds(plan)
		}
		return compose(m)
	case billing.PlanChanged:
	}
	return compose(mail.PlanChanged{
		Organization: to.Name, From: billingweb.Name(n.From), To: has, Gives: has + " gives " + strings.Join(billingweb.Gives(plan), ", ") + ".",
		Cost: cost(now.Paid), Until: dayOf(now.KeptUntil), Goes: going, Link: link, Host: a.publicHost(),
	})
}

// why is what began a grace, in its first mail.
func why(n billing.Notice) string {
	a := n.Account
	switch {
	case n.From == "":
		return "This installation has plans now."
	case a.Lapsed():
		return "A payment has been missing since " + format.Day(*a.PastDueSince) + ", so " + billingweb.Name(n.From) + " is not in force any more."
	case a.Paid != nil:
		return "The plan changed from " + billingweb.Name(n.From) + " to " + billingweb.Name(a.Plan) + ". " + cost(a.Paid) + " What was left of " + billingweb.Name(n.From) + " was credited."
	}
	return "The plan changed from " + billingweb.Name(n.From) + " to " + billingweb.Name(a.Plan) + "."
}

// cost is what is paid, and until when.
func cost(p *billing.Paid) string {
	switch {
	case p == nil:
		return "It costs nothing."
	case p.EndsThen:
		return "It is paid until " + format.Day(p.PeriodEnd) + " and ends then."
	}
	return "It costs " + billingweb.Cost(p.Price) + " and renews on " + format.Day(p.PeriodEnd) + "."
}

// dayOf is the day of a moment that may not be there.
func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return format.Day(*t)
}
