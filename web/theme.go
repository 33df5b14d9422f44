package web

import (
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/httpio"
)

const themeCookie = "theme"

// ThemeLife is how long the choice is remembered.
const ThemeLife = 365 * 24 * time.Hour

// Theme returns the person's choice of "light" or "dark", or "" when the page
// shall follow the system.
func Theme(r *http.Request) string {
	c, err := r.Cookie(themeCookie)
	if err != nil || (c.Value != "light" && c.Value != "dark") {
		return ""
	}
	return c.Value
}

// ThemeHandler stores the choice of a POST form with the fields theme (light,
// dark or system) and back (a path of this site), and returns there. secure
// marks the cookie for HTTPS only.
func ThemeHandler(secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie := &http.Cookie{ //nolint:gosec // Secure is off only where the site itself is plain HTTP: development on loopback
			Name: themeCookie, Value: r.PostFormValue("theme"), Path: "/", MaxAge: int(ThemeLife / time.Second),
			SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: secure,
		}
		if cookie.Value != "light" && cookie.Value != "dark" {
			cookie.Value, cookie.MaxAge = "", -1
		}
		http.SetCookie(w, cookie)
		http.Redirect(w, r, httpio.LocalPath(r.PostFormValue("back")), http.StatusSeeOther) //nolint:gosec // LocalPath lets only paths of this site through
	})
}
