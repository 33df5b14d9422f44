package app_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/stripetest"
)

// selling runs the program with plans, at a Stripe on loopback.
func selling(t *testing.T, options ...apptest.Option) (*apptest.App, *stripetest.Server) {
	t.Helper()
	clock := time.Now
	stripe := stripetest.New(t, stripetest.Options{Now: func() time.Time { return clock() }})
	a := apptest.New(t, append(options, sold(stripe))...)
	clock = a.Clock.Now
	return a, stripe
}

func sold(stripe *stripetest.Server) apptest.Option {
	return func(c *app.Config, _ *app.Parts) {
		c.Stripe = app.StripeConfig{Key: stripe.Key, API: stripe.URL, Secrets: stripe.Secret, Tax: "off", Address: "auto"}
	}
}

// deliver sends a body to the door for deliveries.
func deliver(t *testing.T, b *apptest.Browser, signature, body string) apptest.Page {
	t.Helper()
	b.Header.Set(billing.SignatureHeader, signature)
	return b.Send(t, http.MethodPost, "/webhooks/stripe", "application/json", strings.NewReader(body))
}

// signed is a signature as Stripe makes it, at a time and by any secrets.
func signed(at time.Time, body string, secrets ...string) string {
	s := fmt.Sprintf("t=%d", at.Unix())
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
		s += ",v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	return s
}

func TestOnlyStripesDeliveriesAreTaken(t *testing.T) {
	t.Parallel()
	const old = "whsec_old of the tests, 32 or more bytes"
	a, stripe := selling(t)
	b := a.Browser(t)
	stored := func() int { return count(t, a, `SELECT count(*) FROM stripe_events`) }
	const body = `{"id":"evt_1","type":"invoice.paid","created":1796212800,"livemode":false,"data":{"object":{"object":"invoice","customer":"cus_1"}}}`
	now := time.Now()
	good := signed(now, body, stripe.Secret)
	for name, c := range map[string]struct{ signature, body string }{
		"a wrong secret":                 {signed(now, body, old), body},
		"an empty secret":                {signed(now, body, ""), body},
		"an old signature":               {signed(now.Add(-5*time.Minute-time.Second), body, stripe.Secret), body},
		"a signature of the future":      {signed(now.Add(6*time.Minute), body, stripe.Secret), body},
		"an altered byte":                {good, strings.Replace(body, "cus_1", "cus_2", 1)},
		"several signatures, none right": {signed(now, body, old, "whsec_other"), body},
		"no header":                      {"", body},
		"a header that is none":          {"t=now,v1=00", body},
		"a megabyte":                     {good, body + strings.Repeat(" ", 1<<20)},
		"a megabyte that is signed":      {signed(now, body+strings.Repeat(" ", 1<<20), stripe.Secret), body + strings.Repeat(" ", 1<<20)},
		"what is signed and no event":    {signed(now, "[]", stripe.Secret), "[]"},
	} {
		if p := deliver(t, b, c.signature, c.body); p.Status != http.StatusBadRequest || stored() != 0 {
			t.Errorf("%s: %d, %d are stored", name, p.Status, stored())
		}
	}
	for name, signature := range map[string]string{"one": good, "several signatures, one right": signed(now, body, old, stripe.Secret)} {
		if p := deliver(t, b, signature, body); p.Status != http.StatusOK {
			t.Errorf("%s: %d %s", name, p.Status, p.Body)
		}
	}
	if stored() != 1 {
		t.Errorf("%d are stored", stored())
	}
	limited := false
	for range 80 {
		limited = limited || deliver(t, b, "", body).Status == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("strangers are not limited")
	}
	if p := deliver(t, b, good, body); p.Status != http.StatusOK {
		t.Errorf("Stripe itself behind the same address is: %d", p.Status)
	}
}

func TestWhileASecretIsRotatedBothAreTaken(t *testing.T) {
	t.Parallel()
	stripe := stripetest.New(t, stripetest.Options{})
	const next = "whsec_next_of_the_tests_32_or_more_bytes"
	a := apptest.New(t, sold(stripe), func(c *app.Config, _ *app.Parts) { c.Stripe.Secrets = next + "," + stripe.Secret })
	for i, secret := range []string{next, stripe.Secret} {
		body := fmt.Sprintf(`{"id":"evt_%d","type":"invoice.paid","created":1796212800,"data":{"object":{}}}`, i)
		if p := deliver(t, a.Browser(t), signed(time.Now(), body, secret), body); p.Status != http.StatusOK {
			t.Errorf("secret %d: %d", i, p.Status)
		}
	}
}

