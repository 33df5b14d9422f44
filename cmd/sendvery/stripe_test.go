package main

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/billing"
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

// What Stripe has and never told is found and repaired by the operator.
func TestStripeReconcileAndReplay(t *testing.T) {
	t.Parallel()
	s := stripetest.New(t, stripetest.Options{})
	a := apptest.New(t, func(c *app.Config, _ *app.Parts) {
		c.Stripe = app.StripeConfig{Key: s.Key, API: s.URL, Secrets: s.Secret, Tax: "off", Address: "auto"}
	})
	owner := a.SignIn(t, "ada@first.example")
	owner.Post(t, owner.Home+"billing/subscribe", "plan", "pro", "interval", "month") // which makes the customer
	sub := s.Subscribe(t, s.Customers()[0], billing.PlanOf(billing.Pro).Price(billing.Monthly))
	env := environ(a.DB)
	env["STRIPE_SECRET_KEY"], env["STRIPE_API_URL"] = s.Key, s.URL
	if out := good(t, env, "stripe", "reconcile"); !strings.Contains(out, "plan free, nothing paid; provider: plan pro") || !strings.Contains(out, "compared with Stripe: 1; differences repaired: 1, left: 0.") {
		t.Errorf("reconcile says:\n%s", out)
	}
	if out := good(t, env, "stripe", "reconcile"); !strings.Contains(out, "differences repaired: 0") {
		t.Errorf("once more it says:\n%s", out)
	}
	s.Cancel(sub)
	events := s.Events()
	if out := good(t, env, "stripe", "replay", events[len(events)-1].ID); !strings.Contains(out, events[len(events)-1].ID+": done") {
		t.Errorf("replay says:\n%s", out)
	}
	if out := good(t, env, "stripe", "replay", "--since", "2020-01-01"); !strings.Contains(out, "failed: 0.") {
		t.Errorf("replay --since says:\n%s", out)
	}
	if p := owner.Get(t, owner.Home+"billing"); !strings.Contains(p.Body, "you keep everything that you have") {
		t.Error("the page does not know that Pro has ended")
	}
	for _, args := range [][]string{{"replay"}, {"replay", "evt_1", "--since", "2020-01-01"}, {"replay", "--since", "yesterday"}, {"replay", "evt_none"}} {
		if r := sendvery(t, env, append([]string{"stripe"}, args...)...); r.err == nil {
			t.Errorf("%v is taken:\n%s", args, r.text())
		}
	}
}
