package apptest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// secured is what every answer carries, whatever was asked.
var secured = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "same-origin",
	"Permissions-Policy":         "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Cross-Origin-Opener-Policy": "same-origin",
}

// outboxPolicy is that of the mails in the outbox of development mode, whose
// styles stand in them.
const outboxPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation; frame-ancestors 'none'"

// Unsecured lists what is wrong with the security headers of an answer, which
// came over TLS or not.
func Unsecured(h http.Header, overTLS bool) (problems []string) {
	check := func(name, want string) {
		if got := h.Values(name); len(got) > 1 || h.Get(name) != want && (name != "Content-Security-Policy" || h.Get(name) != outboxPolicy) {
			problems = append(problems, fmt.Sprintf("%s is %q, want %q", name, got, want))
		}
	}
	for name, want := range secured {
		check(name, want)
	}
	hsts := ""
	if overTLS {
		hsts = "max-age=31536000"
	}
	check("Strict-Transport-Security", hsts)
	if stored := h.Get("Cache-Control"); stored != "no-store" && (stored == "" || strings.HasPrefix(h.Get("Content-Type"), "text/html")) {
		problems = append(problems, "it may be stored: "+stored)
	}
	slices.Sort(problems)
	return problems
}

// secure fails the test when the answer is not secured: no test sees one
// that is not.
func (b *Browser) secure(t testing.TB, method, path string, p Page) {
	t.Helper()
	for _, problem := range Unsecured(p.Header, b.app.tls != nil) {
		t.Errorf("%s %s (%d): %s", method, path, p.Status, problem)
	}
}
