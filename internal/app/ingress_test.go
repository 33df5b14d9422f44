package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/report"
)

// machine is a caller that shows a token.
func machine(t *testing.T, a *apptest.App, token string) *apptest.Browser {
	t.Helper()
	b := a.Browser(t)
	b.Header.Set("Authorization", "Bearer "+token)
	return b
}

// answered reads the JSON of an answer.
func answered[T any](t *testing.T, p apptest.Page) (value T) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &value); err != nil || !strings.HasSuffix(p.Header.Get("Content-Type"), "json") {
		t.Fatalf("%s, %v: %s", p.Header.Get("Content-Type"), err, p.Body)
	}
	return value
}

type deliveries struct {
	Receipts []struct {
		ID      int64
		Verdict report.Verdict
		Reason  report.Reason
	}
}

func TestProviderHandsMailsOver(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	provider := machine(t, a, apptest.InboundToken)
	deliver := func(mail string) apptest.Page {
		t.Helper()
		return provider.Send(t, "POST", "/events/inbound?organization="+w.slug, "message/rfc822", strings.NewReader(mail))
	}
	mail := func(document string) string {
		return "From: reports@reporter.example\r\nSubject: Report Domain: " + w.domain + "\r\nContent-Type: text/xml; name=\"r.xml\"\r\n\r\n" + document
	}
	for _, tt := range []struct {
		mail string
		want report.Verdict
	}{
		{mail(aReport(a, "in-1", w.domain)), report.Accepted},
		{mail(aReport(a, "in-1", w.domain)), report.Known},
		{mail(aReport(a, "in-2", "unwatched.example")), report.Held},
		{mail(aReport(a, "in-3", w.domain)[:300]), report.Refused},
		{"Subject: lunch?\r\n\r\nAt noon.\r\n", report.NoReport},
		{"\x00\xff no mail at all", report.NoReport},
	} {
		p := deliver(tt.mail)
		if p.Status != 200 {
			t.Fatalf("want %s: %d %s", tt.want, p.Status, p.Body)
		}
		got := answered[deliveries](t, p).Receipts
		if len(got) != 1 || got[0].Verdict != tt.want || got[0].ID == 0 || (got[0].Reason == "") != (tt.want.Stored() || tt.want == report.NoReport) {
			t.Errorf("%+v, want %s", got, tt.want)
		}
		holds(t, string(tt.want), w.owner.Get(t, fmt.Sprintf("%sreceipts/%d", w.owner.Home, got[0].ID)), 200, "handed over by a mail provider")
	}
	holds(t, "the list", w.owner.Get(t, w.owner.Home+"receipts?source=inbound&verdict=all"), 200, "Mail providers", "handed over by a mail provider")

	for name, tt := range map[string]struct {
		query, mail string
		want        int
	}{
		"no organization":      {"", "x", 422},
		"another organization": {"?organization=nothing", "x", 404},
		"an empty body":        {"?organization=" + w.slug, "", 422},
		"too large a mail":     {"?organization=" + w.slug, strings.Repeat("x", report.MaxUpload+1), 413},
	} {
		p := provider.Send(t, "POST", "/events/inbound"+tt.query, "message/rfc822", strings.NewReader(tt.mail))
		if p.Status != tt.want || answered[struct{ Detail string }](t, p).Detail == "" || p.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, p.Status, p.Body)
		}
	}
}

