package app_test

import (
	"testing"

	"sendvery.com/sendvery/internal/app"
)

func TestStripeDeliversWhereItCanReach(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		public, api, want string
		reached           bool
	}{
		"a public address":            {"https://sendvery.example.org/", "", "https://sendvery.example.org/webhooks/stripe", true},
		"this machine":                {"http://localhost:8080", "", "http://localhost:8080/webhooks/stripe", false},
		"a Stripe on the machine too": {"http://localhost:8080", "http://127.0.0.1:12111", "http://localhost:8080/webhooks/stripe", true},
	} {
		c := app.Config{PublicURL: test.public, Stripe: app.StripeConfig{API: test.api}}
		if got, reached := c.Webhook(); got != test.want || reached != test.reached {
			t.Errorf("%s: %q, %v", name, got, reached)
		}
	}
}
