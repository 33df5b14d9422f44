// Package billingweb is where owners see what their organization pays for and
// what its plan allows, and change it.
package billingweb

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/web/ui"
)

// Billing is what the pages ask of billing.Service.
type Billing interface {
	Account(ctx context.Context, org postgres.TenantID) (billing.Account, error)
	Subscribe(ctx context.Context, a billing.Actor, p billing.Price) (url string, err error)
	Preview(ctx context.Context, a billing.Actor, p billing.Price) (billing.Quote, error)
	Change(ctx context.Context, a billing.Actor, q billing.Agreed) error
	Cancel(ctx context.Context, a billing.Actor) error
	Resume(ctx context.Context, a billing.Actor) error
	Portal(ctx context.Context, a billing.Actor) (url string, err error)
	Invoices(ctx context.Context, org postgres.TenantID) ([]billing.Invoice, error)
	Sync(ctx context.Context, org postgres.TenantID) error
}

// Web answers the requests around an organization's plan.
type Web struct {
	Billing Billing
	// Usage tells what an organization has of what plans bound.
	Usage func(ctx context.Context, a org.Access) (Usage, error)
	// Choose says which domains stay active under a smaller plan.
	Choose func(ctx context.Context, a org.Access, keep []fqdn.Name) error
	// URL is the whole address of a path, for coming back from Stripe.
	URL func(path string) string
	// Frame returns the frame of a page inside the organization.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	// Flash leaves a sentence for the next page.
	Flash func(w http.ResponseWriter, sentence string)
	Log   *slog.Logger
	Now   func() time.Time
}

// Usage is what an organization has of what plans bound.
type Usage struct {
	Domains []Domain  // in the order in which a smaller plan keeps them
	Seats   int       // members and invitations
	Reports int       // that count in this month
	Held    int       // that wait because the month's are used up
	Oldest  time.Time // day of the oldest report; zero without one
}

// Domain is one of the organization's.
type Domain struct {
	Name  string
	Aside bool // it is set aside: what it has can be read, what comes waits
}

// aside counts the domains that are set aside.
func (u Usage) aside() (n int) {
	for _, d := range u.Domains {
		if d.Aside {
			n++
		}
	}
	return n
}

func place(a org.Access) ui.Org { return ui.Org{Name: a.Name, Slug: a.Slug} }

// here is the path of the billing page, or of one below it.
func here(o ui.Org, rest string) string {
	if rest != "" {
		rest = "/" + rest
	}
	return o.Path("billing" + rest)
}

// link is the crumb of the pages below.
func link(o ui.Org) ui.Link { return ui.Link{Text: "Billing", Href: here(o, "")} }

func (h *Web) actor(a org.Access) billing.Actor {
	return billing.Actor{Org: a.ID, Name: a.Name, Person: a.Person, Email: a.Email, Back: h.URL(here(place(a), ""))}
}
