// Package stripegw is Stripe behind billing's Gateway, and the only importer of
// its library.
//
// The library is used without what it shares with the whole process: the key,
// the connections and the logger are this package's own. Nothing is logged, for
// requests and answers hold what customers wrote.
package stripegw

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"sendvery.com/sendvery/internal/billing"
)

const (
	// timeout bounds one request; it is tried three times in all.
	timeout = 20 * time.Second
	// page is how many things are asked for at once, the most that Stripe gives.
	page = 100
)

// What our things carry at Stripe, so that they are found again.
const (
	organization = "organization"    // of customers and subscriptions: the organization's id
	planMark     = "sendvery_plan"   // of products
	priceMark    = "sendvery_price"  // of prices: the look-up key, also after it moved to a newer price
	portalMark   = "sendvery_portal" // of the portal's configuration
)

// Config is how Stripe is asked.
type Config struct {
	Key            string   // sk_… or rk_…
	URL            string   // other than Stripe's own, for tests; "" is that
	Secrets        []string // any of them may have signed a delivery
	Tax            bool     // Stripe computes taxes
	RequireAddress bool     // people are asked for their address whenever they pay
	Now            func() time.Time
}

// Gateway asks Stripe. It is safe for concurrent use.
type Gateway struct {
	api     *client.API
	live    bool
	secrets []string
	tax     bool
	address string
	now     func() time.Time
}

var _ billing.Gateway = (*Gateway)(nil)

// New makes a gateway; it asks nothing yet.
func New(c Config) *Gateway {
	settings := stripe.BackendConfig{
		EnableTelemetry:   stripe.Bool(false),
		MaxNetworkRetries: stripe.Int64(2),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		HTTPClient: &http.Client{
			Timeout: timeout,
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 10, MaxIdleConnsPerHost: 10,
				IdleConnTimeout: time.Minute, TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if c.URL != "" {
		settings.URL = stripe.String(c.URL)
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &settings)
	address := "auto"
	if c.RequireAddress {
		address = "required"
	}
	return &Gateway{
		api:     client.New(c.Key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend}),
		live:    strings.HasPrefix(c.Key, "sk_live_") || strings.HasPrefix(c.Key, "rk_live_"),
		secrets: slices.DeleteFunc(slices.Clone(c.Secrets), func(s string) bool { return s == "" }),
		tax:     c.Tax, address: address, now: c.Now,
	}
}

// Live reports whether payments are real ones.
func (g *Gateway) Live() bool { return g.live }

// asking is what a request carries besides its parameters.
func asking(ctx context.Context) stripe.Params { return stripe.Params{Context: ctx} }

// once is asking with a key under which Stripe does it once.
func once(ctx context.Context, attempt string) stripe.Params {
	return stripe.Params{Context: ctx, IdempotencyKey: stripe.String(attempt)}
}

// listing asks for all pages of a list.
func listing(ctx context.Context) stripe.ListParams {
	return stripe.ListParams{Context: ctx, Limit: stripe.Int64(page)}
}

// price returns the id of what is sold under a look-up key.
func (g *Gateway) price(ctx context.Context, p billing.Price) (string, error) {
	found, err := g.priceAt(ctx, p)
	if err != nil {
		return "", err
	}
	if found == nil {
		return "", fmt.Errorf("stripe has no price %s: sendvery stripe setup makes it", p.Key())
	}
	return found.ID, nil
}

// priceAt returns what is sold under a look-up key; nil without.
func (g *Gateway) priceAt(ctx context.Context, p billing.Price) (*stripe.Price, error) {
	it := g.api.Prices.List(&stripe.PriceListParams{ListParams: listing(ctx), Active: stripe.Bool(true), LookupKeys: []*string{stripe.String(p.Key())}})
	if !it.Next() {
		return nil, failure("look a price up", it.Err())
	}
	return it.Price(), nil
}
