package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/apptest"
)

// needs says for each route who may call it, apart from the code: a new route
// fails the tests until its right stands here.
var needs = map[string]string{
	"* /assets/*":                                "open",
	"* /dev/gallery/*":                           "open",
	"GET /healthz":                               "open",
	"GET /readyz":                                "open",
	"GET /signin":                                "open",
	"POST /signin":                               "open",
	"GET /signin/sent":                           "open",
	"POST /signin/code":                          "open",
	"GET /signin/link/{token}":                   "open",
	"POST /signin/link/{token}":                  "open",
	"POST /theme":                                "open",
	"GET /dev/outbox":                            "open",
	"GET /dev/outbox/{n}":                        "open",
	"GET /dev/outbox/{n}/html":                   "open",
	"POST /events/inbound":                       "token",
	"GET /jobs":                                  "token",
	"POST /jobs/{kind}":                          "token",
	"GET /":                                      "session",
	"POST /signout":                              "session",
	"GET /oauth/callback":                        "session", // and what the cookie names, see TestNobodyElseCompletesAGrant
	"GET /account":                               "session",
	"POST /account/address":                      "session",
	"POST /account/address/stop":                 "session",
	"GET /account/address/{token}":               "open", // whoever reads the mail decides
	"POST /account/address/{token}":              "open",
	"GET /account/delete":                        "session",
	"POST /account/delete":                       "session",
	"GET /account/restore":                       "session",
	"POST /account/restore":                      "session",
	"GET /account/organizations":                 "session",
	"POST /account/organizations":                "session",
	"POST /account/organizations/{name}/restore": "session", // of an owner, see TestWhatIsSomebodyElsesIsNotThere
	"GET /invitations/{id}":                      "session", // of the invited address, as above
	"POST /invitations/{id}":                     "session",
	"GET /account/data":                          "session",
	"POST /account/data":                         "session",
	"GET /account/data/zip":                      "session",
	"POST /invitations/{id}/decline":             "session",
	"GET /account/sessions":                      "session",
	"POST /account/sessions":                     "session",
	"GET /o/{slug}":                              "viewer",
	"GET /o/{slug}/":                             "viewer",
	"GET /o/{slug}/welcome":                      "viewer",
	"GET /o/{slug}/settings":                     "viewer",
	"POST /o/{slug}/settings":                    "admin",
	"GET /o/{slug}/members":                      "viewer",
	"POST /o/{slug}/members":                     "admin",
	"GET /o/{slug}/leave":                        "viewer",
	"POST /o/{slug}/leave":                       "viewer",
	"GET /o/{slug}/export":                       "admin",
	"POST /o/{slug}/export":                      "admin",
	"GET /o/{slug}/transfer":                     "owner",
	"POST /o/{slug}/transfer":                    "owner",
	"GET /o/{slug}/delete":                       "owner",
	"POST /o/{slug}/delete":                      "owner",
	"GET /o/{slug}/search":                       "viewer",
	"GET /o/{slug}/domains":                      "viewer",
	"GET /o/{slug}/domains/new":                  "member",
	"POST /o/{slug}/domains/new":                 "member",
	"POST /o/{slug}/domains/assign":              "member",
	"GET /o/{slug}/domains/groups":               "member",
	"POST /o/{slug}/domains/groups":              "member",
	"POST /o/{slug}/domains":                     "member",
	"GET /o/{slug}/senders":                      "viewer",
	"GET /o/{slug}/reports":                      "viewer",
	"GET /o/{slug}/receipts":                     "viewer",
	"GET /o/{slug}/tls":                          "viewer",
	"GET /o/{slug}/failures":                     "admin",
	"GET /o/{slug}/reporters":                    "viewer",
	"GET /o/{slug}/uploads":                      "member",
	"POST /o/{slug}/uploads":                     "member",
	"GET /o/{slug}/mailboxes":                    "viewer",
	"GET /o/{slug}/mailboxes/new":                "admin",
	"GET /o/{slug}/mailboxes/grant/{provider}":   "admin",
	"POST /o/{slug}/mailboxes/grant/{provider}":  "admin",
	"GET /.well-known/security.txt":              "open",
	"GET /security":                              "open",
	"GET /privacy":                               "open",
	"GET /terms":                                 "open",
	"GET /open-source":                           "open",
	"GET /operator":                              "operator",
	"GET /account/activity":                      "session",
	"GET /o/{slug}/audit":                        "admin",
	"GET /o/{slug}/audit/events.csv":             "admin",
	"GET /o/{slug}/audit/anchor.txt":             "admin",
	"GET /o/{slug}/download":                     "viewer",
	"POST /o/{slug}/download":                    "viewer", // see TestDownloadsThatAreMade for kinds that need more
	"GET /o/{slug}/download/summary.pdf":         "viewer",
	"GET /o/{slug}/download/messages.csv":        "viewer",
	"GET /o/{slug}/download/messages.json":       "viewer",
	"GET /o/{slug}/download/records.csv":         "viewer",
	"GET /o/{slug}/download/records.json":        "viewer",
	"GET /o/{slug}/download/originals.zip":       "admin",
	// These name something that must be the organization's own.
	"POST /o/{slug}/mailboxes/new":                   "admin",
	"POST /o/{slug}/members/{id}/role":               "admin",
	"GET /o/{slug}/export/{id}":                      "admin",
	"GET /o/{slug}/download/{id}":                    "viewer",
	"GET /o/{slug}/members/{id}/remove":              "admin",
	"POST /o/{slug}/members/{id}/remove":             "admin",
	"POST /o/{slug}/members/invitations/{id}/resend": "admin",
	"POST /o/{slug}/members/invitations/{id}/revoke": "admin",
	"POST /o/{slug}/domains/groups/{id}":             "member",
	"GET /o/{slug}/domains/groups/{id}/delete":       "member",
	"POST /o/{slug}/domains/groups/{id}/delete":      "member",
	"GET /o/{slug}/domains/{name}":                   "viewer",
	"GET /o/{slug}/reports/{id}":                     "viewer",
	"GET /o/{slug}/receipts/{id}":                    "viewer",
	"POST /o/{slug}/receipts/{id}/choice":            "member",
	"POST /o/{slug}/senders/review":                  "member",
	"GET /o/{slug}/receipts/{id}/original":           "admin",
	"GET /o/{slug}/tls/{id}":                         "viewer",
	"GET /o/{slug}/failures/{id}":                    "admin",
	"POST /o/{slug}/receipts/retry":                  "admin",
	"POST /o/{slug}/receipts/{id}/retry":             "admin",
	"GET /o/{slug}/mailboxes/{id}":                   "viewer",
	"GET /o/{slug}/mailboxes/{id}/test":              "admin",
	"POST /o/{slug}/mailboxes/{id}/test":             "admin",
	"GET /o/{slug}/mailboxes/{id}/grant":             "admin",
	"POST /o/{slug}/mailboxes/{id}/grant":            "admin",
	"GET /o/{slug}/mailboxes/{id}/edit":              "admin",
	"POST /o/{slug}/mailboxes/{id}/edit":             "admin",
	"GET /o/{slug}/mailboxes/{id}/domains":           "admin",
	"POST /o/{slug}/mailboxes/{id}/domains":          "admin",
	"POST /o/{slug}/mailboxes/{id}/check":            "admin",
	"POST /o/{slug}/mailboxes/{id}/pause":            "admin",
	"GET /o/{slug}/mailboxes/{id}/read-again":        "admin",
	"POST /o/{slug}/mailboxes/{id}/read-again":       "admin",
	"GET /o/{slug}/mailboxes/{id}/delete":            "admin",
	"POST /o/{slug}/mailboxes/{id}/delete":           "admin",
}

