package authweb

import (
	"context"
	"net/http"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests of signing in and out.
type Web struct {
	Auth    *auth.Service
	Cookies httpio.Cookies
	// Home returns the page that a person sees first, making what a newcomer needs.
	Home func(ctx context.Context, person auth.PersonID, email string) (string, error)
	// Frame returns the frame of a page for whoever is signed in, or nobody.
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	// Client describes the asking browser.
	Client func(r *http.Request) auth.Client
	// Ending names the organizations whose paid plan ends when a person deletes
	// their account.
	Ending func(ctx context.Context, person auth.PersonID) ([]string, error)
}

// Names of the cookies, and how long the browser that asked is remembered.
const (
	sessionCookie = "session"
	askCookie     = "sign-in"
	askMaxAge     = int(auth.LinkLife / 1e9)
	sessionMaxAge = int(auth.SessionAbsolute / 1e9)
	lifetime      = "15 minutes"
)

// Session returns the session that the request carries; Unauthenticated
// without a valid one.
func (h *Web) Session(r *http.Request) (auth.Session, error) {
	return h.Auth.Session(r.Context(), h.Cookies.Token(r, sessionCookie), h.Client(r))
}

// asked is what the browser that asked for a link remembers, sealed.
type asked struct {
	Request auth.RequestID `json:"request"`
	Browser string         `json:"browser"`
	Email   string         `json:"email"`
	Next    string         `json:"next"`
}
