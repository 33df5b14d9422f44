package app

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/audit/auditweb"
	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/certs"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/export/exportweb"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/failurereport/failureweb"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/instance"
	"sendvery.com/sendvery/internal/instance/instanceweb"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/org/orgweb"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/site/siteweb"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsreport/tlsweb"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/mail"
	"sendvery.com/sendvery/web/ui"
)

// wire makes the services and plugs them into one another.
func (a *App) wire(sender mailer.Sender) error {
	jobs := work.NewRegistry()
	a.trail.DB, a.trail.Now = a.db, a.now
	a.certs = &certs.Store{DB: a.db, Ring: a.ring, Log: a.log, Now: a.now}
	a.instance = &instance.Service{DB: a.db, Now: a.now}
	if err := errors.Join(a.wireOrgs(jobs, sender), a.wireAuth(jobs, sender), a.wireReports(jobs, sender)); err != nil {
		return err
	}
	if err := a.wireBilling(jobs, sender); err != nil {
		return err
	}
	a.orgs.Wipe = a.wipe
	a.exports = &export.Service{DB: a.db, Trail: a.trail, Now: a.now}
	a.exports.Handle(jobs)
	if err := a.wireIngress(jobs); err != nil { // after all that is done regularly
		return err
	}
	a.wirePages()
	a.keys = &keyring.Service{DB: a.db, Trail: a.trail, Ring: a.ring, Columns: keyring.Columns(), Now: a.now}
	work.Handle(jobs, 0, a.keys.Work)
	queue, err := work.New(a.db, jobs, a.log)
	if err != nil {
		return err
	}
	a.queue = queue
	a.instanceWeb.Queue = queue.Status
	a.orgs.Queue, a.auth.Queue, a.mailboxes.Queue, a.reports.Queue, a.exports.Queue = queue, queue, queue, queue, queue
	a.keys.Queue, a.ingress.Queue = queue, queue
	if a.plans != nil {
		a.plans.Queue = queue
	}
	return nil
}

func (a *App) wireOrgs(jobs *work.Registry, sender mailer.Sender) error {
	invitations, err := a.limiter("invitations", 50, 24*time.Hour)
	if err != nil {
		return err
	}
	a.orgs = &org.Service{DB: a.db, Trail: a.trail, Mails: invitations, Post: org.Post{Mail: sender, Compose: a.composeInvitation}, Now: a.now}
	work.Handle(jobs, 0, a.orgs.Send)
	work.Handle(jobs, 0, a.orgs.Purge)
	jobs.Every(time.Hour, org.Purge{})
	return nil
}

// wireReports makes domains, mailboxes and reports, which hold one another:
// mailboxes hand their mail to reports, new domains release held ones.
func (a *App) wireReports(jobs *work.Registry, sender mailer.Sender) error {
	guard, err := a.guard()
	if err != nil {
		return err
	}
	mails, err := a.mails()
	if err != nil {
		return err
	}
	uploads, err := report.NewUploadLimits(a.limiter)
	if err != nil {
		return err
	}
	a.reports = &report.Service{
		DB: a.db, Trail: a.trail, Mails: mails, Uploads: uploads, Log: a.log, Now: a.now, Limits: a.cfg.Limits,
	}
	if err := a.wireSenders(jobs); err != nil {
		return err
	}
	a.tls = &tlsreport.Service{DB: a.db}
	a.failures = &failurereport.Service{DB: a.db, Now: a.now}
	a.domains = &domain.Service{DB: a.db, Trail: a.trail, Now: a.now, Added: a.reports.DomainsAdded}
	tests, err := a.limiter("connection tests", 30, time.Hour)
	if err != nil {
		return err
	}
	testsAtHost, err := a.limiter("connection tests at a host", 120, time.Hour)
	if err != nil {
		return err
	}
	roots, err := a.cfg.mailboxRoots(a.parts.Roots)
	if err != nil {
		return err
	}
	grants, err := a.grants()
	if err != nil {
		return err
	}
	if a.finders, err = a.finder(); err != nil {
		return err
	}
	a.mailboxes = &mailbox.Service{
		Grants: grants, Box: a.cookies.Box,
		Tests: tests, TestsAtHost: testsAtHost.Quiet(), Mail: sender, Compose: a.composePaused,
		DB: a.db, Trail: a.trail, Ring: a.ring, Intake: a.reports, Domains: a.domains, Now: a.now, Holder: rand.Text(),
		Fetcher: &mailfetch.Fetcher{Dialer: guard, Roots: roots},
	}
	work.Handle(jobs, mailbox.SliceTimeout, a.mailboxes.Do)
	work.Handle(jobs, 0, a.mailboxes.ForgetDrafts)
	work.Handle(jobs, 0, a.mailboxes.Tell)
	work.Handle(jobs, 0, a.reports.Release)
	work.Handle(jobs, 0, a.reports.ReleasePlanHeld)
	work.Handle(jobs, 0, a.reports.FindPlanHeld)
	work.Handle(jobs, 0, a.reports.Reread)
	work.Handle(jobs, 0, a.reports.ExpireOriginals)
	work.Handle(jobs, 0, a.reports.AuthenticateAgain)
	work.Handle(jobs, 0, a.reports.EnsureMonths)
	work.Handle(jobs, 0, a.reports.ExpireReports)
	work.Handle(jobs, 0, a.reports.SumDays)
	work.Handle(jobs, 0, a.failures.Expire)
	work.Handle(jobs, 0, a.trail.KeepAnchors)
	jobs.Every(24*time.Hour, report.ExpireOriginals{})
	jobs.Every(24*time.Hour, report.EnsureMonths{})
	jobs.Every(24*time.Hour, report.ExpireReports{})
	jobs.Every(10*time.Second, report.SumDays{})
	jobs.Every(24*time.Hour, audit.KeepAnchors{})
	jobs.Every(time.Hour, report.AuthenticateAgain{})
	jobs.Every(time.Hour, report.FindPlanHeld{})
	jobs.Every(time.Hour, failurereport.Expire{})
	jobs.Every(time.Hour, mailbox.ForgetDrafts{})
	return nil
}

