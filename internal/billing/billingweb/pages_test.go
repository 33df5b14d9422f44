package billingweb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/web/ui"
)

var (
	now     = time.Date(2026, 11, 21, 14, 5, 9, 0, time.UTC)
	monthly = billing.Price{Plan: billing.Personal, Interval: billing.Monthly}
	pro     = billing.Price{Plan: billing.Pro, Interval: billing.Monthly}
)

// counter is a billing.Service that keeps one account in memory and notes what
// is asked of it.
type counter struct {
	account  billing.Account
	quote    billing.Quote
	refuse   error // what changes are refused with
	invoices error
	returned error
	done     []string
}

func (c *counter) note(format string, args ...any) error {
	if c.refuse == nil {
		c.done = append(c.done, fmt.Sprintf(format, args...))
	}
	return c.refuse
}

func (c *counter) Account(context.Context, postgres.TenantID) (billing.Account, error) {
	return c.account, nil
}

func (c *counter) Subscribe(_ context.Context, a billing.Actor, p billing.Price) (string, error) {
	return "https://pay.example/c#1", c.note("subscribe to %s, back to %s", p.Key(), a.Back)
}

func (c *counter) Preview(context.Context, billing.Actor, billing.Price) (billing.Quote, error) {
	return c.quote, nil
}

func (c *counter) Change(_ context.Context, _ billing.Actor, q billing.Agreed) error {
	return c.note("change to %s for %d as of %d", q.To.Key(), q.Due, q.At.Unix())
}
func (c *counter) Cancel(context.Context, billing.Actor) error { return c.note("cancel") }
func (c *counter) Resume(context.Context, billing.Actor) error { return c.note("resume") }

func (c *counter) Portal(context.Context, billing.Actor) (string, error) {
	return "https://portal.example/", c.note("portal")
}

func (c *counter) Invoices(context.Context, postgres.TenantID) ([]billing.Invoice, error) {
	if c.invoices != nil {
		return nil, c.invoices
	}
	return []billing.Invoice{{Number: "SV-0001", At: now, Cents: 599, Currency: "usd", Status: "paid"}}, nil
}

func (c *counter) Sync(context.Context, postgres.TenantID) error { return c.returned }

// paid is an organization on Personal.
func paid() *counter {
	return &counter{
		account: billing.Account{Plan: billing.Personal, HasCustomer: true, Paid: &billing.Paid{Price: monthly, Status: billing.Active, PeriodEnd: now.AddDate(0, 0, 21)}},
		quote: billing.Quote{From: monthly, To: pro, At: now, Preview: billing.Preview{Currency: "usd", Due: 1234, Lines: []billing.Line{
			{Text: "Unused time on Sendvery Personal", Cents: -419}, {Text: "Remaining time on Sendvery Pro", Cents: 1653},
		}}},
	}
}

// site is the pages, with three domains.
func site(c *counter) *billingweb.Web {
	return &billingweb.Web{
		Billing: c, URL: func(path string) string { return "https://sendvery.example" + path }, Now: func() time.Time { return now },
		Usage: func(context.Context, org.Access) (billingweb.Usage, error) {
			return billingweb.Usage{Domains: []billingweb.Domain{{Name: "a.example"}, {Name: "b.example"}, {Name: "c.example"}}, Seats: 1, Reports: 250, Oldest: now.AddDate(0, 0, -200)}, nil
		},
		Choose: func(_ context.Context, _ org.Access, keep []fqdn.Name) error { return c.note("keep %v", keep) },
		Frame: func(_ http.ResponseWriter, r *http.Request, title string) ui.Page {
			return ui.Page{Title: title, Org: ui.Org{Name: "Example Ltd", Slug: "example"}, Path: r.URL.RequestURI()}
		},
		Flash: func(w http.ResponseWriter, sentence string) { w.Header().Set("Flash", sentence) }, Log: slog.New(slog.DiscardHandler),
	}
}

