package journey

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/stripetest"
)

// payer is an owner whose organization goes from plan to plan.
type payer struct {
	journey
	stripe *stripetest.Server
	db     string // address of the program's database as a superuser
}

const jobToken = "token of the journey for schedulers"

// TestPayer goes from Free to Personal by Checkout and to Pro with a preview,
// misses a payment, pays, ends the plan, and comes to the end of its grace.
func TestPayer(t *testing.T) {
	t.Parallel()
	j := &payer{stripe: stripetest.New(t, stripetest.Options{}), db: ownDatabase(t)}
	p := newProgram(t)
	p.env = []string{
		"DATABASE_URL=" + j.db, "INGESTER_JOB_TOKEN=" + jobToken,
		"STRIPE_SECRET_KEY=" + j.stripe.Key, "STRIPE_WEBHOOK_SECRETS=" + j.stripe.Secret, "STRIPE_API_URL=" + j.stripe.URL,
	}
	p.start()
	j.stripe.Deliver(p.base + "/webhooks/stripe")
	browser := startBrowser(t)
	j.journey = journey{tab: newTab(browser, t, p.base), program: p, browser: browser}
	j.open("/")
	j.asksForAMail(j.tab, ownerAddress)
	j.opensTheMail(j.tab, ownerAddress)
	j.follow("#mail-link")
	j.press("Sign in")
	j.org = strings.TrimSuffix(j.where(), "/welcome")
	j.choosesPersonal()
	j.watchesDomains()
	j.switchesToPro()
	j.missesAPayment()
	j.pays()
	j.endsThePlan()
	j.livesThroughTheGrace()
	if errors := p.complaints(); errors != "" {
		t.Errorf("the program logged errors:\n%s", errors)
	}
}

// ownDatabase is a server of the journey's own, so that time can be made to pass
// in it.
func ownDatabase(t *testing.T) string {
	t.Helper()
	options := dbtest.Own(t)
	options.Unsafe = true
	server, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	const name = "payer"
	if err := postgres.EnsureDatabase(t.Context(), server.SuperuserURL("postgres"), name); err != nil {
		t.Fatal(err)
	}
	return server.SuperuserURL(name)
}

// billing opens the page about the plan until it says all of the phrases: what
// Stripe tells arrives a moment later.
func (j *payer) billing(phrases ...string) {
	j.Helper()
	text := ""
	defer func() {
		if j.program.t.Failed() {
			j.program.t.Log("the page about the plan: ", text)
		}
	}()
	within(j.program.t, patience, "the page about the plan does not say "+strings.Join(phrases, ", "), func() bool {
		j.open(j.org + "/billing")
		text = j.text("main")
		for _, phrase := range phrases {
			if !strings.Contains(text, plain(phrase)) {
				return false
			}
		}
		return true
	})
}

func (j *payer) choosesPersonal() {
	j.Helper()
	j.open(j.org + "/settings")
	j.follow(`a[href$="/billing"]`)
	j.reads("Free", "Personal", "$5.99", "Pro", "Business")
	j.press("Choose Personal")
	j.awaits("Subscribe to Sendvery Personal")
	j.do(click(`input[value=declined]`))
	j.follow("button")
	j.awaits("Your card was declined")
	j.do(click(`input[value=works]`))
	j.follow("button")
	j.awaits("Stripe has confirmed your payment")
	j.billing("Personal", "$5.99")
}

