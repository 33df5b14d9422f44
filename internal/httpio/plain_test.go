package httpio_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/httpio"
)

func TestPlainHTTPLeadsToThePublicAddressOrNowhere(t *testing.T) {
	t.Parallel()
	h := httpio.ToTLS("https://sendvery.example.org/")
	for _, tt := range []struct {
		method, target string
		status         int
		location       string
	}{
		{"GET", "/signin?next=/o/x", 308, "https://sendvery.example.org/signin?next=/o/x"},
		{"HEAD", "/", 308, "https://sendvery.example.org/"},
		{"GET", "http://evil.example/x", 308, "https://sendvery.example.org/x"},
		{"GET", "//evil.example/x", 308, "https://sendvery.example.org//evil.example/x"},
		{"POST", "/signin", 403, ""},
		{"PUT", "/", 403, ""},
		{"DELETE", "/", 403, ""},
		{"OPTIONS", "/", 403, ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.target, strings.NewReader("email=ada@example.org")))
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s %s: %d to %q, want %d to %q", tt.method, tt.target, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
	}
}

func TestForwardedTLSBelievesTheOperatorsProxiesOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hops  int
		proto []string
		want  bool
	}{
		"nothing":                       {1, nil, false},
		"TLS":                           {1, []string{"https"}, true},
		"in capitals":                   {1, []string{"HTTPS"}, true},
		"plain":                         {1, []string{"http"}, false},
		"a claim before the proxy's":    {1, []string{"https, http"}, false},
		"in another field":              {1, []string{"https", "http"}, false},
		"two proxies, each with a word": {2, []string{"https, http"}, true},
		"a claim before those of two":   {2, []string{"https", "http, http"}, false},
		"two proxies, one word":         {2, []string{"https"}, true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["X-Forwarded-Proto"] = tt.proto
		if got := httpio.ForwardedTLS(r, tt.hops); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}
