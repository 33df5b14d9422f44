// Package stripetest is a Stripe on loopback for tests, which keeps state: what
// is sold, customers, pages where people pay, subscriptions, invoices, and the
// events about them, signed and delivered as Stripe does. Never imported by
// production code.
//
// It answers in the words of the API version that the library in stripegw
// speaks, and refuses what Stripe refuses as far as we ask for it. A part of a
// period is worth its share of the seconds, in whole cents, half a cent up.
package stripetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

// version is that of the API.
const version = "2023-10-16"

// TB is whoever starts a server: *testing.T, or a program that measures.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Options are what a server begins with.
type Options struct {
	Empty bool             // nothing is sold yet, as in a new account; else what billing's table says
	Key   string           // the account's key; "" = one of test mode
	Now   func() time.Time // nil = the machine's clock
}

// Server is a Stripe with one account.
type Server struct {
	URL    string
	Key    string
	Secret string // which events are signed with, unless an end point of their own was made

	ctx context.Context // ends with the server
	now func() time.Time

	mu            sync.Mutex
	customers     table[*customer]
	products      table[*product]
	prices        table[*price]
	portals       table[*portal]
	visits        table[*visit]
	endpoints     table[*endpoint]
	sessions      table[*session]
	subscriptions table[*subscription]
	invoices      table[*invoice]
	events        table[*event]
	done          map[string]answer // by idempotency key
	writes        int
	status        int // of every answer; 0 = it works
	code          string
}

// New starts a server.
func New(tb TB, o Options) *Server {
	tb.Helper()
	s := &Server{Key: o.Key, Secret: "whsec_" + rand.Text(), now: o.Now, done: map[string]answer{}}
	if s.Key == "" {
		s.Key = "sk_test_" + rand.Text()
	}
	if s.now == nil {
		s.now = time.Now
	}
	ctx, stop := context.WithCancel(context.Background())
	s.ctx = ctx
	server := httptest.NewServer(s.routes())
	tb.Cleanup(func() {
		stop()
		server.Close()
	})
	s.URL = server.URL
	if !o.Empty {
		s.stock()
	}
	return s
}

// Fail has the API answer with a status and an error code, and the library not
// try again; status 0 has it work again.
func (s *Server) Fail(status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.code = status, code
}

// Writes is how many requests asked for a change.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(call) (any, *problem){
		"GET /v1/customers":                           s.listCustomers,
		"POST /v1/customers":                          s.newCustomer,
		"GET /v1/customers/{id}":                      s.getCustomer,
		"GET /v1/products":                            s.listProducts,
		"POST /v1/products":                           s.newProduct,
		"POST /v1/products/{id}":                      s.updateProduct,
		"GET /v1/prices":                              s.listPrices,
		"POST /v1/prices":                             s.newPrice,
		"POST /v1/prices/{id}":                        s.updatePrice,
		"GET /v1/billing_portal/configurations":       s.listPortals,
		"POST /v1/billing_portal/configurations":      s.newPortal,
		"POST /v1/billing_portal/configurations/{id}": s.updatePortal,
		"POST /v1/billing_portal/sessions":            s.newVisit,
		"GET /v1/webhook_endpoints":                   s.listEndpoints,
		"POST /v1/webhook_endpoints":                  s.newEndpoint,
		"POST /v1/webhook_endpoints/{id}":             s.updateEndpoint,
		"POST /v1/checkout/sessions":                  s.newSession,
		"GET /v1/checkout/sessions/{id}":              s.getSession,
		"POST /v1/checkout/sessions/{id}/expire":      s.expireSession,
		"GET /v1/subscriptions":                       s.listSubscriptions,
		"GET /v1/subscriptions/{id}":                  s.getSubscription,
		"POST /v1/subscriptions/{id}":                 s.updateSubscription,
		"DELETE /v1/subscriptions/{id}":               s.cancelSubscription,
		"GET /v1/invoices":                            s.listInvoices,
		"GET /v1/invoices/upcoming":                   s.upcoming,
		"GET /v1/events":                              s.listEvents,
		"GET /v1/events/{id}":                         s.getEvent,
	} {
		mux.HandleFunc(pattern, s.api(do))
	}
	for pattern, show := range map[string]func(call) (page, bool){
		"GET /pay/{id}":      s.checkoutPage,
		"POST /pay/{id}":     s.pay,
		"GET /portal/{id}":   s.portalPage,
		"POST /portal/{id}":  s.changeCard,
		"GET /invoice/{id}":  s.invoicePage,
		"POST /invoice/{id}": s.payInvoice,
	} {
		mux.HandleFunc(pattern, s.person(show))
	}
	mux.HandleFunc("/", s.api(func(c call) (any, *problem) {
		return nil, &problem{http.StatusNotFound, "invalid_request_error", "", "", "Unrecognized request URL (" + c.path + ")."}
	}))
	return mux
}

