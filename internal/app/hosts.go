package app

import (
	"net/http"
	"net/url"
	"strings"
)

// localHosts answers, in development mode, requests to this machine's own
// names only. A page of any site may point its own name at 127.0.0.1 once it
// is loaded (DNS rebinding); to the browser that is still the page's site, and
// its scripts would read everybody's sign-in mails from the outbox.
func (a *App) localHosts(next http.Handler) http.Handler {
	public, err := url.Parse(a.cfg.PublicURL)
	if err != nil {
		public = &url.URL{} // Check has refused it before
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
		if host != strings.ToLower(public.Hostname()) && !isLoopback(host) {
			http.Error(w, "This is Sendvery in development mode, which answers at "+a.cfg.PublicURL+" only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