// answer is what a handler answers, with its text as it is read.
func answer(t *testing.T, h func(http.ResponseWriter, *http.Request, org.Access) error, method, target string, form url.Values) (status int, header http.Header, text string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	if err := h(w, r, org.Access{Membership: org.Membership{Organization: org.Organization{Slug: "example", Name: "Example Ltd"}, Role: org.Owner}}); err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return w.Code, w.Header(), strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(w.Body.String())
}

func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func TestPlanIsChangedForWhatWasSeen(t *testing.T) {
	t.Parallel()
	c := paid()
	_, _, text := answer(t, site(c).AskChange, "GET", "/o/example/billing/change?plan=pro&interval=month", nil)
	says(t, text, "Switch from Personal to Pro?", "Remaining time on Sendvery Pro", "−$4.19", "$16.53", "To pay now", "Switch to Pro and pay $12.34",
		`name="due" value="1234"`, `name="at" value="1795269909"`, "After that it costs $23.99 a month")
	if len(c.done) != 0 {
		t.Errorf("asking did %q", c.done)
	}
	status, header, _ := answer(t, site(c).Change, "POST", "/o/example/billing/change", url.Values{"plan": {"pro"}, "interval": {"month"}, "at": {"1795269909"}, "due": {"1234"}})
	if got := strings.Join(c.done, "; "); got != "change to sendvery_pro_month for 1234 as of 1795269909" || status != 303 || header.Get("Location") != "/o/example/billing" {
		t.Errorf("%q, %d to %s", got, status, header.Get("Location"))
	}
}

func TestChangeThatCostsSomethingElseByNowIsAskedAgain(t *testing.T) {
	t.Parallel()
	c := paid()
	c.refuse = fault.New(fault.Conflict, "The amount has changed.")
	c.quote.Due = 1300
	status, _, text := answer(t, site(c).Change, "POST", "/o/example/billing/change", url.Values{"plan": {"pro"}, "interval": {"month"}, "at": {"1"}, "due": {"1234"}})
	says(t, text, "The amount has changed.", "Switch to Pro and pay $13.00", `name="due" value="1300"`)
	if status != 422 {
		t.Errorf("status %d", status)
	}
	status, header, _ := answer(t, site(c).Change, "POST", "/o/example/billing/change", url.Values{"plan": {"pro"}, "interval": {"month"}})
	if want := "/o/example/billing/change?interval=month&plan=pro"; status != 303 || header.Get("Location") != want {
		t.Errorf("without an amount: %d to %q, want %q", status, header.Get("Location"), want)
	}
}

func TestSmallerPlanSaysWhatGoesAndWhen(t *testing.T) {
	t.Parallel()
	_, _, text := answer(t, site(paid()).AskCancel, "GET", "/o/example/billing/cancel", nil)
	says(t, text, "End Personal on 12 Dec 2026?", "Until 11 Jan 2027 nothing is deleted or set aside", "2 of your 3 domains are set aside: b.example, c.example.",
		"Reports older than 30 days are deleted. Yours go back to 5 May 2026.", "250 reports came this month and Free has 100", `href="/o/example/export"`)
}

func TestPaymentsAreMadeElsewhere(t *testing.T) {
	t.Parallel()
	c := &counter{account: billing.Account{Plan: billing.Free}}
	_, _, text := answer(t, site(c).Subscribe, "POST", "/o/example/billing/subscribe", url.Values{"plan": {"personal"}, "interval": {"month"}})
	says(t, text, `href="https://pay.example/c#1"`, `content="0; url=https://pay.example/c#1"`, "You pay Personal there, $5.99 a month.")
	if strings.Contains(text, `action="https`) {
		t.Error("a form leads to another site, which the policy of pages forbids")
	}
	if got := strings.Join(c.done, "; "); got != "subscribe to sendvery_personal_month, back to https://sendvery.example/o/example/billing" {
		t.Error(got)
	}
	c.refuse = fault.New(fault.Conflict, "Somebody else is paying.")
	status, _, text := answer(t, site(c).Subscribe, "POST", "/o/example/billing/subscribe", url.Values{"plan": {"personal"}, "interval": {"month"}})
	says(t, text, "Somebody else is paying.", "Example Ltd is on the Free plan.")
	if status != 422 {
		t.Errorf("refused with status %d", status)
	}
}

