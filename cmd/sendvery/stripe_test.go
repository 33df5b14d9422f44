package main

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/stripetest"
)

// An operator needs a key and an address, no database, no signing secret.
func TestStripeSetup(t *testing.T) {
	t.Parallel()
	s := stripetest.New(t, stripetest.Options{Empty: true})
	env := map[string]string{"STRIPE_SECRET_KEY": s.Key, "STRIPE_API_URL": s.URL, "PUBLIC_URL": "https://sendvery.example.org"}
	if out := good(t, env, "stripe", "setup", "--dry-run"); s.Writes() != 0 || !strings.Contains(out, "product Sendvery Pro: would make") {
		t.Errorf("a dry run asks for %d changes and says:\n%s", s.Writes(), out)
	}
	if out := good(t, env, "stripe", "setup"); !strings.Contains(out, "https://sendvery.example.org/webhooks/stripe: made") || !strings.Contains(out, "STRIPE_WEBHOOK_SECRETS: whsec_") {
		t.Errorf("it says:\n%s", out)
	}
	before := s.Writes()
	if out := good(t, env, "stripe", "setup"); s.Writes() != before || strings.Contains(out, "made") {
		t.Errorf("again it asks for %d changes and says:\n%s", s.Writes()-before, out)
	}
}

func TestStripeSetupTakesALiveKeyOnlyWhenToldSo(t *testing.T) {
	t.Parallel()
	s := stripetest.New(t, stripetest.Options{Empty: true, Key: "sk_live_hunter2"})
	env := map[string]string{"STRIPE_SECRET_KEY": s.Key, "STRIPE_API_URL": s.URL, "PUBLIC_URL": "https://sendvery.example.org"}
	for _, args := range [][]string{{"stripe", "setup"}, {"stripe", "setup", "--dry-run"}} {
		r := sendvery(t, env, args...)
		if r.err == nil || !strings.Contains(r.text(), "--live") || strings.Contains(r.text(), "hunter2") || s.Writes() != 0 {
			t.Errorf("%v says:\n%s", args, r.text())
		}
	}
	if out := good(t, env, "stripe", "setup", "--live"); !strings.Contains(out, "customer portal: made") {
		t.Errorf("it says:\n%s", out)
	}
}

func TestStripeSetupSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ map[string]string
		want    string
	}{
		"no key":      {nil, "STRIPE_SECRET_KEY is missing"},
		"not a key":   {map[string]string{"STRIPE_SECRET_KEY": "hunter2"}, "STRIPE_SECRET_KEY is not a secret or restricted key"},
		"a wrong key": {map[string]string{"STRIPE_SECRET_KEY": "sk_test_hunter2", "STRIPE_API_URL": stripetest.New(t, stripetest.Options{}).URL}, "stripe answers 401"},
	} {
		r := sendvery(t, test.environ, "stripe", "setup")
		if r.err == nil || !strings.Contains(r.text(), test.want) || strings.Contains(r.text(), "hunter2") {
			t.Errorf("%s: it says:\n%s", name, r.text())
		}
	}
}