func TestAnEmptySecretRefusesToStart(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string]string{"none": "", "a comma": ",", "spaces": " , ", "one that is none": "secret of tests, 32 or more bytes", "a short one": "whsec_1"} {
		c := app.Config{Stripe: app.StripeConfig{Key: "sk_test_of_the_tests", Secrets: secrets, Tax: "off", Address: "auto"}}
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), "STRIPE_WEBHOOK_SECRETS") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABurstOfDeliveriesIsTakenAndFollowed(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	subscribe(t, ada, stripe, "pro")
	stripe.ChangePrice(stripe.Subscriptions(stripe.Customers()[0])[0], billing.PlanOf(billing.Business).Price(billing.Monthly))
	var wg sync.WaitGroup
	for i := range 10 {
		b := a.Browser(t)
		wg.Go(func() {
			for j := range 50 {
				body := fmt.Sprintf(`{"id":"evt_%d_%d","type":"customer.subscription.updated","created":1796212800,"data":{"object":{"customer":%q}}}`, i, j, stripe.Customers()[0])
				if p := deliver(t, b, signed(time.Now(), body, stripe.Secret), body); p.Status != http.StatusOK {
					t.Errorf("%d %s", p.Status, p.Body)
				}
			}
		})
	}
	wg.Wait()
	for done := 0; done < 500; { // as long as some are followed within ten seconds
		before := done
		eventually(t, fmt.Sprintf("after %d of 500, one more is followed", done), func() bool {
			done = count(t, a, `SELECT count(*) FROM stripe_events WHERE state = 'done' AND event_id LIKE 'evt\_%\_%'`)
			return done > before
		})
	}
	says(t, ada.Get(t, ada.Home+"billing"), "Business")
}

func TestWhoDeletesTheirAccountSeesWhosePlanEnds(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada, bob := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	subscribe(t, ada, stripe, "personal")
	var name string
	query(t, a, `UPDATE organizations SET name = 'First & Sons' WHERE slug = $1 RETURNING name`, strings.Split(ada.Home, "/")[2]).into(&name)
	says(t, ada.Get(t, "/account/delete"), "The paid plan of First &amp; Sons ends at once and is not paid back.")
	join(t, a, strings.Split(ada.Home, "/")[2], "owner") // so it does not end
	for _, b := range []*apptest.Browser{ada, bob} {
		if p := b.Get(t, "/account/delete"); p.Status != http.StatusOK || strings.Contains(p.Body, "paid plan") {
			t.Errorf("%d: the page names a plan that does not end", p.Status)
		}
	}
}

