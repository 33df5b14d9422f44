package app

import (
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"sendvery.com/sendvery/internal/site/siteweb"
)

// Version is that of the running program: of a release, or of the commit that
// it was built from.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development build"
}

// facts are what the public pages say of this installation.
func (a *App) facts() siteweb.Facts {
	c := a.cfg
	f := siteweb.Facts{
		Address: strings.TrimSuffix(c.PublicURL, "/"), HTTPS: strings.HasPrefix(c.PublicURL, "https://"),
		Operator: c.Operator.Name, Contact: c.Operator.Contact, Response: c.Operator.Response, Location: c.Operator.Location,
		Storage: c.Operator.Storage, Backups: c.Operator.Backups, TermsURL: c.Operator.Terms, Source: c.Operator.Source,
		TLS: c.TLS, SharedLimits: c.RateLimitBackend == limitsInRedis,
		Version: Version(), IPLookup: c.IPLookup == "dns", DKIMLookup: c.DKIMLookup == "dns",
		Payments: c.Stripe.Key != "", NetworkDNS: c.ASNLookup == lookupCymru, NetworkFiles: c.ASNLookup == lookupMMDB || c.readsCountries() && c.MMDBCountry != "",
	}
	if u, err := url.Parse(c.SMTPURL); err == nil && a.outbox == nil {
		f.MailServer = u.Hostname()
	}
	if u, err := url.Parse(c.ACMEDirectory); err == nil && c.TLS == tlsACME {
		f.Authority = u.Hostname()
	}
	for _, s := range c.grantSettings() {
		if s.id != "" {
			f.Providers = append(f.Providers, s.provider.Name)
		}
	}
	return f
}

// publish lists what anybody may read, and machines look for.
func (a *App) publish(b browser) {
	s := a.siteWeb
	b.open("GET", "/security", s.Security)
	b.open("GET", "/privacy", s.Privacy)
	b.open("GET", "/terms", s.Terms)
	b.open("GET", "/open-source", s.OpenSource)
}

// securityTxt is there once there is a contact to name.
func (a *App) securityTxt(w http.ResponseWriter, r *http.Request) error {
	if a.cfg.Operator.Contact == "" {
		return a.unknown(w, r)
	}
	a.siteWeb.SecurityTxt(w, r)
	return nil
}