// needsOfPlans says the same of what exists only where plans are paid for.
var needsOfPlans = map[string]string{
	"POST /webhooks/stripe":            "signature",
	"GET /o/{slug}/billing":            "owner",
	"POST /o/{slug}/billing/subscribe": "owner",
	"GET /o/{slug}/billing/change":     "owner",
	"POST /o/{slug}/billing/change":    "owner",
	"GET /o/{slug}/billing/cancel":     "owner",
	"POST /o/{slug}/billing/cancel":    "owner",
	"POST /o/{slug}/billing/resume":    "owner",
	"POST /o/{slug}/billing/portal":    "owner",
	"POST /o/{slug}/billing/domains":   "owner",
}

var ranks = map[string]int{"viewer": 1, "member": 2, "admin": 3, "owner": 4}

// route is one method and pattern of the router.
type route struct{ method, pattern, need string }

func (r route) String() string { return r.method + " " + r.pattern }
func (r route) inOrg() bool    { return strings.HasPrefix(r.pattern, "/o/{slug}") }

// below reports whether the route names a thing of an organization.
func (r route) below() bool {
	return r.inOrg() && strings.Count(strings.ReplaceAll(r.pattern, "{provider}", "google"), "{") > 1
}

// routes walks the whole router.
func routes(t *testing.T, a *apptest.App) []route {
	t.Helper()
	tree, ok := a.Handler().(chi.Routes)
	if !ok {
		t.Fatal("the handler is no router")
	}
	needs := maps.Clone(needs)
	if a.Cfg.Stripe.Key != "" {
		maps.Copy(needs, needsOfPlans)
	}
	seen := map[string]bool{}
	var all []route
	err := chi.Walk(tree, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		need := needs[method+" "+pattern]
		if need == "" && needs["* "+pattern] != "" {
			method, need = "*", needs["* "+pattern]
		}
		r := route{method, pattern, need}
		if seen[r.String()] {
			return nil
		}
		seen[r.String()] = true
		if need == "" {
			t.Errorf("%s: nobody said who may call it", r)
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for listed := range needs {
		if !seen[listed] {
			t.Errorf("%s is listed and not answered", listed)
		}
	}
	return all
}

// fill puts real names into a pattern.
func (r route) fill(slug string, w world) string {
	id := w.mailbox
	switch {
	case strings.Contains(r.pattern, "/reports/"):
		id = fmt.Sprint(w.report)
	case strings.Contains(r.pattern, "/receipts/"):
		id = fmt.Sprint(w.receipt)
	case strings.Contains(r.pattern, "/tls/"):
		id = fmt.Sprint(w.tls)
	case strings.Contains(r.pattern, "/groups/"):
		id = w.group
	case strings.Contains(r.pattern, "/export/"):
		id = w.export
	case strings.Contains(r.pattern, "/download/"):
		id = w.download
	case strings.Contains(r.pattern, "/invitations/"):
		id = w.invitation
	case strings.Contains(r.pattern, "/members/"):
		id = w.member
	case strings.Contains(r.pattern, "/failures/"):
		id = fmt.Sprint(w.failure)
	}
	return strings.NewReplacer("{slug}", slug, "{name}", w.domain, "{id}", id, "{token}", "abc", "{provider}", "google", "{n}", "0", "{kind}", "sweep", "*", "x").Replace(r.pattern)
}
