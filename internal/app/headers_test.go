package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/web"
)

// Browser checks the security headers of every answer: all that these tests do
// is to have every kind of answer given.

func TestEveryRouteAnswersSecured(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]apptest.Option{"localhost": nil, "production": {apptest.Public(public)}} {
		a := apptest.New(t, options...)
		w := newWorld(t, a, "ada@first.example")
		stranger, crossing := a.Browser(t), a.Browser(t)
		crossing.Header.Set("Sec-Fetch-Site", "cross-site")
		seen := map[int]bool{}
		for _, r := range routes(t, a) {
			path := r.fill(w.slug, w)
			for _, b := range []*apptest.Browser{stranger, crossing, w.owner} {
				for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE", "PUT", "TRACE"} {
					seen[b.Do(t, method, path, nil).Status] = true
				}
			}
			seen[stranger.Post(t, path).Status] = true
			seen[crossing.Post(t, path).Status] = true
			if !strings.HasSuffix(path, "/delete") && path != "/signout" && !strings.HasPrefix(path, "/account") && !strings.HasSuffix(path, "/leave") {
				seen[w.owner.Post(t, path).Status] = true
			}
		}
		for _, status := range []int{200, 303, 401, 403, 404, 422} {
			if !seen[status] {
				t.Errorf("%s: no answer with status %d was seen: %v", name, status, seen)
			}
		}
	}
}

func TestEveryKindOfAnswerIsSecured(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	stranger := a.Browser(t)
	stranger.Header.Set("Sec-Fetch-Site", "cross-site")
	rebound := a.Browser(t)
	for name, tt := range map[string]struct {
		page apptest.Page
		want int
	}{
		"page":                 {b.Get(t, b.Home+"welcome"), 200},
		"redirect":             {a.Browser(t).Get(t, "/"), 303},
		"not found":            {b.Get(t, "/nothing"), 404},
		"not found inside":     {b.Get(t, b.Home+"reports/1"), 404},
		"asset":                {b.Get(t, web.Asset("app.js")), 200},
		"asset without a body": {b.Do(t, "HEAD", web.Asset("app.js"), nil), 200},
		"no asset":             {b.Get(t, "/assets/nothing.css"), 404},
		"health":               {b.Get(t, "/healthz"), 200},
		"refused":              {stranger.Post(t, "/signin"), 403},
		"wrong method":         {b.Do(t, "DELETE", "/signin", nil), 404},
		"too large":            {b.Post(t, "/signin", "email", strings.Repeat("a", 70_000)), 413},
		"invalid":              {b.Post(t, "/signin"), 422},
		"no text":              {b.Post(t, "/signin", "email", "\xff"), 422},
		"machine":              {b.Get(t, "/jobs"), 401},
		"public page":          {rebound.Get(t, "/privacy"), 200},
	} {
		if tt.page.Status != tt.want {
			t.Errorf("%s: %d, want %d", name, tt.page.Status, tt.want)
		}
	}
	a.StopWorker()
	a.App.Close()
	for _, path := range []string{b.Home, "/readyz"} {
		if p := b.Get(t, path); p.Status < 500 {
			t.Errorf("without a database: %d", p.Status)
		}
	}
}

func TestPanicIsAnsweredSecured(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"before anything was said": func(http.ResponseWriter, *http.Request) { panic("secret of ours") },
		"with an error":            func(http.ResponseWriter, *http.Request) { panic(http.ErrNotSupported) },
		"after a header was set":   func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/plain"); panic(1) },
	} {
		w := httptest.NewRecorder()
		program(t, nil).Through(h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if problems := apptest.Unsecured(w.Header(), true); w.Code != 500 || len(problems) > 0 {
			t.Errorf("%s: %d, %q", name, w.Code, problems)
		}
	}
}

// TestOtherDoorsAnswerSecured asks where Browser does not.
func TestOtherDoorsAnswerSecured(t *testing.T) {
	t.Parallel()
	cfg := apptest.Config(dbtest.New(t))
	cfg.ListenInbound = "localhost:0"
	_, at := replica(t, cfg)
	worker, _ := running(t, program(t, nil), app.RoleWorker)
	at["a worker's LISTEN"] = worker["LISTEN"]
	for door, address := range at {
		for _, request := range []string{"GET /", "GET /healthz", "GET /readyz", "POST /jobs/x", "GET /jobs", "OPTIONS *", "OPTIONS /", "PRI *", "TRACE /", "HEAD /nothing", "GET //", "GET /%2e%2e/", "CONNECT example.org:443"} {
			status, header := ask(t, address, request)
			if problems := apptest.Unsecured(header, false); len(problems) > 0 {
				t.Errorf("%s %s (%d): %q", door, request, status, problems)
			}
		}
	}
}

// ask sends a request line as it is.
func ask(t *testing.T, address, line string) (status int, header http.Header) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", line)
	method, _, _ := strings.Cut(line, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

// TestUnsecuredFindsWhatIsMissing shows that the check is one.
func TestUnsecuredFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	got := apptest.Unsecured(http.Header{"Content-Type": {"text/html"}}, true)
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Strict-Transport-Security", "it may be stored"} {
		if !slices.ContainsFunc(got, func(problem string) bool { return strings.HasPrefix(problem, name) }) {
			t.Errorf("%s is not missed: %q", name, got)
		}
	}
	if got := apptest.Unsecured(http.Header{"Strict-Transport-Security": {"max-age=31536000"}}, false); !strings.Contains(strings.Join(got, "\n"), "Strict-Transport-Security") {
		t.Errorf("HSTS over plain HTTP passes: %q", got)
	}
}
