package app_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/redistest"
)

// told fails unless the answer says how a limit stands, which is an expression:
// seconds pass meanwhile.
func told(t *testing.T, what string, p apptest.Page, status int, policy, state string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("%s: %d, want %d", what, p.Status, status)
	}
	if got := p.Header.Get("RateLimit-Policy"); !strings.Contains(got, policy) {
		t.Errorf("%s: the policy is %s, want %s", what, got, policy)
	}
	if got := p.Header.Get("RateLimit"); !regexp.MustCompile(state).MatchString(got) {
		t.Errorf("%s: the state is %s, want %s", what, got, state)
	}
	wait, err := strconv.Atoi(p.Header.Get("Retry-After"))
	if limited := status == http.StatusTooManyRequests; limited != (err == nil && wait > 0) {
		t.Errorf("%s: Retry-After is %q", what, p.Header.Get("Retry-After"))
	}
}

func TestLimitedRoutesSayHowTheyStand(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	told(t, "a page for anybody", a.Browser(t).Get(t, "/signin"), 200, `"strangers";q=600;w=60`, `"strangers";r=599;t=1`)
	told(t, "a page that does not exist", a.Browser(t).Get(t, "/nothing"), 404, `"strangers"`, `r=599`)
	told(t, "a page for others", a.Browser(t).Get(t, b.Home), 303, `"strangers"`, `r=599`)
	told(t, "readiness", a.Browser(t).Get(t, "/readyz"), 200, `"strangers"`, `r=599`)
	if p := b.Get(t, b.Home+"welcome"); p.Status != 200 || p.Header.Get("RateLimit") != "" {
		t.Errorf("a page of one's own: %d, %s", p.Status, p.Header.Get("RateLimit"))
	}

	asking := a.Browser(t)
	for left := 4; left >= 0; left-- {
		told(t, "asking for a link", asking.Post(t, "/signin", "email", "bob@second.example"), 303,
			`"sign-in pair";q=5;w=3600, "sign-in network";q=10;w=3600`, fmt.Sprintf(`"sign-in pair";r=%d;t=(%d|%d)., "sign-in network";r=%d;`, left, (5-left)*72-1, (5-left)*72, left+5))
	}
	limited := asking.Post(t, "/signin", "email", "bob@second.example")
	told(t, "the sixth", limited, 429, `"sign-in pair"`, `"sign-in pair";r=0;`)
	if strings.Contains(fmt.Sprint(limited.Header), "sign-in address") {
		t.Errorf("it tells what others asked for an address: %v", limited.Header)
	}
	code := asking.Post(t, "/signin/code", "code", "123456")
	told(t, "a code", code, 422, `"sign-in code";q=30;w=3600`, `"sign-in code";r=29;t=1[12].`)

	told(t, "an upload", upload(t, b, "a.xml", "<feedback/>", "b.xml", "<feedback/>"), 303,
		`"uploads of a person";q=2000;w=3600, "uploads of an organization";q=6000;w=3600`, `"uploads of a person";r=1998;t=[1-4], "uploads of an organization";r=5998;t=[12]`)
	tested := connectOnce(t, b)
	told(t, "a connection test", tested, 303, `"connection tests";q=30;w=3600`, `"connection tests";r=29;t=1[12].`)
	if strings.Contains(fmt.Sprint(tested.Header), "at a host") {
		t.Errorf("it tells what others do at a host: %v", tested.Header)
	}
}

func connectOnce(t *testing.T, b *apptest.Browser) apptest.Page {
	t.Helper()
	return b.Post(t, b.Home+"mailboxes/new", "host", "127.0.0.1", "port", "993", "protocol", "imap", "security", "tls", "username", "u@example.org",
		"password", "very secret", "folder", "INBOX", "after", "leave", "since", "90")
}

func TestConnectionTestsOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	b := apptest.New(t).SignIn(t, "ada@first.example")
	var p apptest.Page
	for range 31 {
		p = connectOnce(t, b)
	}
	told(t, "the thirty-first", p, 429, `"connection tests"`, `"connection tests";r=0;`)
}

func TestStrangersAreLimitedByTheirNetwork(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	flood := a.Browser(t)
	var p apptest.Page
	for i := range 1500 { // more than the limit, because it grows again meanwhile
		// Whatever is claimed before the proxy's own entry changes nothing.
		flood.Header["X-Forwarded-For"] = []string{fmt.Sprintf("203.0.113.%d", i%250)}
		flood.Header.Set("Cookie", fmt.Sprintf("session=%043d", i))
		if p = flood.Get(t, []string{"/signin", "/nothing", b.Home, "/readyz"}[i%4]); p.Status == 429 {
			break
		}
	}
	told(t, "a flood", p, 429, `"strangers"`, `"strangers";r=0;`)
	if !strings.Contains(p.Body, "many requests from your network") || !strings.Contains(p.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("no page of ours: %s", p.Body)
	}
	told(t, "another network", a.Browser(t).Get(t, "/signin"), 200, `"strangers"`, `r=599`)
	if p := flood.Get(t, "/healthz"); p.Status != 200 {
		t.Errorf("whether it lives: %d", p.Status)
	}
	if p := b.Get(t, b.Home+"welcome"); p.Status != 200 {
		t.Errorf("somebody with a session: %d", p.Status)
	}
}

func TestReplicasShareTheirLimitsInRedis(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	shared := func(c *app.Config, _ *app.Parts) {
		c.RateLimitBackend, c.RedisURL = "redis", fmt.Sprintf("redis://127.0.0.1:%d", server.Port)
	}
	first, second := apptest.New(t, shared), apptest.New(t, shared) // their browsers have the same networks
	one, other := first.Browser(t), second.Browser(t)
	for i := range 10 {
		b := []*apptest.Browser{one, other}[i%2]
		if p := b.Post(t, "/signin", "email", fmt.Sprintf("p%d@example.org", i)); p.Status != 303 {
			t.Fatalf("asking %d: %d", i, p.Status)
		}
	}
	for name, b := range map[string]*apptest.Browser{"one": one, "the other": other} {
		told(t, name, b.Post(t, "/signin", "email", "ada@example.org"), 429, `"sign-in network"`, `"sign-in network";r=0;`)
	}
	server.Stop()
	if p := one.Post(t, "/signin", "email", "late@example.org"); p.Status != 303 {
		t.Errorf("Redis is down: %d, want what this process has left", p.Status)
	}
	if log := first.Log.String(); !strings.Contains(log, "redis does not answer") || strings.Contains(log, "example.org") {
		t.Errorf("the log: %s", log)
	}
}
