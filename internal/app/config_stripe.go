package app

import (
	"net/url"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/stripegw"
)

// StripeConfig is how organizations pay. Without a key there are no plans, no
// limits and no page about them.
type StripeConfig struct {
	Key     string `name:"stripe-secret-key" cfg:"STRIPE_SECRET_KEY,file" help:"Secret or restricted key at Stripe (sk_… or rk_…), which turns plans, limits and billing on. See sendvery stripe setup."`
	Secrets string `name:"stripe-webhook-secrets" cfg:"STRIPE_WEBHOOK_SECRETS,file" help:"Signing secret of the webhook end point at Stripe (whsec_…). While a new one takes the place of an old one: new,old."`
	API     string `name:"stripe-api-url" cfg:"STRIPE_API_URL" help:"Another address than Stripe's, for tests: http on this very machine, or https."`
	Tax     string `name:"stripe-tax" cfg:"STRIPE_TAX" default:"off" help:"Whether Stripe Tax computes taxes, which needs to be set up there: on or off."`
	Address string `name:"stripe-address" cfg:"STRIPE_ADDRESS" default:"auto" help:"Whether people are asked for their billing address when they pay: auto, where it is needed, or required."`
}

// Gateway asks Stripe by this configuration.
func (c StripeConfig) Gateway(now func() time.Time) *stripegw.Gateway {
	return stripegw.New(stripegw.Config{
		Key: c.Key, URL: c.API, Secrets: values(c.Secrets), Tax: c.Tax == "on", RequireAddress: c.Address == "required", Now: now,
	})
}

// CheckStripe reports what is wrong for a command that only asks Stripe.
func (c Config) CheckStripe() error {
	p := &problems{production: c.Production()}
	p.publicURL(c.PublicURL)
	p.stripeAsked(c.Stripe)
	return p.err()
}

// CheckPayments is CheckStored for commands that ask Stripe about what is
// stored.
func (c Config) CheckPayments() error {
	p := &problems{production: c.Production()}
	c.stored(p)
	p.stripeAsked(c.Stripe)
	return p.err()
}

// webhookPath is where Stripe delivers events.
const webhookPath = "/webhooks/stripe"

// Webhook is the address that Stripe delivers events to, and whether it reaches
// that: it does not where this is a machine that only itself can reach.
func (c Config) Webhook() (address string, reached bool) {
	return strings.TrimSuffix(c.PublicURL, "/") + webhookPath, c.Production() || isLocalHTTP(c.Stripe.API)
}

// stripe checks how organizations pay.
func (p *problems) stripe(c StripeConfig) {
	if c.Key == "" {
		if c.Secrets != "" {
			p.add("STRIPE_WEBHOOK_SECRETS", "is set, but STRIPE_SECRET_KEY is not")
		}
		return
	}
	p.stripeAccount(c)
	secrets := values(c.Secrets)
	switch {
	case len(secrets) == 0:
		p.add("STRIPE_WEBHOOK_SECRETS", "is missing: anybody could forge what Stripe says; sendvery stripe setup makes the end point and prints it")
	case len(secrets) > 2:
		p.add("STRIPE_WEBHOOK_SECRETS", "holds more than two values: a new one, a comma, and the one that it takes the place of")
	}
	for _, s := range secrets {
		if !strings.HasPrefix(s, "whsec_") || len(s) < 32 {
			p.add("STRIPE_WEBHOOK_SECRETS", "is not a signing secret: they begin with whsec_ and have 32 characters or more")
			break
		}
	}
}

// stripeAsked checks what it takes to ask Stripe where that is the purpose.
func (p *problems) stripeAsked(c StripeConfig) {
	if c.Key == "" {
		p.add("STRIPE_SECRET_KEY", "is missing: it stands at Stripe under Developers, API keys")
		return
	}
	p.stripeAccount(c)
}

// stripeAccount checks what it takes to ask Stripe.
func (p *problems) stripeAccount(c StripeConfig) {
	if !strings.HasPrefix(c.Key, "sk_") && !strings.HasPrefix(c.Key, "rk_") {
		p.add("STRIPE_SECRET_KEY", "is not a secret or restricted key: they begin with sk_ or rk_")
	}
	if c.API != "" && !isHTTPS(c.API) && !isLocalHTTP(c.API) {
		p.add("STRIPE_API_URL", "is neither an https address nor an http address of this very machine")
	}
	if c.Tax != "on" && c.Tax != "off" {
		p.add("STRIPE_TAX", "is neither on nor off")
	}
	if c.Address != "auto" && c.Address != "required" {
		p.add("STRIPE_ADDRESS", "is neither auto nor required")
	}
}

func isLocalHTTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http" && isLoopback(u.Hostname()) && u.User == nil
}