func TestMachinesShowTheirToken(t *testing.T) {
	t.Parallel()
	const fresh, old = "a fresh token of the tests for jobs", "the old token of the tests for jobs"
	a := apptest.New(t, func(c *app.Config, _ *app.Parts) { c.JobToken = fresh + "," + old })
	for name, tt := range map[string]struct {
		authorization string
		want          int
	}{
		"the fresh one":            {"Bearer " + fresh, 200},
		"the old one":              {"bearer " + old, 200},
		"both":                     {"Bearer " + fresh + "," + old, 401},
		"nothing":                  {"", 401},
		"an empty one":             {"Bearer ", 401},
		"the scheme":               {"Bearer", 401},
		"another scheme":           {"Basic " + fresh, 401},
		"the token alone":          {fresh, 401},
		"the beginning":            {"Bearer " + fresh[:len(fresh)-1], 401},
		"more":                     {"Bearer " + fresh + "x", 401},
		"that of other machines":   {"Bearer " + apptest.InboundToken, 401},
		"a session's cookie alone": {"", 401},
	} {
		b := a.Browser(t)
		if name == "a session's cookie alone" {
			b = a.SignIn(t, "ada@first.example")
		}
		b.Header.Set("Authorization", tt.authorization)
		p := b.Get(t, "/jobs")
		if p.Status != tt.want || (p.Status == 401) != (p.Header.Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: %d %s", name, p.Status, p.Body)
		}
		if p.Header.Get("Set-Cookie") != "" || strings.Contains(p.Body, fresh) {
			t.Errorf("%s: a cookie, or the token comes back: %v %s", name, p.Header, p.Body)
		}
	}
	guess := machine(t, a, "a guess")
	var p apptest.Page
	for range 61 {
		p = guess.Get(t, "/jobs")
	}
	told(t, "many guesses", p, 429, `"wrong tokens";q=60;w=3600`, `"wrong tokens";r=0;`)
	guess.Header.Set("Authorization", "Bearer "+fresh)
	if p := guess.Get(t, "/jobs"); p.Status != 200 {
		t.Errorf("the right token from the same network: %d", p.Status)
	}
	for _, secret := range []string{fresh, old, apptest.InboundToken, "a guess"} {
		if strings.Contains(a.Log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestWithoutTokensThereIsNothingForMachines(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, func(c *app.Config, _ *app.Parts) { c.InboundToken, c.JobToken = "", "" })
	for _, token := range []string{"", apptest.InboundToken, apptest.JobToken} {
		b := machine(t, a, token)
		for path, method := range map[string]string{"/events/inbound?organization=x": "POST", "/jobs": "GET", "/jobs/sweep_sign_in": "POST"} {
			if p := b.Do(t, method, path, nil); p.Status != 404 {
				t.Errorf("%s with %q: %d, want 404", path, token, p.Status)
			}
		}
	}
}

func TestSchedulerStartsRegularJobs(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	scheduler := machine(t, a, apptest.JobToken)
	type job struct{ Kind, Every string }
	listed := answered[struct{ Jobs []job }](t, scheduler.Get(t, "/jobs")).Jobs
	every := map[string]string{}
	for _, j := range listed {
		every[j.Kind] = j.Every
	}
	if len(listed) < 6 || every["expire_originals"] != "24h0m0s" || every["sweep_sign_in"] != "1h0m0s" {
		t.Errorf("%v", listed)
	}
	a.StopWorker() // what it began by itself is done
	waiting := func(kind string) (n int) {
		t.Helper()
		query(t, a, `SELECT count(*) FROM river.river_job WHERE kind = $1 AND state = 'available'`, kind).into(&n)
		return n
	}
	for kind := range every {
		before := waiting(kind)
		for range 2 { // the second finds the first waiting
			if p := scheduler.Post(t, "/jobs/"+kind); p.Status != 202 || answered[job](t, p).Kind != kind {
				t.Errorf("%s: %d %s", kind, p.Status, p.Body)
			}
		}
		if n := waiting(kind) - before; n != 1 {
			t.Errorf("%s: %d jobs wait, want 1 more", kind, n)
		}
	}
	for _, kind := range []string{"nothing", "mailbox_slice", "send_sign_in_link"} {
		if p := scheduler.Post(t, "/jobs/"+kind); p.Status != 404 {
			t.Errorf("%s: %d", kind, p.Status)
		}
	}
}

func TestMachinesHaveTheirOwnAddressWhereOneIsSet(t *testing.T) {
	t.Parallel()
	cfg := apptest.Config(dbtest.New(t))
	cfg.ListenInbound = "localhost:0"
	_, at := replica(t, cfg)
	ask := func(option, method, path string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+at[option]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+apptest.JobToken)
		resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, tt := range []struct {
		method, path    string
		inside, machine int
	}{
		{"GET", "/jobs", 404, 200},
		{"POST", "/jobs/sweep_sign_in", 404, 202},
		{"POST", "/events/inbound", 404, 401}, // with a token for something else
		{"GET", "/healthz", 200, 200},
		{"GET", "/readyz", 200, 404},
		{"GET", "/signin", 200, 404},
		{"POST", "/signin", 422, 404},
		{"GET", "/", 303, 404},
		{"GET", "/o/x/", 303, 404},
		{"GET", "/assets/nothing.css", 404, 404},
		{"DELETE", "/jobs", 404, 404},
	} {
		if got := ask("LISTEN", tt.method, tt.path); got != tt.inside {
			t.Errorf("%s %s on LISTEN: %d, want %d", tt.method, tt.path, got, tt.inside)
		}
		if got := ask("LISTEN_INBOUND", tt.method, tt.path); got != tt.machine {
			t.Errorf("%s %s on LISTEN_INBOUND: %d, want %d", tt.method, tt.path, got, tt.machine)
		}
	}
}
