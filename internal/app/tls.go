package app

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/certs"
	"sendvery.com/sendvery/internal/httpio"
)

// Who speaks TLS.
const (
	tlsOff   = "off"   // nobody: this very machine only
	tlsProxy = "proxy" // a proxy in front
	tlsFiles = "files" // we, with a certificate in files
	tlsACME  = "acme"  // we, with one that we order
)

// SpeaksTLS reports whether the program itself does.
func (c Config) SpeaksTLS() bool { return c.TLS == tlsFiles || c.TLS == tlsACME }

// PublicName is the host of the public address, without a port.
func (c Config) PublicName() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return "" // Check says so
	}
	return u.Hostname()
}

// plainHTTP is the address for plain HTTP beside that for TLS; "" = none.
func (c Config) plainHTTP() string {
	if c.TLS == tlsACME && c.ListenHTTP == "" {
		return ":80"
	}
	return c.ListenHTTP
}

// tls checks who speaks TLS, and what that takes.
func (p *problems) tls(c Config) {
	p.only(c, tlsFiles, map[string]string{"TLS_CERT_FILE": c.TLSCertFile, "TLS_KEY_FILE": c.TLSKeyFile})
	p.only(c, tlsACME, map[string]string{"ACME_EMAIL": c.ACMEEmail, "ACME_CA_FILE": c.ACMECAFile})
	if _, _, err := net.SplitHostPort(c.ListenHTTP); c.ListenHTTP != "" && !c.SpeaksTLS() {
		p.add("LISTEN_HTTP", "is set, but TLS is neither files nor acme")
	} else if c.ListenHTTP != "" && err != nil {
		p.add("LISTEN_HTTP", "is not an address with a port, such as :80")
	}
	switch c.TLS {
	case tlsOff:
		p.off(c)
		return
	case tlsProxy:
		if c.TrustedHops < 1 {
			p.add("TRUSTED_HOPS", "is missing beside TLS=proxy: how many proxies stand in front?")
		}
	case tlsFiles:
		p.files(c)
	case tlsACME:
		p.acme(c)
		if c.TrustedHops > 0 {
			p.add("TRUSTED_HOPS", "is set beside TLS=acme, where no proxy stands in front: anybody could claim any address")
		}
	default:
		p.add("TLS", "is none of acme, files, proxy and off")
		return
	}
	if !p.production && strings.HasPrefix(c.PublicURL, "http:") {
		p.add("PUBLIC_URL", "is http, but TLS is not off")
	}
}

// only refuses options that belong to one way of speaking TLS beside another.
func (p *problems) only(c Config, way string, options map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if c.TLS != way && options[name] != "" {
			p.add(name, "is set, but TLS is not "+way)
		}
	}
}

func (p *problems) off(c Config) {
	if p.production {
		p.add("TLS", "is off; a public address needs acme, files or proxy")
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !isLoopback(host) {
		p.add("LISTEN", "is an address that others can reach, but TLS is off; only 127.0.0.1 and localhost may be")
	}
}

func (p *problems) files(c Config) {
	if c.TLSCertFile == "" || c.TLSKeyFile == "" {
		p.add("TLS_CERT_FILE and TLS_KEY_FILE", "are needed beside TLS=files")
		return
	}
	if _, err := certs.OpenFiles(c.TLSCertFile, c.TLSKeyFile, nil); err != nil {
		p.add("TLS_CERT_FILE and TLS_KEY_FILE", err.Error())
	}
}

func (p *problems) acme(c Config) {
	host := c.PublicName()
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		p.add("PUBLIC_URL", "names no domain, for which TLS=acme could order a certificate")
	}
	if u, err := url.Parse(c.ACMEDirectory); err != nil || u.Scheme != "https" || u.Hostname() == "" {
		p.add("ACME_DIRECTORY", "is not an https address")
	}
	if c.ACMEEmail != "" && !strings.Contains(c.ACMEEmail, "@") {
		p.add("ACME_EMAIL", "is not an address")
	}
	if _, err := authorities(c.ACMECAFile, nil); err != nil {
		p.add("ACME_CA_FILE", err.Error())
	}
}

// certificates opens where the certificates come from when we speak TLS.
func (a *App) certificates() (certs.Source, error) {
	if a.cfg.TLS == tlsFiles {
		files, err := certs.OpenFiles(a.cfg.TLSCertFile, a.cfg.TLSKeyFile, a.log)
		if err != nil {
			return nil, fmt.Errorf("TLS_CERT_FILE and TLS_KEY_FILE %w", err)
		}
		return files, nil
	}
	roots, err := authorities(a.cfg.ACMECAFile, nil)
	if err != nil {
		return nil, fmt.Errorf("ACME_CA_FILE %w", err)
	}
	return certs.NewACME(a.certs, certs.Order{Host: a.cfg.PublicName(), Directory: a.cfg.ACMEDirectory, Email: a.cfg.ACMEEmail, Roots: roots}), nil
}

// plain answers what comes over plain HTTP beside TLS.
func (a *App) plain(source certs.Source) http.Handler {
	h := httpio.ToTLS(a.cfg.PublicURL)
	if orders, ok := source.(*certs.ACME); ok {
		h = orders.Plain(h)
	}
	r := chi.NewRouter()
	r.Use(a.always(false)...)
	r.Use(a.bounded)
	r.Handle("/*", h)
	return r
}

// overTLS answers, behind a proxy, only what the browser sent it over TLS.
// Whoever asks the process itself how it is stands inside.
func (a *App) overTLS(next http.Handler) http.Handler {
	if a.cfg.TLS != tlsProxy {
		return next
	}
	elsewhere := httpio.ToTLS(a.cfg.PublicURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
		if !inside && !httpio.ForwardedTLS(r, a.cfg.TrustedHops) {
			w.Header().Del("Strict-Transport-Security") // RFC 6797 section 7.2
			elsewhere.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
