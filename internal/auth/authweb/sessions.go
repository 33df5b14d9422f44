package authweb

import (
	"net/http"
	"slices"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
)

// SignOut ends this browser's session.
func (h *Web) SignOut(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	if err := h.Auth.End(r.Context(), s.Person, s.ID); err != nil {
		return err
	}
	h.Cookies.Clear(w, sessionCookie)
	h.Cookies.Flash(w, "You are signed out.")
	return httpio.See(w, r, "/signin")
}

// List shows where the person is signed in.
func (h *Web) List(w http.ResponseWriter, r *http.Request, current auth.Session) error {
	list, err := h.Auth.Sessions(r.Context(), current.Person)
	if err != nil {
		return err
	}
	now := h.Auth.Now()
	page := SessionsPage{Page: h.Frame(w, r, "Signed-in devices")}
	for _, s := range list {
		page.Sessions = append(page.Sessions, Session{
			ID: s.ID.String(), Device: s.Device, Network: s.Network, Current: s.ID == current.ID,
			Since: format.When(s.CreatedAt, now), LastSeen: format.When(s.LastSeenAt, now),
		})
	}
	slices.SortStableFunc(page.Sessions, func(a, b Session) int {
		switch {
		case a.Current == b.Current:
			return 0
		case a.Current:
			return -1
		}
		return 1
	})
	return httpio.OK(w, r, Sessions(page))
}

// EndListed signs out one session of the list, or all others.
func (h *Web) EndListed(w http.ResponseWriter, r *http.Request, current auth.Session) error {
	which := r.PostFormValue("session")
	if which == "others" {
		if err := h.Auth.EndOthers(r.Context(), current.Person, current.ID); err != nil {
			return err
		}
		h.Cookies.Flash(w, "All other devices are signed out.")
		return httpio.See(w, r, "/account/sessions")
	}
	id, err := uid.Parse[auth.Session](which)
	if err != nil {
		return fault.Wrap(fault.NotFound, "This device is not signed in any more.", err)
	}
	if id == current.ID {
		return h.SignOut(w, r, current)
	}
	if err := h.Auth.End(r.Context(), current.Person, id); err != nil {
		return err
	}
	h.Cookies.Flash(w, "The device is signed out.")
	return httpio.See(w, r, "/account/sessions")
}
