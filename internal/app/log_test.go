package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/httpio"
)

func TestLogLeavesMailAddressesOut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(discreet{slog.NewJSONHandler(&out, nil)})
	refused := errors.New(`550 5.1.1 <ada.lovelace+x@first.example>: unknown; to=grace@second.example, "bob"@third.example`)
	log.With("by", "carol@fourth.example").WithGroup("g").Error("dave@fifth.example", "error", refused, slog.Group("in", "s", "erin@sixth.example"), "n", 42)
	for _, name := range []string{"lovelace", "grace", "carol", "dave", "erin"} {
		if strings.Contains(out.String(), name) {
			t.Errorf("%s is logged: %s", name, &out)
		}
	}
	for _, kept := range []string{"550 5.1.1 <(an address)>: unknown", `"n":42`, `"g":{`, `"in":{`} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("%q is lost: %s", kept, &out)
		}
	}
}

func TestLogNamesTheRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(discreet{slog.NewTextHandler(&out, nil)})
	var name string
	h := httpio.Traced(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		name = httpio.Trace(r)
		log.With("a", 1).InfoContext(r.Context(), "within")
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if name == "" || !strings.Contains(out.String(), "request="+name) {
		t.Errorf("%q is not named: %s", name, &out)
	}
	out.Reset()
	log.InfoContext(context.Background(), "without")
	if strings.Contains(out.String(), "request") {
		t.Errorf("a request is named where there is none: %s", &out)
	}
}

func TestServersWordsHoldNoClient(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := serverLog{slog.New(slog.NewTextHandler(&out, nil))}
	for _, line := range []string{
		"http: TLS handshake error from 198.51.100.7:4711: EOF\n",
		"http: TLS handshake error from 198.51.100.7:4711: read tcp 192.0.2.1:443->198.51.100.7:4711: connection reset by peer\n",
		"http2: server: error reading preface from client 198.51.100.7:4711: bogus greeting\n",
		"http2: server: timeout waiting for SETTINGS frames from [2001:db8::7]:4711\n",
		"http: panic serving 198.51.100.7:4711: oh\n",
		"http2: server connection error from [2001:db8::7]:4711: connection error: PROTOCOL_ERROR\n",
		"http: Accept error: accept tcp 127.0.0.1:8080: too many open files; retrying in 5ms\n",
	} {
		if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
			t.Error(n, err)
		}
	}
	if strings.Contains(out.String(), "4711") || strings.Contains(out.String(), "198.51.100.7") || strings.Contains(out.String(), "handshake") {
		t.Errorf("clients, or their noise, are logged: %s", &out)
	}
	if n := strings.Count(out.String(), "level=WARN"); n != 4 || !strings.Contains(out.String(), "too many open files") {
		t.Errorf("%d lines: %s", n, &out)
	}
}
