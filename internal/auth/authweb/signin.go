package authweb

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/web/format"
)

// Form shows the page that asks for an address. Whoever is signed in already
// goes to their first page.
func (h *Web) Form(w http.ResponseWriter, r *http.Request) error {
	next := httpio.LocalPath(r.URL.Query().Get("next"))
	if s, err := h.Session(r); err == nil {
		return h.enter(w, r, s.Person, s.Email, next)
	}
	return httpio.OK(w, r, SignIn(SignInPage{Page: h.Frame(w, r, "Sign in"), Next: next}))
}

// Ask has the link sent and goes on to the page that waits for it.
func (h *Web) Ask(w http.ResponseWriter, r *http.Request) error {
	email, next := r.PostFormValue("email"), httpio.LocalPath(r.PostFormValue("next"))
	browser := rand.Text()
	id, err := h.Auth.Ask(r.Context(), email, browser, h.Client(r))
	if err != nil {
		page := SignInPage{Page: h.Frame(w, r, "Sign in"), Email: email, Next: next}
		switch limited, _ := errors.AsType[*fault.Error](err); {
		case fault.Is(err, fault.Invalid):
			page.Error = fault.FieldsOf(err)["email"]
			return httpio.Again(w, r, SignIn(page))
		case fault.Is(err, fault.LimitReached):
			page.Wait = format.For(limited.Wait)
			return httpio.Render(w, r, http.StatusTooManyRequests, SignIn(page))
		}
		return err
	}
	remembered, err := json.Marshal(asked{Request: id, Browser: browser, Email: strings.TrimSpace(email), Next: next})
	if err != nil {
		return err
	}
	h.Cookies.Set(w, askCookie, remembered, askMaxAge)
	return httpio.See(w, r, "/signin/sent")
}

// remembered returns what this browser asked for; ok is false when it did not
// ask, or too long ago.
func (h *Web) remembered(r *http.Request) (a asked, ok bool) {
	value := h.Cookies.Get(r, askCookie)
	return a, value != nil && json.Unmarshal(value, &a) == nil
}

// Sent shows the page that waits for the mail and takes the code.
func (h *Web) Sent(w http.ResponseWriter, r *http.Request) error {
	a, ok := h.remembered(r)
	if !ok {
		return httpio.See(w, r, "/signin")
	}
	return httpio.OK(w, r, Sent(h.sentPage(w, r, a)))
}

func (h *Web) sentPage(w http.ResponseWriter, r *http.Request, a asked) SentPage {
	p := SentPage{Page: h.Frame(w, r, "Check your mail"), Email: a.Email, Lifetime: lifetime}
	if s, err := h.Session(r); err == nil && !strings.EqualFold(s.Email, a.Email) {
		p.SignedIn = s.Email
	}
	return p
}

// Code signs in by the six digits.
func (h *Web) Code(w http.ResponseWriter, r *http.Request) error {
	a, ok := h.remembered(r)
	if !ok {
		return httpio.See(w, r, "/signin")
	}
	code := strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("code")), " ", "")
	in, err := h.Auth.ConfirmCode(r.Context(), a.Request, a.Browser, code, h.Client(r))
	if err != nil {
		page := h.sentPage(w, r, a)
		switch {
		case fault.Is(err, fault.Invalid):
			page.CodeError = fault.FieldsOf(err)["code"]
			return httpio.Again(w, r, Sent(page))
		case fault.Is(err, fault.LimitReached):
			page.CodeError = fault.Sentence(err)
			return httpio.Render(w, r, http.StatusTooManyRequests, Sent(page))
		}
		return err
	}
	return h.begin(w, r, in, a.Next)
}

// Link shows what the button behind a link will do. Nothing is used up:
// mail scanners open links too.
func (h *Web) Link(w http.ResponseWriter, r *http.Request) error {
	request, err := h.Auth.Inspect(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return h.linkProblem(w, r, err)
	}
	a, _ := h.remembered(r)
	page := ConfirmPage{
		Page: h.Frame(w, r, "Confirm sign-in"), Action: r.URL.Path,
		Email: request.Email, Device: request.Device, Network: request.Network,
		Asked: format.When(request.CreatedAt, h.Auth.Now()), Here: a.Request == request.ID,
	}
	if s, err := h.Session(r); err == nil && s.Email != request.Email {
		page.SignedIn = s.Email
	}
	return httpio.OK(w, r, Confirm(page))
}

// Confirm uses the link up.
func (h *Web) Confirm(w http.ResponseWriter, r *http.Request) error {
	in, err := h.Auth.Confirm(r.Context(), chi.URLParam(r, "token"), h.Client(r))
	if err != nil {
		return h.linkProblem(w, r, err)
	}
	a, _ := h.remembered(r)
	return h.begin(w, r, in, a.Next)
}

// linkProblem explains a link that does not work; other failures go on.
func (h *Web) linkProblem(w http.ResponseWriter, r *http.Request, err error) error {
	problem, ok := errors.AsType[*auth.LinkError](err)
	if !ok {
		return err
	}
	words := map[auth.LinkProblem]LinkProblem{auth.LinkExpired: LinkExpired, auth.LinkUsed: LinkUsed, auth.LinkUnknown: LinkMangled}
	_, sessionErr := h.Session(r)
	return httpio.Again(w, r, ProblemWithLink(LinkProblemPage{
		Page: h.Frame(w, r, "This link does not work"), Problem: words[problem.Problem], Lifetime: lifetime, SignedIn: sessionErr == nil,
	}))
}

// begin ends the session that the browser had, stores the new one and goes to
// the person's page.
func (h *Web) begin(w http.ResponseWriter, r *http.Request, in auth.SignedIn, next string) error {
	if old, err := h.Session(r); err == nil {
		if err := h.Auth.End(r.Context(), old.Person, old.ID); err != nil {
			return err
		}
	}
	h.Cookies.SetToken(w, sessionCookie, in.Token, sessionMaxAge)
	h.Cookies.Clear(w, askCookie)
	return h.enter(w, r, in.Person, in.Email, next)
}

// enter goes to where the person wanted to go, or to their first page.
func (h *Web) enter(w http.ResponseWriter, r *http.Request, person auth.PersonID, email, next string) error {
	home, err := h.Home(r.Context(), person, email)
	if err != nil {
		return err
	}
	if next = httpio.LocalPath(next); next != "/" && !strings.HasPrefix(next, "/signin") {
		home = next
	}
	return httpio.See(w, r, home)
}