func TestWhoComesBackWaitsForAWhile(t *testing.T) {
	t.Parallel()
	c := &counter{account: billing.Account{Plan: billing.Free, HasCustomer: true}, returned: fault.New(fault.Temporary, "away")}
	status, header, _ := answer(t, site(c).Show, "GET", "/o/example/billing?checkout=done", nil)
	back := header.Get("Location")
	if want := fmt.Sprintf("/o/example/billing?checkout=done&until=%d", now.Unix()+90); status != 303 || back != want {
		t.Fatalf("%d to %q, want %q", status, back, want)
	}
	_, _, text := answer(t, site(c).Show, "GET", back, nil)
	says(t, text, "Stripe is confirming your payment.", `hx-trigger="every 3s"`, `http-equiv="refresh" content="3"`)
	late := site(c)
	late.Now = func() time.Time { return now.Add(91 * time.Second) }
	_, _, text = answer(t, late.Show, "GET", back, nil)
	says(t, text, "Stripe has not confirmed a payment yet.")
	if strings.Contains(text, "every 3s") || strings.Contains(text, `http-equiv="refresh"`) {
		t.Error("it still looks again after its time")
	}
	c.account = paid().account
	_, _, text = answer(t, site(c).Show, "GET", back, nil)
	says(t, text, "Stripe has confirmed your payment. You are on Personal.")
}

func TestPlanIsShownWhileStripeIsAway(t *testing.T) {
	t.Parallel()
	c := paid()
	for _, c.invoices = range []error{fault.New(fault.Temporary, "away"), errors.New("a wrong key")} {
		_, _, text := answer(t, site(c).Show, "GET", "/o/example/billing", nil)
		says(t, text, "Personal, $5.99 a month.", "It renews on 12 Dec 2026", "3 of 5 active.", "Invoices cannot be shown now")
	}
	c.refuse = fault.New(fault.Temporary, "Stripe does not answer.")
	status, _, text := answer(t, site(c).Cancel, "POST", "/o/example/billing/cancel", url.Values{})
	says(t, text, "Stripe does not answer. Nothing was charged.", "Personal, $5.99 a month.")
	if status != 503 {
		t.Errorf("status %d", status)
	}
	status, _, text = answer(t, site(c).Change, "POST", "/o/example/billing/change", url.Values{"plan": {"pro"}, "interval": {"month"}, "at": {"1"}, "due": {"1234"}})
	says(t, text, "Whether the plan was changed is not known yet", "It is not charged twice.")
	if status != 503 || strings.Contains(text, "Nothing was charged") {
		t.Errorf("a change whose answer is lost: %d", status)
	}
}

func TestWhoseCardIsDeclinedIsLedToTheirCards(t *testing.T) {
	t.Parallel()
	c := paid()
	c.refuse = fault.New(fault.LimitReached, "The card was declined.")
	_, _, text := answer(t, site(c).Change, "POST", "/o/example/billing/change", url.Values{"plan": {"pro"}, "interval": {"month"}, "at": {"1"}, "due": {"1234"}})
	says(t, text, "The card was declined.", `action="/o/example/billing/portal"`)
}

func TestSmallerPlanHoldsWhatIsNewAtOnce(t *testing.T) {
	t.Parallel()
	c := paid()
	c.account.Plan, c.account.Paid.Price = billing.Pro, pro
	c.quote = billing.Quote{From: pro, To: monthly, At: now}
	_, _, text := answer(t, site(c).AskChange, "GET", "/o/example/billing/change?plan=personal&interval=month", nil)
	says(t, text, "At once what is new is held to Personal: 5 domains, 1 000 reports a month and 1 seat.", "Until 21 Dec 2026 nothing is deleted or set aside")
	if strings.Contains(text, "reports kept") {
		t.Error("what is kept is said to change at once")
	}
}

func TestCancellingWithoutPaymentPromisesWhatIsKept(t *testing.T) {
	t.Parallel()
	c := paid()
	c.account.PastDueSince = new(now.AddDate(0, 0, -3))
	_, _, text := answer(t, site(c).AskCancel, "GET", "/o/example/billing/cancel", nil)
	says(t, text, "End Personal on 12 Dec 2026?", "A payment is missing.", "From 2 Dec 2026 on, unless it is paid, what is new is held to Free", "Until 1 Jan 2027 nothing is deleted")
	c.account.Paid.EndsThen = true
	_, _, text = answer(t, site(c).Show, "GET", "/o/example/billing", nil)
	says(t, text, "Until 2 Dec 2026 nothing changes.", "Nothing is deleted or set aside before 1 Jan 2027.", "Personal ends on 12 Dec 2026")
	if strings.Contains(text, "11 Jan 2027") || strings.Contains(text, "Everything stays as it is") {
		t.Error("more is promised than is kept")
	}
}

func TestPlanThatIsNotPaidIsNotInForce(t *testing.T) {
	t.Parallel()
	c := paid()
	c.account.Plan, c.account.PastDueSince = billing.Free, new(now.AddDate(0, 0, -15))
	c.account.Kept, c.account.KeptUntil = billing.Personal, new(now.AddDate(0, 0, 29))
	_, _, text := answer(t, site(c).Show, "GET", "/o/example/billing", nil)
	says(t, text, "The limits of Free apply since 20 Nov 2026. Once it is paid, Personal is in force again.", "Not paid", "In force", "Stay on Free, end Personal", "unless it is paid before")
	if strings.Contains(text, "Your plan<") || strings.Contains(text, "choose a larger plan") {
		t.Error("what is not in force is called the plan")
	}
}

func TestDomainsAreChosen(t *testing.T) {
	t.Parallel()
	c := &counter{account: billing.Account{Plan: billing.Free, Kept: billing.Personal, KeptUntil: new(now.AddDate(0, 0, 9))}}
	_, _, text := answer(t, site(c).Show, "GET", "/o/example/billing", nil)
	says(t, text, "Until 30 Nov 2026 you keep everything that you have.", `value="a.example" checked`, "3 active, and Free has 1.")
	form := url.Values{"domain": {"c.example", "no domain"}}
	if status, _, _ := answer(t, site(c).ChooseDomains, "POST", "/o/example/billing/domains", form); status != 303 || strings.Join(c.done, "; ") != "keep [c.example]" {
		t.Errorf("%d, %q", status, c.done)
	}
	c.refuse = &fault.Error{Kind: fault.Invalid, Fields: fault.Fields{"domains": "Choose at least one domain."}}
	_, _, text = answer(t, site(c).ChooseDomains, "POST", "/o/example/billing/domains", url.Values{})
	says(t, text, "Choose at least one domain.", `action="/o/example/billing/domains#choose"`, "autofocus")
	if strings.Contains(text, "checked") {
		t.Error("what was not ticked is ticked")
	}
}

// Who keeps fewer domains active than the plan has finds their own choice.
func TestDomainsThatAreSetAsideAreNotTicked(t *testing.T) {
	t.Parallel()
	h := site(paid())
	h.Usage = func(context.Context, org.Access) (u billingweb.Usage, err error) {
		for _, name := range []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"} {
			u.Domains = append(u.Domains, billingweb.Domain{Name: name, Aside: name > "b.example"})
		}
		return u, nil
	}
	_, _, text := answer(t, h.Show, "GET", "/o/example/billing", nil)
	says(t, text, `value="a.example" checked`, `value="b.example" checked`, "2 of 5 active. 4 more are set aside.")
	if n := strings.Count(text, " checked"); n != 2 {
		t.Errorf("%d domains are ticked", n)
	}
}

func TestMissingPaymentLeadsToStripeAndNowhereElse(t *testing.T) {
	t.Parallel()
	c := paid()
	c.account.PastDueSince = new(now.AddDate(0, 0, -3))
	_, _, text := answer(t, site(c).Show, "GET", "/o/example/billing", nil)
	says(t, text, "a payment is missing.", "A payment has been missing since 18 Nov 2026.", "Until 2 Dec 2026 nothing changes.", `action="/o/example/billing/portal"`)
	if strings.Contains(text, "Switch to") {
		t.Error("another plan is offered")
	}
}
