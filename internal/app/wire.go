package app

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/mail"
)

// wire makes the services and plugs them into one another.
func (a *App) wire(sender mailer.Sender) error {
	jobs := work.NewRegistry()
	a.orgs = &org.Service{DB: a.db, Now: a.now}
	if err := a.wireAuth(jobs, sender); err != nil {
		return err
	}
	queue, err := work.New(a.db, jobs, a.log)
	if err != nil {
		return err
	}
	a.queue = queue
	a.auth.Queue = queue
	return nil
}

func (a *App) wireAuth(jobs *work.Registry, sender mailer.Sender) error {
	limits, err := auth.NewLimits()
	if err != nil {
		return err
	}
	a.auth = &auth.Service{
		DB: a.db, Box: a.cookies.Box, Mail: sender, Limits: limits, Now: a.now,
		Compose: a.composeSignIn,
		LinkURL: func(token string) string { return strings.TrimSuffix(a.cfg.PublicURL, "/") + "/signin/link/" + token },
	}
	a.authWeb = &authweb.Web{
		Auth: a.auth, Cookies: a.cookies, Home: a.home, Frame: a.frame,
		Client: func(r *http.Request) auth.Client {
			address := httpio.ClientAddress(r, a.cfg.TrustedHops)
			return auth.Client{Device: httpio.Device(r), Network: httpio.Network(address), Address: address}
		},
	}
	work.Handle(jobs, a.auth.Send)
	work.Handle(jobs, a.auth.Sweep)
	jobs.Every(time.Hour, auth.Sweep{})
	return nil
}

// composeSignIn writes the sign-in mail.
func (a *App) composeSignIn(m auth.LinkMail) (mailer.Message, error) {
	host := a.cfg.PublicURL
	if u, err := url.Parse(host); err == nil {
		host = u.Host
	}
	letter := mail.SignIn{
		Link: m.Link, Code: m.Code, Lifetime: format.For(m.Life), Email: m.To, Device: m.Device, Network: m.Network,
		Asked: format.Moment(m.AskedAt), Host: host,
	}
	var html strings.Builder
	if err := letter.HTML().Render(context.Background(), &html); err != nil {
		return mailer.Message{}, err
	}
	return mailer.Message{Subject: letter.Subject(), Text: letter.Text(), HTML: html.String()}, nil
}

// home is the page that a person sees first.
func (a *App) home(ctx context.Context, person auth.PersonID, email string) (string, error) {
	o, err := a.orgs.EnsureFirst(ctx, person, email)
	if err != nil {
		return "", err
	}
	return "/o/" + o.Slug + "/", nil
}
