package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestPagesAreCompressedAsTheBrowserTakesThem(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("<p>A page says something.</p>", 200)
	h := compressed()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}))
	for accepted, want := range map[string]string{"gzip, deflate, br, zstd": "br", "gzip": "gzip", "": ""} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accepted)
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: encoded as %q, want %q", accepted, got, want)
		}
		if want != "br" {
			continue
		}
		if body, err := io.ReadAll(brotli.NewReader(w.Body)); err != nil || string(body) != page {
			t.Errorf("the page comes back as %d bytes, %v", len(body), err)
		}
	}
}
