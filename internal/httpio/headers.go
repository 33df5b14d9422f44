package httpio

import (
	"net/http"
	"strings"
)

// policy is the content security policy: everything from this site, nothing
// inline, nobody frames us.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SecurityHeaders sets what every response carries; what may be stored says so
// itself. secure adds HSTS: one year, with subdomains left to the operator.
func SecurityHeaders(secure bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("Cache-Control", "no-store")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			if secure {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// LocalPath returns p when it is a path of this site, else "/": nobody is
// sent to another site by a link of ours.
func LocalPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsFunc(p, misleading) {
		return "/"
	}
	return p
}

// misleading are characters that make a browser read a path as the name of
// another site: it leaves out tabs and line ends, and takes \ for /.
func misleading(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }
