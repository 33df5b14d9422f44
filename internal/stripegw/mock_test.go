package stripegw_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/stripegw"
	"sendvery.com/sendvery/internal/uid"
)

// exceptions are values that stripe-mock does not know, and what reaches it
// instead: it speaks version 2022-11-15 of the API, the library 2023-10-16.
var exceptions = map[string]string{
	"api_version=2023-10-16":                       "2022-11-15",
	"enabled_events=customer.subscription.paused":  "customer.subscription.updated", // of a later version
	"enabled_events=customer.subscription.resumed": "customer.subscription.updated", // the same
}

// asked is every request that the program makes of Stripe.
var asked = []string{
	"DELETE /v1/subscriptions/ID",
	"GET /v1/billing_portal/configurations",
	"GET /v1/checkout/sessions/ID",
	"GET /v1/customers",
	"GET /v1/events",
	"GET /v1/events/ID",
	"GET /v1/invoices",
	"GET /v1/invoices/upcoming",
	"GET /v1/prices",
	"GET /v1/products",
	"GET /v1/subscriptions",
	"GET /v1/subscriptions/ID",
	"GET /v1/webhook_endpoints",
	"POST /v1/billing_portal/configurations",
	"POST /v1/billing_portal/configurations/ID",
	"POST /v1/billing_portal/sessions",
	"POST /v1/checkout/sessions",
	"POST /v1/checkout/sessions/ID/expire",
	"POST /v1/customers",
	"POST /v1/prices",
	"POST /v1/prices/ID",
	"POST /v1/products",
	"POST /v1/products/ID",
	"POST /v1/subscriptions/ID",
	"POST /v1/webhook_endpoints",
	"POST /v1/webhook_endpoints/ID",
}

// Stripe's own stand-in takes every request: it holds them to Stripe's
// description of its API. What it answers is always the same.
func TestStripeMockTakesEveryRequest(t *testing.T) {
	t.Parallel()
	r := &relay{t: t, seen: map[string]bool{}}
	r.to = httputil.NewSingleHostReverseProxy(startMock(t))
	r.to.ModifyResponse = r.answered
	address := serve(t, r.ask)
	for _, c := range []stripegw.Config{{}, {Tax: true, RequireAddress: true}} {
		c.Key, c.URL, c.Now = "sk_test_123", address, time.Now
		askEverything(t, stripegw.New(c), r)
	}
	if diff := cmp.Diff(asked, r.requests()); diff != "" {
		t.Error(diff)
	}
}

// askEverything calls what there is to call, in the account of the mock's
// examples and in one that setup made.
func askEverything(t *testing.T, g *stripegw.Gateway, r *relay) {
	t.Helper()
	ctx, org := t.Context(), uid.New[postgres.Tenant]()
	change := billing.Change{Customer: "cus_1", Subscription: "sub_1", Item: "si_1", To: pro, At: time.Now()}
	good := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.rewrite(strings.NewReplacer())
	good("setup", g.Setup(ctx, stripegw.Setup{Webhook: webhook, Say: func(string) {}}))
	marks := `"metadata":{"sendvery_plan":"pro","sendvery_portal":"1","organization":"` + org.String() + `"}`
	r.rewrite(strings.NewReplacer(
		`"metadata":{}`, marks, `"metadata":null`, marks, `"status":"expired"`, `"status":"complete"`, `"active":true`, `"active":false`,
		`"api_version":null`, `"api_version":"2023-10-16"`, "https://example.com/my/webhook/endpoint", webhook,
	))
	good("setup again", g.Setup(ctx, stripegw.Setup{Webhook: webhook, Say: func(string) {}}))
	_, err := g.CreateCustomer(ctx, "attempt-1", billing.Customer{Org: org, Name: "Example", Email: "owner@example.org"})
	good("a customer", err)
	good("customers", g.Customers(ctx, time.Time{}, func(billing.Customer) error { return nil }))
	good("newer customers", g.Customers(ctx, time.Now().Add(-time.Hour), func(billing.Customer) error { return nil }))
	_, err = g.Portal(ctx, "cus_1", webhook)
	good("the portal", err)
	_, err = g.Invoices(ctx, "cus_1", 12)
	good("invoices", err)
	_, err = g.Checkout(ctx, "attempt-2", billing.Order{Customer: "cus_1", Org: org, Price: proYear, Back: "https://sendvery.example.org/o/example/billing", Until: time.Now().Add(time.Hour)})
	good("a checkout", err)
	good("closing a checkout", g.ExpireCheckout(ctx, "cs_1"))
	_, err = g.Subscriptions(ctx, "cus_1")
	good("subscriptions", err)
	_, err = g.Preview(ctx, change)
	good("a preview", err)
	good("a change", g.Change(ctx, "attempt-3", change))
	for _, ends := range []bool{true, false} {
		good("an end with the period", g.CancelAtEnd(ctx, "sub_1", ends))
	}
	good("an end at once", g.End(ctx, "sub_1"))
	_, err = g.Event(ctx, "evt_1")
	good("an event", err)
	good("events", g.Events(ctx, time.Now().Add(-time.Hour), func([]byte) error { return nil }))

	r.refuse(true) // after which the state is asked for
	defer r.refuse(false)
	for what, err := range map[string]error{"closing a checkout": g.ExpireCheckout(ctx, "cs_1"), "an end with the period": g.CancelAtEnd(ctx, "sub_1", true)} {
		if err == nil {
			t.Errorf("%s is done, though it is refused", what)
		}
	}
}

