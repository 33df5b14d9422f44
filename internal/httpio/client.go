package httpio

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Route returns the pattern that the request matched: it names the handler
// and, unlike the path, holds no token.
func Route(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return ""
}

// ClientAddress returns the address of the browser. hops is how many proxies
// of the operator stand in front: each appended one entry to X-Forwarded-For,
// and only those entries are believed.
func ClientAddress(r *http.Request, hops int) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if hops > 0 {
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(entries) - hops; i >= 0 {
			entry := strings.TrimSpace(entries[i])
			if ip, err := netip.ParseAddr(entry); err == nil {
				return ip.Unmap().String()
			}
			if with, err := netip.ParseAddrPort(entry); err == nil { // as some proxies write it
				return with.Addr().Unmap().String()
			}
		}
	}
	return host
}

// Network is an address without its last part: enough for a person to
// recognise, not enough to identify.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "an unknown network"
	}
	ip = ip.Unmap()
	if ip.IsLoopback() {
		return "this computer"
	}
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}

// Device describes a browser by its User-Agent, for people to recognise.
func Device(r *http.Request) string {
	agent := r.UserAgent()
	browser := firstOf(agent, "An unknown browser", [][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	})
	system := firstOf(agent, "", [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

func firstOf(agent, otherwise string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(agent, m[0]) {
			return m[1]
		}
	}
	return otherwise
}