// Two processes that share the database get the same event: it is followed once.
func TestTwoReplicasFollowAnEventOnce(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	subscribe(t, ada, stripe, "personal")
	other, err := app.New(t.Context(), a.Cfg, slog.New(slog.DiscardHandler), app.Parts{Now: a.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx, []string{app.RoleWorker}, nil) }()
	defer func() {
		stop()
		<-ended
		other.Close()
	}()
	second := httptest.NewServer(other.Handler())
	defer second.Close()
	stripe.ChangePrice(stripe.Subscriptions(stripe.Customers()[0])[0], billing.PlanOf(billing.Pro).Price(billing.Monthly))
	events := stripe.Events()
	e := events[len(events)-1]
	var wg sync.WaitGroup
	for range 10 {
		b := a.Browser(t)
		wg.Go(func() { deliver(t, b, stripe.Sign(e.Body), string(e.Body)) })
		wg.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, second.URL+"/webhooks/stripe", bytes.NewReader(e.Body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set(billing.SignatureHeader, stripe.Sign(e.Body))
			resp, err := second.Client().Do(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Error(resp, err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	wg.Wait()
	eventually(t, "it is followed", func() bool {
		return count(t, a, `SELECT count(*) FROM stripe_events WHERE state = 'done' AND event_id = '`+e.ID+`'`) == 1
	})
	if n := count(t, a, `SELECT attempts FROM stripe_events WHERE event_id = '`+e.ID+`'`); n != 1 {
		t.Errorf("it was followed %d times", n)
	}
	if n := count(t, a, `SELECT count(*) FROM audit_events WHERE action = 'billing.plan'`); n != 2 {
		t.Errorf("%d changes of plan are in the trail", n)
	}
}

// A delivery that cannot be followed is listed for the operator, tried again,
// and done once Stripe answers.
func TestAFailedDeliveryIsListedAndTriedAgain(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t, operatedBy("root@operator.example"))
	root, ada := a.SignIn(t, "root@operator.example"), a.SignIn(t, "ada@first.example")
	subscribe(t, ada, stripe, "personal")
	stripe.ChangePrice(stripe.Subscriptions(stripe.Customers()[0])[0], billing.PlanOf(billing.Pro).Price(billing.Monthly))
	events := stripe.Events()
	e := events[len(events)-1]
	stripe.Fail(http.StatusInternalServerError, "")
	if p := deliver(t, a.Browser(t), stripe.Sign(e.Body), string(e.Body)); p.Status != http.StatusOK {
		t.Fatalf("while Stripe is away: %d", p.Status)
	}
	waitFor(t, root, "/operator", e.ID)
	says(t, root.Get(t, "/operator"), "delivery of the payment provider could not be followed yet", "customer.subscription.updated")
	stripe.Fail(0, "")
	waitFor(t, root, "/operator", "Every delivery is done")
	says(t, ada.Get(t, ada.Home+"billing"), "Pro")
}

func TestWhoDeletesAnOrganizationIsToldOfItsPlan(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	if strings.Contains(ada.Get(t, ada.Home+"delete").Body, "The plan") {
		t.Error("without a plan it is named")
	}
	subscribe(t, ada, stripe, "pro")
	says(t, ada.Get(t, ada.Home+"delete"), "The plan Pro ends at once")
	ada.Post(t, ada.Home+"delete")
	eventually(t, "the subscription has ended", func() bool {
		return count(t, a, `SELECT count(*) FROM billing_accounts WHERE subscription_id IS NULL`) == 1
	})
}

// No GET changes what is paid, whoever asks.
func TestNoGetChangesAPlan(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	subscribe(t, ada, stripe, "personal")
	before, writes := snapshot(t, a), stripe.Writes()
	for _, path := range []string{
		"billing", "billing?checkout=done", "billing?checkout=left", "billing?plan=business&interval=month", "billing/change?plan=business&interval=month",
		"billing/change?plan=business&interval=year&at=1&due=1", "billing/cancel", "billing/subscribe?plan=pro&interval=month", "billing/resume", "billing/portal", "billing/domains",
	} {
		if p := ada.Get(t, ada.Home+path); p.Status >= 500 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	if after := snapshot(t, a); after != before || stripe.Writes() != writes {
		t.Errorf("before %s, after %s; Stripe was asked for %d changes", before, after, stripe.Writes()-writes)
	}
}

func TestOnlyOwnersSeeAndChangeThePlan(t *testing.T) {
	t.Parallel()
	a, _ := selling(t)
	ada, bob := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example")
	for _, path := range []string{"billing", "billing/change?plan=pro&interval=month", "billing/cancel"} {
		if p := bob.Get(t, ada.Home+path); p.Status != http.StatusNotFound {
			t.Errorf("a stranger gets %s: %d", path, p.Status)
		}
	}
	execute(t, a, `UPDATE members SET role = 'admin' WHERE person_id = (SELECT person_id FROM people WHERE email = 'ada@first.example')`)
	if p := ada.Get(t, ada.Home+"billing"); p.Status != http.StatusForbidden {
		t.Errorf("an admin: %d", p.Status)
	}
	if p := ada.Post(t, ada.Home+"billing/subscribe", "plan", "pro", "interval", "month"); p.Status != http.StatusForbidden {
		t.Errorf("an admin who chooses a plan: %d", p.Status)
	}
	if strings.Contains(ada.Get(t, ada.Home+"settings").Body, "/billing") {
		t.Error("an admin is led there")
	}
}

func TestWithoutStripeThereIsNoBillingAndNoLimit(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	ada := a.SignIn(t, "ada@first.example")
	if p := ada.Get(t, ada.Home+"billing"); p.Status != http.StatusNotFound {
		t.Errorf("the page: %d", p.Status)
	}
	if p := deliver(t, a.Browser(t), "", "{}"); p.Status != http.StatusNotFound {
		t.Errorf("the door for deliveries: %d", p.Status)
	}
	if strings.Contains(ada.Get(t, ada.Home+"settings").Body, "/billing") {
		t.Error("somebody is led there")
	}
	if p := ada.Post(t, ada.Home+"domains/new", "names", "one.example\ntwo.example\nthree.example"); p.Status >= 400 || count(t, a, `SELECT count(*) FROM domains`) != 3 {
		t.Errorf("adding domains: %d, there are %d", p.Status, count(t, a, `SELECT count(*) FROM domains`))
	}
}

// What a plan does not allow is refused where it is tried, with the way to a
// larger one.
func TestLimitsAreRefusedWithTheWayToALargerPlan(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	ada.Post(t, ada.Home+"domains/new", "names", "one.example\ntwo.example")
	if n := count(t, a, `SELECT count(*) FROM domains`); n != 1 {
		t.Errorf("%d domains are watched on Free", n)
	}
	p := ada.Post(t, ada.Home+"members", "email", "bob@first.example", "role", "member")
	if !strings.Contains(p.Body, ada.Home+"billing") {
		t.Errorf("a refused invitation: %d, and no way to a larger plan", p.Status)
	}
	subscribe(t, ada, stripe, "pro")
	ada.Post(t, ada.Home+"domains/new", "names", "two.example\nthree.example")
	if n := count(t, a, `SELECT count(*) FROM domains`); n != 3 {
		t.Errorf("%d domains are watched on Pro", n)
	}
}

// A downgrade that deletes reports the next night: the job that does so asks
// again and again, and nothing goes before the thirty days are over.
func TestADowngradeDeletesNothingTheNextNight(t *testing.T) {
	t.Parallel()
	a, stripe := selling(t)
	ada := a.SignIn(t, "ada@first.example")
	subscribe(t, ada, stripe, "personal")
	ada.Post(t, ada.Home+"domains/new", "names", "first.example")
	take(t, a, slugOf(ada), aReport(a, "old", "first.example"))
	execute(t, a, `UPDATE reports SET day = day - 100`)
	stripe.Cancel(stripe.Subscriptions(stripe.Customers()[0])[0])
	says(t, ada.Get(t, ada.Get(t, ada.Home+"billing?checkout=done").Location), "Free") // coming back reads the plan anew
	told := a.Mail(t, "ada@first.example")
	for !strings.Contains(told.Subject, "days left") {
		told = a.Mail(t, "ada@first.example")
	}
	if !strings.Contains(told.Text, "are deleted. Yours go back to") || strings.Contains(told.Text, "set aside:") {
		t.Errorf("the mail does not say what goes, and nothing else:\n%s", told.Text)
	}
	left := func() int {
		t.Helper()
		night(t, a, "expire_reports")
		return count(t, a, `SELECT count(*) FROM reports`)
	}
	for day := range 29 {
		a.Clock.Advance(24 * time.Hour)
		if left() != 1 {
			t.Fatalf("a report went on day %d of the grace", day+1)
		}
	}
	a.Clock.Advance(2 * 24 * time.Hour)
	night(t, a, "pass_billing_time")
	if left() != 0 {
		t.Error("after the grace it is still there")
	}
}

// night does a job that is otherwise done by the clock.
func night(t *testing.T, a *apptest.App, kind string) {
	t.Helper()
	if p := machine(t, a, apptest.JobToken).Post(t, "/jobs/"+kind); p.Status != http.StatusAccepted {
		t.Fatalf("%s: %d", kind, p.Status)
	}
	eventually(t, kind+" is done", func() bool {
		return count(t, a, `SELECT count(*) FROM river.river_job WHERE state NOT IN ('completed', 'cancelled', 'discarded') AND kind = '`+kind+`'`) == 0
	})
}

func count(t *testing.T, a *apptest.App, sql string) (n int) {
	t.Helper()
	asAdministrator(t, a, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql).Scan(&n) })
	return n
}

func execute(t *testing.T, a *apptest.App, sql string) {
	t.Helper()
	asAdministrator(t, a, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), sql)
		return err
	})
}