// wireSenders makes what finds out who sends, beside the reports that tell of
// new addresses.
func (a *App) wireSenders(jobs *work.Registry) error {
	names, err := a.names()
	if err != nil {
		return err
	}
	networks, err := a.networks()
	if err != nil {
		return err
	}
	a.senders = &sender.Service{DB: a.db, Trail: a.trail, Names: names, Networks: networks, Log: a.log, Now: a.now}
	a.reports.Stored = func(ctx context.Context, tx postgres.Tx) error {
		return a.reports.Queue.Enqueue(ctx, tx, sender.Find{}, work.Once())
	}
	work.Handle(jobs, 0, a.senders.Find)
	jobs.Every(20*time.Second, sender.Find{})
	return nil
}

// guard is the way to user-supplied hosts, within what the operator allows.
func (a *App) guard() (*netguard.Guard, error) {
	networks, ports, err := a.cfg.mailboxRules()
	if err != nil {
		return nil, err
	}
	return netguard.New(netguard.Config{AllowPrefixes: networks, AllowPorts: ports, AllowEndpoints: a.parts.Allow}), nil
}

// wirePages makes what answers browsers, beside signing in.
func (a *App) wirePages() {
	a.auditWeb = &auditweb.Web{Trail: a.trail, Frame: a.frame}
	a.instanceWeb = &instanceweb.Web{Instance: a.instance, Program: a.program, Frame: a.frame}
	if a.plans != nil {
		a.instanceWeb.Payments = a.payments
	}
	a.siteWeb = &siteweb.Web{Facts: a.facts(), Frame: a.frame, Now: a.now}
	a.orgWeb = &orgweb.Web{Orgs: a.orgs, Frame: a.frame, Flash: a.cookies.Flash, Now: a.now, Counts: a.counts, Billing: a.plans != nil}
	a.exportWeb = &exportweb.Web{Exports: a.exports, Frame: a.frame, Now: a.now}
	a.mailboxWeb = &mailboxweb.Web{
		Mailboxes: a.mailboxes, Domains: a.domains, Reports: a.reports,
		PrivateHosts: a.cfg.AllowNetworks != "", Demo: a.parts.Demo, Frame: a.frame, Flash: a.cookies.Flash, Cookies: a.cookies, Finder: a.finders,
	}
	a.reportWeb = &reportweb.Web{Reports: a.reports, Failures: a.failures, Domains: a.domains, Mailboxes: a.mailboxes, Senders: a.senders, Exports: a.exports, Box: a.cookies.Box, Inbound: a.cfg.InboundToken != "", Frame: a.frame, Flash: a.cookies.Flash}
	a.exports.Makers = a.reportWeb.Makers()
	a.tlsWeb = &tlsweb.Web{TLS: a.tls, Domains: a.domains, Mailboxes: a.mailboxes, Reports: a.reports, Frame: a.frame}
	a.failureWeb = &failureweb.Web{Failures: a.failures, Domains: a.domains, Mailboxes: a.mailboxes, Frame: a.frame}
	if a.plans != nil {
		a.billingWeb = &billingweb.Web{Billing: a.plans, Usage: a.usage, Choose: a.domains.Choose, URL: a.publicURL, Frame: a.frame, Flash: a.cookies.Flash, Log: a.log, Now: a.now}
	}
}

