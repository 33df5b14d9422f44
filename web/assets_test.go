package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sendvery.com/sendvery/web"
)

func TestAssetsAreBuiltServedAndCached(t *testing.T) {
	t.Parallel()
	if err := web.Check(); err != nil {
		t.Fatal(err)
	}
	for name, contentType := range map[string]string{
		"style.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "volume.js": "text/javascript; charset=utf-8",
		"icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml", "inter-latin-wght-normal.woff2": "font/woff2",
	} {
		r := httptest.NewRequest(http.MethodGet, web.Asset(name), nil)
		w := httptest.NewRecorder()
		web.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", name, w.Code, w.Body.Len())
		}
		if got := w.Header().Get("Content-Type"); got != contentType {
			t.Errorf("%s: type %q, want %q", name, got, contentType)
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: cache %q", name, got)
		}
		if web.Asset(name) == web.Prefix+name {
			t.Errorf("%s has no hash in its name", name)
		}
	}
}

func TestAssetHandlerServesNothingElse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/assets/manifest.json", "/assets/.gitignore", "/assets/", "/assets/nothing.css", "/assets/../assets.go", "/assets/a/b.css"} {
		r := httptest.NewRequest(http.MethodGet, "/assets/x", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		web.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

func TestThemeIsStoredAndLeadsBackToThisSiteOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ theme, back, cookie, location string }{
		{"dark", "/o/example/?days=28", "theme=dark", "/o/example/?days=28"},
		{"light", "//evil.example/", "theme=light", "/"},
		{"light", `/\evil.example/`, "theme=light", "/"},
		{"system", "https://evil.example/", "theme=; Path=/; Max-Age=0", "/"},
		{"neon", "", "theme=; Path=/; Max-Age=0", "/"},
	} {
		body := url.Values{"theme": {c.theme}, "back": {c.back}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "/theme", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		web.ThemeHandler(true).ServeHTTP(w, r)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != c.location {
			t.Errorf("%s, back to %s: %d to %q", c.theme, c.back, w.Code, got)
		}
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, c.cookie) || !strings.Contains(got, "Secure") {
			t.Errorf("%s: cookie %q", c.theme, got)
		}
	}
}
