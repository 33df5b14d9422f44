package httpio

import (
	"net/http"

	"sendvery.com/sendvery/internal/seal"
)

// Cookies names and seals the program's cookies. Over HTTPS their names have
// the __Host- prefix, which binds them to this very host.
type Cookies struct {
	Box    *seal.Box
	Secure bool
}

func (c Cookies) name(name string) string {
	if c.Secure {
		return "__Host-" + name
	}
	return name
}

// Set stores a value in the browser: sealed, out of reach of scripts, for
// maxAge seconds (0 = until the browser closes).
func (c Cookies) Set(w http.ResponseWriter, name string, value []byte, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Value: c.Box.Seal(name, value), Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// Get returns a stored value; nil when there is none that we sealed.
func (c Cookies) Get(r *http.Request, name string) []byte {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return nil
	}
	value, err := c.Box.Open(name, cookie.Value)
	if err != nil {
		return nil
	}
	return value
}

// SetToken stores a value as it is: one that is a secret by itself, so that it
// outlives a change of the cookie key, or one that is sealed already.
func (c Cookies) SetToken(w http.ResponseWriter, name, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// Token returns what SetToken stored, "" without one.
func (c Cookies) Token(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Clear removes a cookie.
func (c Cookies) Clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
}

const flashName = "flash"

// Flash leaves a sentence for the next page.
func (c Cookies) Flash(w http.ResponseWriter, sentence string) {
	c.Set(w, flashName, []byte(sentence), 60)
}

// TakeFlash returns the sentence that the page before left, once.
func (c Cookies) TakeFlash(w http.ResponseWriter, r *http.Request) string {
	value := c.Get(r, flashName)
	if value != nil {
		c.Clear(w, flashName)
	}
	return string(value)
}