func (a *App) wireAuth(jobs *work.Registry, sender mailer.Sender) error {
	limits, err := auth.NewLimits(a.limiter)
	if err != nil {
		return err
	}
	a.auth = &auth.Service{
		DB: a.db, Trail: a.trail, Box: a.cookies.Box, Mail: sender, Limits: limits, Now: a.now,
		Compose: a.composeSignIn,
		LinkURL: func(token string) string { return a.publicURL("/signin/link/" + token) },
		Depart:  a.orgs.Depart, EndMemberships: a.orgs.End,
		ComposeChange: a.composeChange,
		AddressURL:    func(token string) string { return a.publicURL("/account/address/" + token) },
	}
	a.authWeb = &authweb.Web{
		Auth: a.auth, Cookies: a.cookies, Home: a.home, Frame: a.frame, Ending: a.ending,
		Client: func(r *http.Request) auth.Client {
			address := httpio.ClientAddress(r, a.cfg.TrustedHops)
			return auth.Client{Device: httpio.Device(r), Network: httpio.Network(address), Address: address}
		},
	}
	work.Handle(jobs, 0, a.auth.Send)
	work.Handle(jobs, 0, a.auth.Sweep)
	work.Handle(jobs, 0, a.auth.SendAddress)
	work.Handle(jobs, 0, a.auth.Purge)
	jobs.Every(time.Hour, auth.Sweep{})
	jobs.Every(time.Hour, auth.Purge{})
	return nil
}

// publicHost is the name of this installation, to tell it from others.
func (a *App) publicHost() string {
	if u, err := url.Parse(a.cfg.PublicURL); err == nil {
		return u.Host
	}
	return a.cfg.PublicURL
}

// publicURL is the whole address of a path.
func (a *App) publicURL(path string) string { return strings.TrimSuffix(a.cfg.PublicURL, "/") + path }

// letter is a mail in both its forms.
type letter interface {
	Subject() string
	Text() string
	HTML() templ.Component
}

func compose(l letter) (mailer.Message, error) {
	var html strings.Builder
	if err := l.HTML().Render(context.Background(), &html); err != nil {
		return mailer.Message{}, err
	}
	return mailer.Message{Subject: l.Subject(), Text: l.Text(), HTML: html.String()}, nil
}

// composePaused writes the mail about a mailbox that needs somebody.
func (a *App) composePaused(in org.Organization, m mailbox.Mailbox) (mailer.Message, error) {
	l := mail.MailboxPaused{
		Mailbox: m.Title(), Organization: in.Name, Link: a.publicURL(ui.Org{Slug: in.Slug}.Path("mailboxes/" + m.ID.String())), Host: a.publicHost(),
	}
	if m.Failure != nil {
		l.Sentence = *m.Failure
	}
	if m.Advice != nil {
		l.Advice = *m.Advice
	}
	return compose(l)
}

// composeSignIn writes the sign-in mail.
func (a *App) composeSignIn(m auth.LinkMail) (mailer.Message, error) {
	return compose(mail.SignIn{
		Link: m.Link, Code: m.Code, Lifetime: format.For(m.Life), Email: m.To, Device: m.Device, Network: m.Network,
		Asked: format.Moment(m.AskedAt), Host: a.publicHost(),
	})
}

// composeInvitation writes the mail to somebody who is invited.
func (a *App) composeInvitation(m org.InvitationMail) (mailer.Message, error) {
	return compose(mail.Invitation{
		Organization: m.Organization.Name, Inviter: m.Inviter, Role: string(m.Role), Email: m.Email,
		Link: a.publicURL("/invitations/" + m.ID.String()), Until: format.Moment(m.ExpiresAt), Host: a.publicHost(),
	})
}

// composeChange writes the mail to one side of a change of address.
func (a *App) composeChange(m auth.ChangeMail) (mailer.Message, error) {
	return compose(mail.AddressChange{
		Old: m.Old, New: m.New, ToNew: m.Side == auth.NewSide, Device: m.Device, Network: m.Network, Asked: format.Moment(m.CreatedAt),
		Lifetime: format.For(auth.ChangeLife), Link: m.Link, Host: a.publicHost(),
	})
}

// home is the page that a person sees first.
func (a *App) home(ctx context.Context, person auth.PersonID, email string) (string, error) {
	o, err := a.orgs.EnsureFirst(ctx, person, email)
	if err != nil {
		return "", err
	}
	if o.ID.IsZero() {
		return "/account/organizations", nil
	}
	return ui.Org{Slug: o.Slug}.Path(""), nil
}

// counts is what an organization holds.
func (a *App) counts(r *http.Request, in org.Access) (orgweb.Counts, error) {
	domains, err := a.domains.List(r.Context(), in.ID)
	if err != nil {
		return orgweb.Counts{}, err
	}
	mailboxes, err := a.mailboxes.List(r.Context(), in.ID)
	c := orgweb.Counts{Domains: len(domains), Mailboxes: len(mailboxes)}
	if err != nil || a.plans == nil {
		return c, err
	}
	account, err := a.plans.Account(r.Context(), in.ID)
	if account.Paid != nil {
		c.Paid = billingweb.Name(account.Paid.Plan)
	}
	return c, err
}
