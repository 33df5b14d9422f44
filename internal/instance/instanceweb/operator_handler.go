// Package instanceweb draws the operator's page: how the installation is.
package instanceweb

import (
	"context"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/instance"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Program is how the process that answers is.
type Program struct {
	Version string
	Since   time.Time // it runs since then
	Pending int       // migrations that the database lacks
	Roles   string    // what is wrong with the database's roles; "" = nothing
	Keys    []Key
}

// Key is a sealing key, by its name.
type Key struct {
	ID      string
	Secrets int // sealed with it
	Remark  string
	Missing bool // stored values name it, and the program has it not
}

// Payments is how deliveries of the payment provider are.
type Payments struct {
	Open   []Delivery // some of those that are still to be done, the oldest first
	Number int        // of all these
}

// Delivery is one that is still to be done.
type Delivery struct {
	ID, Type string
	At       time.Time
	Failed   bool
	Attempts int
	Class    string // the sort of error of the last attempt
}

// Web answers the operator's requests.
type Web struct {
	Instance *instance.Service
	Queue    func(context.Context) (work.Status, error)
	Program  func(context.Context) (Program, error)
	// Payments is how deliveries of the payment provider are; nil without one.
	Payments func(context.Context) (Payments, error)
	Frame    func(w http.ResponseWriter, r *http.Request, title string) ui.Page
}

// orgsShown is how many organizations a page lists.
const orgsShown = 50

// Show shows how the installation is.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, _ auth.Session) error {
	ctx := r.Context()
	program, err := h.Program(ctx)
	if err != nil {
		return err
	}
	database, err := h.Instance.Database(ctx)
	if err != nil {
		return err
	}
	queue, err := h.Queue(ctx)
	if err != nil {
		return err
	}
	before, err := uid.Parse[postgres.Tenant](r.URL.Query().Get("before"))
	if err != nil {
		before = postgres.TenantID{} // the first page
	}
	sums, list, err := h.Instance.Organizations(ctx, before, orgsShown+1)
	if err != nil {
		return err
	}
	var payments *Payments
	if h.Payments != nil {
		p, err := h.Payments(ctx)
		if err != nil {
			return err
		}
		payments = &p
	}
	now := h.Instance.Now()
	page := OperatorPage{Page: h.Frame(w, r, "This installation"), Needs: needs(program, queue, payments, now)}
	page.Headline = headline(len(page.Needs), sums)
	page.Program = programFacts(program, database, now)
	page.Queues, page.Failed = queueRows(queue.Counts, now), failedRows(queue.Failed, now)
	page.Keys, page.Events = program.Keys, eventRows(payments, now)
	page.OrgCount = format.Of(sums.Organizations, "organization", "organizations")
	if len(list) > orgsShown {
		list = list[:orgsShown]
		page.Pager.Older = "/operator?before=" + list[orgsShown-1].ID.String()
	}
	if !before.IsZero() {
		page.Pager.Newer = "/operator"
	}
	page.Orgs = orgRows(list, now)
	return httpio.OK(w, r, Operator(page))
}