// asAdministrator connects for one statement: a test asks often.
func asAdministrator(t *testing.T, a *apptest.App, do func(*pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := do(conn); err != nil {
		t.Fatal(err)
	}
}

// snapshot is everything that is stored about plans, in a line.
func snapshot(t *testing.T, a *apptest.App) (text string) {
	t.Helper()
	const sql = `SELECT concat(customer_id, plan, kept_plans, subscription_id, price_plan, price_interval, status, ends_then, checkout_id) FROM billing_accounts`
	asAdministrator(t, a, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql).Scan(&text) })
	return text
}

func slugOf(b *apptest.Browser) string { return strings.Trim(strings.TrimPrefix(b.Home, "/o/"), "/") }

// subscribe pays for a plan by Checkout, and comes back.
func subscribe(t *testing.T, b *apptest.Browser, stripe *stripetest.Server, plan string) {
	t.Helper()
	p := b.Post(t, b.Home+"billing/subscribe", "plan", plan, "interval", "month")
	at := strings.Index(p.Body, stripe.URL+"/pay/")
	if at < 0 {
		t.Fatalf("choosing a plan: %d %s", p.Status, p.Body)
	}
	page, _, _ := strings.Cut(p.Body[at:], `"`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(url.Values{"card": {"works"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	paid, err := client.Do(req)
	if err != nil || paid.StatusCode != http.StatusSeeOther {
		t.Fatalf("paying: %v, %v", paid, err)
	}
	_ = paid.Body.Close()
	back := b.Get(t, b.Home+"billing?checkout=done")
	says(t, b.Get(t, back.Location), "Stripe has confirmed your payment")
}
