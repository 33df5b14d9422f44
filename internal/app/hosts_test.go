package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
)

func TestDevelopmentModeAnswersToItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	answer := func(a *app.App, host, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w
	}
	here := apptest.New(t).App
	for host, want := range map[string]int{
		"localhost:8080": 200, "LocalHost": 200, "127.0.0.1": 200, "127.0.0.1:9": 200, "[::1]:8080": 200,
		"rebound.example": 421, "rebound.example:8080": 421, "192.0.2.1:8080": 421, "localhost.rebound.example": 421, "": 421, "[::1": 421,
	} {
		for _, path := range []string{"/dev/outbox", "/signin", "/healthz"} {
			if w := answer(here, host, path); w.Code != want {
				t.Errorf("host %q, %s: %d, want %d", host, path, w.Code, want)
			} else if want == 421 && !strings.Contains(w.Body.String(), "http://localhost:8080") {
				t.Errorf("host %q: %q does not say where to go", host, w.Body)
			}
		}
	}
	// In production the proxy decides what names lead here.
	there := apptest.New(t, apptest.Public(public), apptest.WithoutOutbox("smtps://mail.example.org")).App
	if w := answer(there, "other.example", "/healthz"); w.Code != 200 {
		t.Errorf("production: %d", w.Code)
	}
}
