package app

import (
	"context"
	"net/http"
	"slices"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/instance/instanceweb"
	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/migrations"
)

// operates reports whether the address is one of the operator's.
func (a *App) operates(email string) bool {
	return email != "" && slices.ContainsFunc(fields(a.cfg.Operator.Emails), func(listed string) bool {
		folded, err := mailaddr.Parse(listed)
		return err == nil && folded == email
	})
}

// operators lists what is for whoever runs the installation alone.
func (a *App) operators(b browser) {
	b.operator("GET", "/operator", a.instanceWeb.Show)
}

// operator registers a route for the operator. To anybody else, signed in or
// not, it answers as if nothing were there.
func (b browser) operator(method, pattern string, h func(http.ResponseWriter, *http.Request, auth.Session) error) {
	b.Method(method, pattern, b.errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
		s, err := b.session(r)
		if fault.Is(err, fault.Unauthenticated) || err == nil && (s.PurgeAt != nil || !b.app.operates(s.Email)) {
			return b.app.unknown(w, r)
		}
		if err != nil {
			return err
		}
		return h(w, r.WithContext(withVisitor(r.Context(), visitor{session: s})), s)
	}))
}

// program is how this process is.
func (a *App) program(ctx context.Context) (instanceweb.Program, error) {
	p := instanceweb.Program{Version: Version(), Since: a.started}
	var err error
	if p.Pending, err = a.db.Pending(ctx, migrations.Files); err != nil {
		return p, err
	}
	if err := a.checkRoles(ctx); err != nil {
		p.Roles = err.Error()
	}
	keys, err := a.KeyStatus(ctx)
	for _, k := range keys.Sealing {
		p.Keys = append(p.Keys, instanceweb.Key{ID: k.ID, Secrets: k.Values, Remark: k.Remark, Missing: k.Missing})
	}
	return p, err
}

// deliveriesShown is how many deliveries of the payment provider are listed.
const deliveriesShown = 20

// payments is how deliveries of the payment provider are.
func (a *App) payments(ctx context.Context) (p instanceweb.Payments, err error) {
	open, total, err := a.plans.OpenEvents(ctx, deliveriesShown)
	p.Number = total
	for _, e := range open {
		p.Open = append(p.Open, instanceweb.Delivery{ID: e.ID, Type: e.Type, At: e.ReceivedAt, Failed: e.State == billing.Failed, Attempts: e.Attempts, Class: e.Failure})
	}
	return p, err
}
