package app

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/org/orgweb"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/internal/site/siteweb"
	"sendvery.com/sendvery/web"
)

// routes is the whole list of what the program answers, grouped by who may
// call. There is no default: what is not here does not exist.
func (a *App) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(a.always(a.cookies.Secure)...)
	r.Use(a.overTLS)
	if a.outbox != nil {
		r.Use(a.localHosts)
	}
	errs := a.errors()
	unknown := a.bounded(errs.Handle(a.unknown)).ServeHTTP
	r.NotFound(unknown)
	r.MethodNotAllowed(unknown)

	// Machines: no session, no cookies.
	r.Get("/healthz", a.healthz)
	r.With(a.bounded).Get("/readyz", a.readyz)
	r.Handle(web.Prefix+"*", web.Handler())
	r.With(a.bounded).Get(siteweb.SecurityTxtPath, errs.Handle(a.securityTxt))
	if a.webhook != nil {
		r.Post(webhookPath, httpio.Problems{Log: a.log}.Handle(a.webhook.Take))
	}
	if a.cfg.ListenInbound == "" {
		a.machines(r)
	}

	// Browsers: forms from our own pages only, bodies bounded, pages compressed.
	r.Group(func(r chi.Router) {
		r.Use(a.sameOrigin(), errs.Forms, compressed())
		a.anyone(browser{r, a, errs})
		a.publish(browser{r, a, errs})
		a.signedIn(browser{r, a, errs})
		a.members(browser{r, a, errs})
		if a.billingWeb != nil {
			a.billing(browser{r, a, errs})
		}
		a.operators(browser{r, a, errs})
		if a.outbox != nil {
			a.developers(browser{r, a, errs})
		}
	})
	// The same, but the handler bounds the body: it holds files.
	r.Group(func(r chi.Router) {
		r.Use(a.sameOrigin(), compressed())
		browser{r, a, errs}.inOrg("POST", "/uploads", org.UploadReports, a.reportWeb.Upload)
	})
	return r
}

// anyone lists what needs no session.
func (a *App) anyone(b browser) {
	h := a.authWeb
	b.open("GET", "/signin", h.Form)
	b.open("POST", "/signin", h.Ask)
	b.open("GET", "/signin/sent", h.Sent)
	b.open("POST", "/signin/code", h.Code)
	b.open("GET", "/signin/link/{token}", h.Link)
	b.open("POST", "/signin/link/{token}", h.Confirm)
	b.open("GET", "/account/address/{token}", h.ShowAddress)
	b.open("POST", "/account/address/{token}", h.AnswerAddress)
	b.With(a.bounded).Method("POST", "/theme", web.ThemeHandler(a.cookies.Secure))
}

// signedIn lists what any person may do with their own things.
func (a *App) signedIn(b browser) {
	h, o := a.authWeb, a.orgWeb
	b.personal("GET", "/", a.start)
	b.leaving("POST", "/signout", h.SignOut)
	b.leaving("GET", authweb.RestorePath, h.AskRestore)
	b.leaving("POST", authweb.RestorePath, h.Restore)
	b.personal("GET", "/account", h.ShowAccount)
	b.personal("POST", "/account/address", h.AskAddress)
	b.personal("POST", "/account/address/stop", h.StopOwnAddress)
	b.personal("GET", "/account/delete", h.AskDelete)
	b.personal("POST", "/account/delete", h.Delete)
	b.personal("GET", "/account/data", owning(a.exportWeb.ShowOwn))
	b.personal("POST", "/account/data", owning(a.exportWeb.AskOwn))
	b.personal("GET", "/account/data/zip", owning(a.exportWeb.FetchOwn))
	b.personal("GET", "/account/sessions", h.List)
	b.personal("POST", "/account/sessions", h.EndListed)
	b.personal("GET", "/account/organizations", visiting(o.ListMine))
	b.personal("POST", "/account/organizations", visiting(o.Create))
	b.personal("POST", "/account/organizations/{name}/restore", visiting(o.Restore))
	b.personal("GET", "/invitations/{id}", visiting(o.ShowInvitation))
	b.personal("POST", "/invitations/{id}", visiting(o.Accept))
	b.personal("POST", "/invitations/{id}/decline", visiting(o.Decline))
	b.personal("GET", "/account/activity", a.auditWeb.Activity)
}

