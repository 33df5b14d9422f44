package app

import (
	"context"
	"net/http"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web"
	"sendvery.com/sendvery/web/ui"
)

// visitor is who the request comes from, as far as the routes have found out.
type visitor struct {
	session auth.Session
	access  org.Access
}

type visitorKey struct{}

func withVisitor(ctx context.Context, v visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// frame is the frame of a page for whoever the request comes from.
func (a *App) frame(w http.ResponseWriter, r *http.Request, title string) ui.Page {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	p := ui.Page{
		Title: title, Theme: web.Theme(r), Path: r.URL.RequestURI(), Dev: a.outbox != nil,
		Person: ui.Person{Email: v.session.Email, Operator: a.operates(v.session.Email)},
	}
	if flash := a.cookies.TakeFlash(w, r); flash != "" {
		p.Flash = ui.Flash{Tone: ui.Good, Text: flash}
	}
	if !v.access.ID.IsZero() {
		p.Org = ui.Org{Name: v.access.Name, Slug: v.access.Slug}
		for _, m := range v.access.All {
			p.Orgs = append(p.Orgs, ui.Org{Name: m.Name, Slug: m.Slug})
		}
	}
	return p
}

// errorPage is the page for a request that has no answer.
func (a *App) errorPage(r *http.Request, status int, err error, trace string) httpio.Component {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	p := ui.Page{Theme: web.Theme(r), Path: "/", Person: ui.Person{Email: v.session.Email}}
	if !v.access.ID.IsZero() {
		p.Org = ui.Org{Name: v.access.Name, Slug: v.access.Slug}
	}
	switch status {
	case http.StatusNotFound:
		return ui.Error(ui.NotFound(p))
	case http.StatusForbidden:
		return ui.Error(ui.Denied(p))
	case http.StatusInternalServerError:
		return ui.Error(ui.Broken(p, trace))
	}
	p.Title = "Not done"
	p = p.WithLarger(fault.Upgrades(err), v.access.Role.May(org.Own))
	return ui.Error(ui.ErrorPage{Page: p, Code: status, Heading: "This could not be done", Sentence: fault.Sentence(err)})
}