// awaits waits until the page, whosever it is, has the words.
func (j *payer) awaits(words string) {
	j.Helper()
	within(j.program.t, patience, "no page says "+words, func() bool {
		ctx, cancel := context.WithTimeout(j.ctx, patience)
		defer cancel()
		// A page that is just leaving cannot be read; the next one is asked again.
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(document.body?.innerText.includes(`+quote(words)+`))`))
		return err == nil && there
	})
}

func (j *payer) watchesDomains() {
	j.Helper()
	j.open(j.org + "/domains/new")
	j.do(typeInto("textarea", "example.org\nexample.net\nshop.example"))
	j.press("Add domains")
	j.billing("3 of 5")
}

func (j *payer) switchesToPro() {
	j.Helper()
	before := j.stripe.Writes()
	j.press("Switch to Pro…")
	j.reads("Unused time on Sendvery Personal", "Remaining time on Sendvery Pro")
	if j.stripe.Writes() != before {
		j.Error("a look at the price changed something at Stripe")
	}
	j.follow("main form[method=post] button")
	j.billing("Pro", "$23.99")
}

func (j *payer) subscription() string {
	j.Helper()
	list := j.stripe.Subscriptions(j.stripe.Customers()[0])
	if len(list) != 1 {
		j.Fatalf("there are %d subscriptions", len(list))
	}
	return list[0]
}

func (j *payer) missesAPayment() {
	j.Helper()
	j.stripe.SetCard(j.stripe.Customers()[0], stripetest.Declined)
	j.stripe.Renew(j.subscription())
	j.billing("A payment has been missing since", "From then on the limits of Free apply")
	j.mailed("A payment for")
}

// mailed waits for a mail to the owner in development's outbox.
func (j *payer) mailed(subject string) {
	j.Helper()
	within(j.program.t, patience, "there is no mail "+subject, func() bool {
		j.open("/dev/outbox")
		return strings.Contains(j.text("main"), subject)
	})
}

func (j *payer) pays() {
	j.Helper()
	j.billing("A payment has been missing since")
	j.press("Pay or change the card at Stripe")
	j.awaits("Payment details of")
	j.do(click(`input[value=works]`))
	j.follow("button")
	j.follow("#back")
	within(j.program.t, patience, "the missing payment is still named", func() bool {
		j.open(j.org + "/billing")
		return !strings.Contains(j.text("main"), "A payment has been missing")
	})
}

func (j *payer) endsThePlan() {
	j.Helper()
	j.open(j.org + "/billing/cancel")
	j.reads("shop.example") // set aside by name
	j.follow("main form[method=post] button")
	j.billing("Everything stays as it is until")
	j.stripe.Renew(j.subscription()) // its end
	j.billing("you keep everything that you have")
	j.mailed("30 days left")
}

func (j *payer) livesThroughTheGrace() {
	j.Helper()
	j.passes("23 days")
	j.mailed("7 days left")
	j.passes("6 days")
	j.mailed("1 day left")
	j.open(j.org + "/domains")
	if strings.Contains(j.text("main"), "Set aside") {
		j.Error("a domain was set aside before the grace was over")
	}
	j.passes("1 day")
	within(j.program.t, patience, "no domain was set aside", func() bool {
		j.open(j.org + "/domains")
		return strings.Count(j.text("main"), "Set aside") >= 2
	})
	j.billing("Free", "1 of 1")
}

// passes lets time pass for the grace, and has done what goes by it.
func (j *payer) passes(interval string) {
	j.Helper()
	ctx := j.program.t.Context()
	conn, err := pgx.Connect(ctx, j.db)
	if err != nil {
		j.Fatalf("%v", err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	within(j.program.t, patience, "the job for the time before has not ended", func() bool {
		var left int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM river.river_job WHERE kind = 'pass_billing_time' AND finalized_at IS NULL`).Scan(&left)
		return err == nil && left == 0
	})
	if _, err := conn.Exec(ctx, `UPDATE billing_accounts SET kept_untils = (SELECT array_agg(t - $1::interval ORDER BY t) FROM unnest(kept_untils) t)`, interval); err != nil {
		j.Fatalf("%v", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.program.base+"/jobs/pass_billing_time", nil)
	if err != nil {
		j.Fatalf("%v", err)
	}
	req.Header.Set("Authorization", "Bearer "+jobToken)
	answer, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil || answer.StatusCode != http.StatusAccepted {
		j.Fatalf("%v %v", answer, err)
	}
	_ = answer.Body.Close()
}
