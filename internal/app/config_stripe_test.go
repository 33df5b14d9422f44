package app_test

import (
	"testing"

	"sendvery.com/sendvery/internal/app"
)

func TestStripeDeliversWhereItCanReach(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ public, api, want string }{
		"a public address":            {"https://sendvery.example.org/", "", "https://sendvery.example.org/webhooks/stripe"},
		"this machine":                {"http://localhost:8080", "", ""},
		"a Stripe on the machine too": {"http://localhost:8080", "http://127.0.0.1:12111", "http://localhost:8080/webhooks/stripe"},
	} {
		c := app.Config{PublicURL: test.public, Stripe: app.StripeConfig{API: test.api}}
		if got := c.Webhook(); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