// members lists what belongs to an organization, each with the right it needs.
func (a *App) members(b browser) {
	o := a.orgWeb
	b.inOrg("GET", "/welcome", org.Read, o.ShowWelcome)
	b.inOrg("GET", "/settings", org.Read, o.ShowSettings)
	b.inOrg("POST", "/settings", org.ManageSettings, o.Rename)
	b.inOrg("GET", "/members", org.Read, o.ListMembers)
	b.inOrg("POST", "/members", org.ManageMembers, o.Invite)
	b.inOrg("POST", "/members/{id}/role", org.ManageMembers, o.SetRole)
	b.inOrg("GET", "/members/{id}/remove", org.ManageMembers, o.AskRemove)
	b.inOrg("POST", "/members/{id}/remove", org.ManageMembers, o.Remove)
	b.inOrg("POST", "/members/invitations/{id}/resend", org.ManageMembers, o.Resend)
	b.inOrg("POST", "/members/invitations/{id}/revoke", org.ManageMembers, o.Revoke)
	b.inOrg("GET", "/export", org.ExportAll, a.exportWeb.Show)
	b.inOrg("POST", "/export", org.ExportAll, a.exportWeb.Ask)
	b.inOrg("GET", "/export/{id}", org.ExportAll, a.exportWeb.Fetch)
	b.inOrg("GET", "/leave", org.Read, o.AskLeave)
	b.inOrg("POST", "/leave", org.Read, o.Leave)
	b.inOrg("GET", "/transfer", org.Own, o.AskTransfer)
	b.inOrg("POST", "/transfer", org.Own, o.Transfer)
	b.inOrg("GET", "/delete", org.Own, o.AskDelete)
	b.inOrg("POST", "/delete", org.Own, o.Delete)
	b.inOrg("GET", "/audit", org.ReadAudit, a.auditWeb.Show)
	b.inOrg("GET", "/audit/events.csv", org.ReadAudit, a.auditWeb.CSV)
	b.inOrg("GET", "/audit/anchor.txt", org.ReadAudit, a.auditWeb.Anchor)

	r := a.reportWeb
	b.inOrg("GET", "", org.Read, toOverview)
	b.inOrg("GET", "/", org.Read, r.Overview)
	b.inOrg("GET", "/search", org.Read, r.Search)
	b.inOrg("GET", "/domains", org.Read, r.ListDomains)
	b.inOrg("POST", "/domains", org.ManageDomains, r.AddDomain)
	b.inOrg("GET", "/domains/new", org.ManageDomains, r.NewDomains)
	b.inOrg("POST", "/domains/new", org.ManageDomains, r.AddDomains)
	b.inOrg("POST", "/domains/assign", org.ManageDomains, r.AssignDomains)
	b.inOrg("GET", "/domains/groups", org.ManageDomains, r.ListGroups)
	b.inOrg("POST", "/domains/groups", org.ManageDomains, r.CreateGroup)
	b.inOrg("POST", "/domains/groups/{id}", org.ManageDomains, r.RenameGroup)
	b.inOrg("GET", "/domains/groups/{id}/delete", org.ManageDomains, r.AskDeleteGroup)
	b.inOrg("POST", "/domains/groups/{id}/delete", org.ManageDomains, r.DeleteGroup)
	b.inOrg("GET", "/domains/{name}", org.Read, r.ShowDomain)
	b.inOrg("GET", "/senders", org.Read, r.ListSenders)
	b.inOrg("POST", "/senders/review", org.ManageSenders, r.ReviewSenders)
	b.inOrg("GET", "/reports", org.Read, r.ListReports)
	b.inOrg("GET", "/reports/{id}", org.Read, r.ShowReport)
	b.inOrg("GET", "/reporters", org.Read, r.ListReporters)
	b.inOrg("GET", "/uploads", org.UploadReports, r.ShowUpload) // POST: see routes
	b.inOrg("GET", "/receipts", org.Read, r.ListReceipts)
	b.inOrg("POST", "/receipts/retry", org.ManageMailboxes, r.RetryAll)
	b.inOrg("GET", "/receipts/{id}", org.Read, r.ShowReceipt)
	b.inOrg("POST", "/receipts/{id}/choice", org.ManageDomains, r.Choose)
	b.inOrg("POST", "/receipts/{id}/retry", org.ManageMailboxes, r.Retry)
	b.inOrg("GET", "/receipts/{id}/original", org.ReadOriginals, r.Original)
	b.inOrg("GET", "/download", org.Read, r.Downloads)
	b.inOrg("POST", "/download", org.Read, r.AskDownload) // the kind that is asked for needs a right of its own
	b.inOrg("GET", "/download/summary.pdf", org.Read, r.Print)
	b.inOrg("GET", "/download/messages.csv", org.Read, r.TakeRows(reportweb.Messages, "csv"))
	b.inOrg("GET", "/download/messages.json", org.Read, r.TakeRows(reportweb.Messages, "json"))
	b.inOrg("GET", "/download/records.csv", org.Read, r.TakeRows(reportweb.Records, "csv"))
	b.inOrg("GET", "/download/records.json", org.Read, r.TakeRows(reportweb.Records, "json"))
	b.inOrg("GET", "/download/originals.zip", org.ReadOriginals, r.TakeOriginals)
	b.inOrg("GET", "/download/{id}", org.Read, a.exportWeb.Fetch) // as above
	b.inOrg("GET", "/tls", org.Read, a.tlsWeb.Overview)
	b.inOrg("GET", "/tls/{id}", org.Read, a.tlsWeb.Show)
	b.inOrg("GET", "/failures", org.ReadFailures, a.failureWeb.List)
	b.inOrg("GET", "/failures/{id}", org.ReadFailures, a.failureWeb.Show)

	m := a.mailboxWeb
	b.inOrg("GET", "/mailboxes", org.Read, m.ListMailboxes)
	b.inOrg("GET", "/mailboxes/new", org.ManageMailboxes, m.New)
	b.inOrg("POST", "/mailboxes/new", org.ManageMailboxes, m.Create)
	b.inOrg("GET", "/mailboxes/grant/{provider}", org.ManageMailboxes, m.AskGrant)
	b.inOrg("POST", "/mailboxes/grant/{provider}", org.ManageMailboxes, m.BeginGrant)
	b.entered("GET", callbackPath, org.ManageMailboxes, m.GrantSlug, m.Callback)
	b.inOrg("GET", "/mailboxes/{id}/grant", org.ManageMailboxes, m.AskRenewal)
	b.inOrg("POST", "/mailboxes/{id}/grant", org.ManageMailboxes, m.Renew)
	b.inOrg("GET", "/mailboxes/{id}", org.Read, m.Show)
	b.inOrg("GET", "/mailboxes/{id}/test", org.ManageMailboxes, m.Test)
	b.inOrg("POST", "/mailboxes/{id}/test", org.ManageMailboxes, m.TestAgain)
	b.inOrg("GET", "/mailboxes/{id}/edit", org.ManageMailboxes, m.Edit)
	b.inOrg("POST", "/mailboxes/{id}/edit", org.ManageMailboxes, m.Change)
	b.inOrg("GET", "/mailboxes/{id}/domains", org.ManageMailboxes, m.FoundDomains)
	b.inOrg("POST", "/mailboxes/{id}/domains", org.ManageMailboxes, m.Choose)
	b.inOrg("POST", "/mailboxes/{id}/check", org.ManageMailboxes, m.CheckNow)
	b.inOrg("POST", "/mailboxes/{id}/pause", org.ManageMailboxes, m.Pause)
	b.inOrg("GET", "/mailboxes/{id}/read-again", org.ManageMailboxes, m.AskReadAgain)
	b.inOrg("POST", "/mailboxes/{id}/read-again", org.ManageMailboxes, m.ReadAgain)
	b.inOrg("GET", "/mailboxes/{id}/delete", org.ManageMailboxes, m.AskDelete)
	b.inOrg("POST", "/mailboxes/{id}/delete", org.ManageMailboxes, m.Delete)
}

// billing lists what owners may do about the plan, where plans are paid for.
func (a *App) billing(b browser) {
	h := a.billingWeb
	b.inOrg("GET", "/billing", org.Own, h.Show)
	b.inOrg("POST", "/billing/subscribe", org.Own, h.Subscribe)
	b.inOrg("GET", "/billing/change", org.Own, h.AskChange)
	b.inOrg("POST", "/billing/change", org.Own, h.Change)
	b.inOrg("GET", "/billing/cancel", org.Own, h.AskCancel)
	b.inOrg("POST", "/billing/cancel", org.Own, h.Cancel)
	b.inOrg("POST", "/billing/resume", org.Own, h.Resume)
	b.inOrg("POST", "/billing/portal", org.Own, h.Portal)
	b.inOrg("POST", "/billing/domains", org.Own, h.ChooseDomains)
}

// developers lists what exists in development mode only.
func (a *App) developers(b browser) {
	outbox := authweb.DevOutbox{Mails: a.outbox, Web: a.authWeb}
	b.open("GET", authweb.OutboxPath, outbox.List)
	b.open("GET", authweb.OutboxPath+"/{n}", outbox.Mail)
	b.open("GET", authweb.OutboxPath+"/{n}/html", outbox.HTML)
	b.Mount("/dev/gallery", galleryHandler())
}

