package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/httpio"
)

func TestPanicGivesThePageThatTheLogKnows(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a := &App{log: slog.New(slog.NewTextHandler(&log, nil))}
	h := httpio.Traced(a.recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of ours") })))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Request-Id", "trace-1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "trace-1") || strings.Contains(w.Body.String(), "secret of ours") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "secret of ours") || !strings.Contains(log.String(), "trace-1") {
		t.Errorf("the log does not know it: %s", &log)
	}
}
