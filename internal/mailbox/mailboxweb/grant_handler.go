package mailboxweb

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/ui"
)

// providers are the keys of all providers, in the order of their buttons.
var providers = []mailbox.SignIn{"google", "microsoft"}

// providerName is the name of a provider for people: its key where it is not
// set up any more.
func (h *Web) providerName(provider mailbox.SignIn) string {
	if c, ok := h.Mailboxes.Grants[provider]; ok {
		return c.Name
	}
	return string(provider)
}

// grant is where a provider that is set up is asked to let us into a new mailbox.
func (h *Web) grant(a org.Access, provider mailbox.SignIn) (g Grant, ok bool) {
	if _, ok := h.Mailboxes.Grants[provider]; !ok {
		return Grant{}, false
	}
	return Grant{Name: h.providerName(provider), Href: path(a, "mailboxes/grant/"+string(provider))}, true
}

func (h *Web) grants(a org.Access) (list []Grant) {
	for _, provider := range providers {
		if g, ok := h.grant(a, provider); ok {
			list = append(list, g)
		}
	}
	return list
}

// granted is who lets us into a mailbox, and where that is renewed; zero when
// it is signed in to with a password.
func (h *Web) granted(a org.Access, m mailbox.Mailbox) Grant {
	if m.SignIn == mailbox.ByPassword {
		return Grant{}
	}
	g := Grant{Name: h.providerName(m.SignIn)}
	if _, ok := h.Mailboxes.Grants[m.SignIn]; ok {
		g.Href = below(a, m.ID, "grant")
	}
	return g
}

// AskGrant asks for the choices of a new mailbox at a provider.
func (h *Web) AskGrant(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.grantPage(w, r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Ask(p))
}

func (h *Web) grantPage(w http.ResponseWriter, r *http.Request, a org.Access) (GrantPage, error) {
	g, ok := h.grant(a, mailbox.SignIn(chi.URLParam(r, "provider")))
	if !ok {
		return GrantPage{}, fault.New(fault.NotFound, "Signing in with this provider is not set up on this Sendvery.")
	}
	return GrantPage{
		Page: h.frame(w, r, "Continue with "+g.Name, listLink(a)), Provider: g.Name, Action: g.Href, CancelHref: path(a, "mailboxes/new"),
		Form: Form{Protocol: string(mailfetch.IMAP), Folder: "INBOX", After: string(mailbox.LeaveUntouched), Since: "90"},
	}, nil
}

// BeginGrant sends the browser to a provider, which is asked to let us into a
// new mailbox.
func (h *Web) BeginGrant(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.grantPage(w, r, a)
	if err != nil {
		return err
	}
	set, form := h.settings(r)
	there, cookie, err := h.Mailboxes.BeginGrant(a, mailbox.SignIn(chi.URLParam(r, "provider")), mailbox.Choice{
		Protocol: set.Protocol, Folder: set.Folder, AfterImport: set.AfterImport, MoveTo: set.MoveTo, ReadDays: set.ReadDays,
	})
	if fault.Is(err, fault.Invalid) {
		p.Form, p.Errors = form, formErrors(err)
		return httpio.Again(w, r, Ask(p))
	}
	if err != nil {
		return err
	}
	return h.handOff(w, r, a, p.Provider, there, cookie)
}

// AskRenewal asks whether to renew the access to a mailbox.
func (h *Web) AskRenewal(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	g := h.granted(a, m)
	if g.Href == "" {
		return fault.New(fault.Conflict, "This mailbox is signed in to with a password, or through a provider that is not set up any more. Its settings say more.")
	}
	return httpio.OK(w, r, Ask(GrantPage{
		Page: h.frame(w, r, "Sign in with "+g.Name+" again", listLink(a)), Provider: g.Name, Action: g.Href, CancelHref: nextStep(a, m), Renewed: m.Title(),
	}))
}

// Renew sends the browser to the provider of a mailbox.
func (h *Web) Renew(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	there, cookie, err := h.Mailboxes.RenewGrant(r.Context(), a, m.ID)
	if err != nil {
		return err
	}
	return h.handOff(w, r, a, h.providerName(m.SignIn), there, cookie)
}

func (h *Web) handOff(w http.ResponseWriter, r *http.Request, a org.Access, provider, there, cookie string) error {
	h.Cookies.SetToken(w, mailbox.GrantCookie, cookie, int(mailbox.GrantLife.Seconds()))
	p := ui.HandOffPage{
		Page: h.frame(w, r, "On to "+provider, listLink(a)), To: provider, Href: there,
		Words: "Your browser goes there by itself. You come back here afterwards, within ten minutes.",
	}
	p.Page.Path, p.Page.Onward = path(a, "mailboxes/new"), there
	return httpio.OK(w, r, ui.HandOff(p))
}

// GrantSlug says in which organization the browser was sent to a provider.
func (h *Web) GrantSlug(r *http.Request) (string, error) {
	e, err := h.Mailboxes.GrantErrand(h.Cookies.Token(r, mailbox.GrantCookie))
	return e.Slug, err
}

// Callback takes the browser back that a provider sends.
func (h *Web) Callback(w http.ResponseWriter, r *http.Request, a org.Access) error {
	cookie := h.Cookies.Token(r, mailbox.GrantCookie)
	errand, err := h.Mailboxes.GrantErrand(cookie)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	id, err := h.Mailboxes.CompleteGrant(r.Context(), a, cookie, mailbox.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")})
	h.Cookies.Clear(w, mailbox.GrantCookie)
	switch {
	case err == nil:
		return httpio.See(w, r, below(a, id, "test"))
	case fault.Is(err, fault.Internal), fault.Is(err, fault.Temporary):
		return err // ours or the provider's: the log has the cause
	}
	p := GrantFailedPage{
		Page: h.frame(w, r, "Not connected", listLink(a)), Sentence: fault.Sentence(err), BackHref: path(a, "mailboxes"),
		RetryHref: path(a, "mailboxes/grant/"+string(errand.Provider)),
	}
	p.Page.Path = p.RetryHref // not this address: it holds the code
	if errand.Mailbox != nil {
		p.RetryHref = below(a, *errand.Mailbox, "grant")
	}
	return httpio.Render(w, r, httpio.Status(err), GrantFailed(p))
}
