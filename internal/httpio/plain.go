package httpio

import (
	"net/http"
	"strings"
)

// ToTLS answers what came over plain HTTP: whoever wants to see a page is sent
// to the same path of the public address, and nothing else is taken, because
// anybody on the way could have read or changed it.
func ToTLS(public string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "This server takes nothing over plain HTTP. Use "+public+" and, if you sent a secret, change it.", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, strings.TrimSuffix(public, "/")+r.URL.RequestURI(), http.StatusPermanentRedirect) //nolint:gosec // behind the whole public address, a path of ours whatever it is
	})
}

// ForwardedTLS reports whether the browser spoke TLS with the first of so many
// proxies of the operator, by what they put into X-Forwarded-Proto: one word,
// or one each.
func ForwardedTLS(r *http.Request, hops int) bool {
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	return strings.EqualFold(strings.TrimSpace(entries[max(0, len(entries)-hops)]), "https")
}
