package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/httpio"
)

func TestPanicGivesThePageThatTheLogKnows(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a := &App{log: slog.New(discreet{slog.NewTextHandler(&log, nil)})}
	h := httpio.Traced(a.recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of ours") })))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Request-Id", "chosen-by-the-client")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	known := regexp.MustCompile(`request=(\w+)`).FindStringSubmatch(log.String())
	if known == nil || !strings.Contains(log.String(), "secret of ours") {
		t.Fatalf("the log does not know it: %s", &log)
	}
	if w.Code != 500 || !strings.Contains(w.Body.String(), known[1]) {
		t.Errorf("%d, a page without the name %s that the log has: %s", w.Code, known[1], w.Body)
	}
	if strings.Contains(w.Body.String(), "secret of ours") || strings.Contains(w.Body.String()+log.String(), "chosen-by-the-client") {
		t.Errorf("the page tells of the panic, or a client chose its name: %s", w.Body)
	}
}