// call is a request: its parameters, and the id in its path.
type call struct {
	url.Values
	id, path string
}

// section returns parameters by the last part of their names:
// metadata[organization] is organization in metadata.
func (c call) section(name string) map[string]string {
	found := map[string]string{}
	for key := range c.Values {
		if last, ok := strings.CutPrefix(key, name+"["); ok {
			found[strings.TrimSuffix(last, "]")] = c.Get(key)
		}
	}
	return found
}

// list returns the values of a list: lookup_keys[0], lookup_keys[1].
func (c call) list(name string) []string {
	var values []string
	for _, v := range c.section(name) {
		values = append(values, v)
	}
	return values
}

// problem is a refusal.
type problem struct {
	status                     int
	kind, code, param, message string
}

func invalid(param, message string) *problem {
	return &problem{http.StatusBadRequest, "invalid_request_error", "", param, message}
}

// missing is what Stripe says of an id that it does not have: 404 where it
// stands in the path.
func missing(status int, param, id string) *problem {
	return &problem{status, "invalid_request_error", "resource_missing", param, "No such " + param + ": '" + id + "'"}
}

// answer is what was answered to a request, for when it is repeated.
type answer struct {
	request string
	status  int
	body    []byte
}

// api joins a call to HTTP: who may ask, and what is repeated is done once.
func (s *Server) api(do func(call) (any, *problem)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", "req_"+rand.Text())
		_ = r.ParseForm() // what cannot be read is missing below
		s.mu.Lock()
		defer s.mu.Unlock()
		a := s.answer(w.Header(), r, do)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body) // the client left
	}
}

// answer answers a request. Held: mu.
func (s *Server) answer(header http.Header, r *http.Request, do func(call) (any, *problem)) answer {
	if r.Header.Get("Authorization") != "Bearer "+s.Key {
		return refusal(&problem{http.StatusUnauthorized, "invalid_request_error", "", "", "Invalid API Key provided"})
	}
	if s.status != 0 {
		header.Set("Stripe-Should-Retry", "false")
		return refusal(&problem{s.status, "api_error", s.code, "", "An error that the test asked for."})
	}
	key, request := r.Header.Get("Idempotency-Key"), r.URL.Path+"?"+r.Form.Encode()
	if before, known := s.done[key]; known && key != "" {
		if before.request != request {
			return refusal(&problem{http.StatusBadRequest, "idempotency_error", "", "", "Keys for idempotent requests can only be used with the same parameters they were first used with."})
		}
		header.Set("Idempotent-Replayed", "true")
		return before
	}
	if r.Method != http.MethodGet {
		s.writes++
	}
	value, wrong := do(call{r.Form, r.PathValue("id"), r.URL.Path})
	a := answer{status: http.StatusOK}
	if wrong != nil {
		a = refusal(wrong)
	} else {
		a.body = encode(value)
	}
	a.request = request
	if key != "" && (wrong == nil || wrong.status == http.StatusPaymentRequired) { // what was not begun may be tried again
		s.done[key] = a
	}
	return a
}

func refusal(p *problem) answer {
	return answer{status: p.status, body: encode(map[string]any{"error": map[string]any{
		"type": p.kind, "code": p.code, "param": p.param, "message": p.message,
	}})}
}

// encode writes one of this package's own values.
func encode(value any) []byte {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		panic(err)
	}
	return body
}