// relay stands before the mock and sees what is asked.
type relay struct {
	t  *testing.T
	to *httputil.ReverseProxy

	mu      sync.Mutex
	seen    map[string]bool
	other   *strings.Replacer // of what the mock says
	refuses bool              // all that is to be changed
}

func (r *relay) rewrite(other *strings.Replacer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.other = other
}

func (r *relay) refuse(all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = all
}

func (r *relay) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.seen))
}

var ids = regexp.MustCompile(`/(bpc|cs|evt|price|prod|sub|we)_[^/]+`)

// ask hands a request on, exceptions changed.
func (r *relay) ask(w http.ResponseWriter, req *http.Request) {
	request := req.Method + " " + ids.ReplaceAllString(req.URL.Path, "/ID")
	r.mu.Lock()
	r.seen[request] = true
	refuses := r.refuses
	r.mu.Unlock()
	if refuses && req.Method == http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error": {"type": "invalid_request_error"}}`) // the client left
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		r.t.Error(err)
	}
	for key := range form {
		name, _, _ := strings.Cut(key, "[")
		if known, ok := exceptions[name+"="+form.Get(key)]; ok {
			form.Set(key, known)
		}
	}
	body = []byte(form.Encode())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	req.Header.Del("Accept-Encoding") // answers are looked into
	r.to.ServeHTTP(w, req)
}

// answered complains about a refusal of the mock's.
func (r *relay) answered(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		r.t.Errorf("%s %s is refused: %s", resp.Request.Method, resp.Request.URL.RequestURI(), body)
	}
	r.mu.Lock()
	body = []byte(r.other.Replace(string(body)))
	r.mu.Unlock()
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return nil
}

// startMock builds stripe-mock, in the version that the tools' module names,
// starts it and returns where it is.
func startMock(t *testing.T) *url.URL {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "tool", "-modfile=.ci/tools/go.mod", "-n", "stripe-mock")
	build.Dir = "../.."
	var problem strings.Builder
	build.Stderr = &problem
	program, err := build.Output()
	if err != nil {
		t.Fatalf("stripe-mock does not build: %v\n%s", err, problem.String())
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), strings.TrimSpace(string(program)), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	exited, err := built.Start(cmd)
	_ = in.Close() // the mock has it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		exited <- <-exited
	})
	told := make(chan string, 1)
	go func() {
		defer out.Close()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if at, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
				told <- at
			}
		}
		close(told)
	}()
	select {
	case at, ok := <-told:
		if ok {
			return &url.URL{Scheme: "http", Host: at}
		}
	case <-time.After(time.Minute):
	}
	t.Fatal("stripe-mock does not start")
	return nil
}