// browser registers routes for browsers.
type browser struct {
	chi.Router
	app  *App
	errs httpio.Errors
}

// open registers a route that needs no session.
func (b browser) open(method, pattern string, h httpio.Handler) {
	b.With(b.app.bounded).Method(method, pattern, b.errs.Handle(h))
}

// session returns who asks; without a session, only as often as a network may.
func (b browser) session(r *http.Request) (auth.Session, error) {
	s, err := b.app.authWeb.Session(r)
	if fault.Is(err, fault.Unauthenticated) {
		err = cmp.Or(b.app.stranger(r), err)
	}
	return s, err
}

// personal registers a route that needs a session of somebody who stays.
func (b browser) personal(method, pattern string, h func(http.ResponseWriter, *http.Request, auth.Session) error) {
	b.leaving(method, pattern, func(w http.ResponseWriter, r *http.Request, s auth.Session) error {
		if s.PurgeAt != nil {
			return httpio.See(w, r, authweb.RestorePath)
		}
		return h(w, r, s)
	})
}

// visiting hands a personal route's person to pages that know no sessions.
func visiting(h func(http.ResponseWriter, *http.Request, orgweb.Visitor) error) func(http.ResponseWriter, *http.Request, auth.Session) error {
	return func(w http.ResponseWriter, r *http.Request, s auth.Session) error {
		return h(w, r, orgweb.Visitor{Person: s.Person, Email: s.Email})
	}
}

// owning hands a personal route's person to pages about what is theirs.
func owning(h func(http.ResponseWriter, *http.Request, org.PersonID) error) func(http.ResponseWriter, *http.Request, auth.Session) error {
	return func(w http.ResponseWriter, r *http.Request, s auth.Session) error { return h(w, r, s.Person) }
}

// leaving registers a route that needs a session, be it of somebody whose
// account is being deleted.
func (b browser) leaving(method, pattern string, h func(http.ResponseWriter, *http.Request, auth.Session) error) {
	b.Method(method, pattern, b.errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
		s, err := b.session(r)
		if err != nil {
			return err
		}
		return h(w, r.WithContext(withVisitor(r.Context(), visitor{session: s})), s)
	}))
}

// inOrg registers a route below /o/{slug} that needs a right in that
// organization. Without membership it answers as if nothing were there.
func (b browser) inOrg(method, pattern string, right org.Right, h func(http.ResponseWriter, *http.Request, org.Access) error) {
	b.entered(method, "/o/{slug}"+pattern, right, func(r *http.Request) (string, error) { return chi.URLParam(r, "slug"), nil }, h)
}

// entered is inOrg for a route whose request names the organization in a way
// of its own.
func (b browser) entered(method, pattern string, right org.Right, slug func(*http.Request) (string, error), h func(http.ResponseWriter, *http.Request, org.Access) error) {
	b.Method(method, pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := b.session(r)
		if err != nil {
			b.errs.Fail(w, r, err)
			return
		}
		r = r.WithContext(withVisitor(r.Context(), visitor{session: s}))
		if s.PurgeAt != nil {
			if err := httpio.See(w, r, authweb.RestorePath); err != nil {
				b.errs.Fail(w, r, err)
			}
			return
		}
		name, err := slug(r)
		if err != nil {
			b.errs.Fail(w, r, err)
			return
		}
		access, err := b.app.orgs.Enter(r.Context(), s.Person, s.Email, name)
		r = r.WithContext(withVisitor(r.Context(), visitor{session: s, access: access}))
		if err == nil && !access.Role.May(right) {
			err = fault.New(fault.Denied, "Your role in this organization does not allow this.")
		}
		if err == nil {
			err = h(w, r, access)
		}
		if err != nil {
			b.errs.Fail(w, r, err)
		}
	}))
}

// toOverview mends an address whose last slash was left out.
func toOverview(w http.ResponseWriter, r *http.Request, access org.Access) error {
	return httpio.See(w, r, "/o/"+access.Slug+"/")
}

// start sends a signed-in person to their first page.
func (a *App) start(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	home, err := a.home(r.Context(), s.Person, s.Email)
	if err != nil {
		return err
	}
	return httpio.See(w, r, home)
}

func (a *App) unknown(_ http.ResponseWriter, _ *http.Request) error {
	return fault.New(fault.NotFound, "There is no such page.")
}

func (a *App) errors() httpio.Errors {
	return httpio.Errors{Log: a.log, Page: a.errorPage, SignIn: func(r *http.Request) string {
		return "/signin?next=" + url.QueryEscape(r.URL.RequestURI())
	}}
}
