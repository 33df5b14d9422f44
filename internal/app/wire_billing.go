package app

import (
	"context"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// wireBilling makes plans and limits where the operator has configured a
// payment provider; without one a.plans stays nil and nothing is limited.
func (a *App) wireBilling(jobs *work.Registry, sender mailer.Sender) error {
	if a.cfg.Stripe.Key == "" {
		return nil
	}
	wrong, err := a.limiter("wrong deliveries", 60, time.Hour)
	if err != nil {
		return err
	}
	a.plans = &billing.Service{
		DB: a.db, Trail: a.trail, Gateway: a.cfg.Stripe.Gateway(a.now), Mail: sender, Log: a.log, Now: a.now,
		People: people, Compose: a.composeBilling, Grown: a.planGrown, Shrunk: a.planShrunk,
	}
	a.webhook = &billingweb.Webhook{Deliver: a.plans.Deliver, Wrong: wrong.Quiet(), Network: func(r *http.Request) string {
		return limit.Network(httpio.ClientAddress(r, a.cfg.TrustedHops))
	}}
	limits := a.plans.Limits()
	a.orgs.Born = a.plans.Born
	a.orgs.Limits, a.domains.Limits, a.reports.Plans = limits, limits, limits
	work.Handle(jobs, 0, a.plans.SyncAccount)
	work.Handle(jobs, 0, a.plans.Follow)
	work.Handle(jobs, 0, a.plans.Tell)
	work.Handle(jobs, 0, a.plans.PassTime)
	work.Handle(jobs, 0, a.plans.CompareAccounts)
	work.Handle(jobs, 0, a.plans.ForgetEvents)
	jobs.Every(time.Hour, billing.PassTime{})
	jobs.Every(24*time.Hour, billing.CompareAccounts{})
	jobs.Every(24*time.Hour, billing.ForgetEvents{})
	return nil
}

// people are those who are told about an organization's plan.
func people(ctx context.Context, tx postgres.Tx, id org.ID) (billing.People, error) {
	o, err := org.Current(ctx, tx, id)
	if err != nil {
		return billing.People{}, err
	}
	owners, err := org.Holders(ctx, tx, id, org.Own)
	if err != nil {
		return billing.People{}, err
	}
	p := billing.People{Slug: o.Slug, Name: o.Name}
	for _, c := range owners {
		p.Owners = append(p.Owners, billing.Owner{ID: c.ID, Email: c.Email})
	}
	return p, nil
}

// usage is what an organization has of what plans bound.
func (a *App) usage(ctx context.Context, in org.Access) (u billingweb.Usage, err error) {
	team, err := a.orgs.Team(ctx, in)
	if err != nil {
		return u, err
	}
	u.Seats = team.Seats(a.now())
	domains, err := a.domains.List(ctx, in.ID)
	if err != nil {
		return u, err
	}
	for _, d := range domain.KeptFirst(domains) {
		u.Domains = append(u.Domains, billingweb.Domain{Name: d.Name.String(), Aside: d.SetAsideAt != nil})
	}
	reports, err := a.reports.Usage(ctx, in.ID)
	u.Reports, u.Held = reports.Counted, reports.Held
	if reports.Oldest != nil {
		u.Oldest = *reports.Oldest
	}
	return u, err
}

// planGrown gives an organization back what a smaller plan had set aside.
func (a *App) planGrown(ctx context.Context, tx postgres.Tx, id org.ID) error {
	if err := a.domains.PlanGrown(ctx, tx, id); err != nil {
		return err
	}
	return a.reports.PlanGrown(ctx, tx, id)
}

// planShrunk sets aside what is beyond a plan.
func (a *App) planShrunk(ctx context.Context, tx postgres.Tx, id org.ID, p billing.Plan) error {
	return a.domains.SetAside(ctx, tx, id, p.Domains)
}

// ending names the organizations whose paid plan ends when a person deletes
// their account.
func (a *App) ending(ctx context.Context, person org.PersonID) (names []string, err error) {
	if a.plans == nil {
		return nil, nil
	}
	alone, err := a.orgs.Alone(ctx, person)
	for _, o := range alone {
		account, err := a.plans.Account(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		if account.Paid != nil {
			names = append(names, o.Name)
		}
	}
	return names, err
}

// wipe removes the secrets of an organization that is being deleted, and ends
// what it pays for.
func (a *App) wipe(ctx context.Context, tx postgres.Tx, in org.Access) (events []audit.Event, after func(context.Context), err error) {
	if a.plans != nil {
		if err := a.plans.Closing(ctx, tx, in.ID); err != nil {
			return nil, nil, err
		}
	}
	return a.mailboxes.DisconnectAll(ctx, tx, in)
}
