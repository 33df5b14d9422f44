package billingweb

import (
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// State is all that the pages are drawn from.
type State struct {
	Account  billing.Account
	Usage    Usage
	Invoices []billing.Invoice
	// NoInvoices says why they cannot be shown; empty = they can.
	NoInvoices string
	Interval   billing.Interval // that plans are shown for
	Audit      bool             // the person may see the audit trail
	// Until is when the page stops looking whether Stripe has confirmed a
	// payment; zero when nobody comes back from paying.
	Until time.Time
	Now   time.Time
}

// Page is an organization's plan: what it costs, what is used of it, what else
// there is, and its invoices.
type Page struct {
	ui.Page
	Tabs         []ui.Choice
	Headline     string
	Detail       string
	Error        string // why the last change was refused; empty = none
	Notices      []Notice
	FragmentHref string // asks whether Stripe has confirmed; empty = nothing is waited for
	Meters       []Meter
	Choose       Choose
	Intervals    []ui.Choice
	Cards        []Card
	Invoices     []Invoice
	NoInvoices   ui.Nothing // when Invoices is empty
	PortalAction string     // empty: Stripe does not know the organization yet
}

// Notice is what is to be known about the plan now.
type Notice struct {
	Tone  ui.Tone
	Title string
	Words []string
	Step  Step    // what the owner can do about it; may be empty
	More  ui.Link // may be empty
}

// Step is a button: a form that posts Price to Action, or a link.
type Step struct {
	Text    string
	Action  string
	Price   billing.Price // zero: the form has no fields
	Href    string
	Primary bool
}

// Meter is how much of a limit is used.
type Meter struct {
	Name     string
	Sentence string
	Now, Max int
	Endless  bool // there is no limit: no bar
}

// Over reports whether more is there than the plan has.
func (m Meter) Over() bool { return !m.Endless && m.Now > m.Max }

// Choose asks which domains stay active. The form posts "domain" for each to Action.
type Choose struct {
	Action  string // empty: there is nothing to choose
	Words   string
	Error   string
	Domains []Tick
}

// Tick is a domain to choose.
type Tick struct {
	Name   string
	Stays  bool
	Remark string // may be empty
}

// Card is a plan that there is.
type Card struct {
	Name  string
	Price string // "$4.99"
	Every string // "a month"
	How   string // "$59.88 a year, which saves $12.00"
	Gives []string
	Yours bool
	Mark  string // "Your plan"; may be empty
	Step  Step   // how to get it; may be empty
}

// Invoice is a line of the list.
type Invoice struct {
	Number, Day, Amount, Status string
	URL, PDF                    string // may be empty
}

// NewPage draws up the page for a frame.
func NewPage(frame ui.Page, s State) Page {
	o := frame.Org
	p := Page{
		Page:    frame.In(ui.SettingsSection),
		Tabs:    ui.SettingsTabs(o, ui.BillingTab, true, s.Audit),
		Notices: s.notices(o), Meters: s.meters(), Choose: s.choose(o), Intervals: s.intervals(o), Cards: s.cards(o),
	}
	p.Headline, p.Detail = s.headline(o.Name)
	if s.waits() {
		p.FragmentHref, p.Page.Refresh = frame.Path, pollSeconds
	}
	if s.Account.HasCustomer {
		p.PortalAction = here(o, "portal")
	}
	for _, i := range s.Invoices {
		p.Invoices = append(p.Invoices, Invoice{Number: i.Number, Day: format.Day(i.At), Amount: format.Money(i.Cents, i.Currency), Status: statuses[i.Status], URL: i.URL, PDF: i.PDF})
	}
	p.NoInvoices = ui.Nothing{Icon: "receipt-text", Title: "No invoices yet", Words: "Each payment brings one. It is listed here and can be downloaded for your accounts."}
	if s.NoInvoices != "" {
		p.NoInvoices = ui.Nothing{Icon: "cloud-off", Title: "Invoices cannot be shown now", Words: s.NoInvoices}
	}
	return p
}

// waits reports whether the page looks again by itself.
func (s State) waits() bool { return s.Account.Paid == nil && s.Now.Before(s.Until) }

// headline is what the plan is and how it goes on, in two sentences.
func (s State) headline(name string) (first, second string) {
	a := s.Account
	if a.Paid == nil {
		return name + " is on the " + Name(a.Plan) + " plan.", "It costs nothing and does not end."
	}
	plan, end := Name(a.Paid.Plan), format.Day(a.Paid.PeriodEnd)
	switch {
	case a.PastDueSince != nil:
		return plan + ", " + Cost(a.Paid.Price) + ": a payment is missing.", "Stripe tries the payment again by itself. Once it is paid you can switch to another plan."
	case a.Paid.EndsThen:
		return plan + " ends on " + end + ".", "It is paid until then, and nothing is charged any more. Then " + name + " is on Free."
	}
	return plan + ", " + Cost(a.Paid.Price) + ".", "It renews on " + end + ", unless you end it before."
}

// meters say how much of each limit is used.
func (s State) meters() []Meter {
	meter := func(name string, l billing.Limit, n int, verb string) Meter {
		a := s.Account.Allowance(l)
		m := Meter{Name: name, Now: n, Max: a.Max, Endless: a.Unlimited, Sentence: format.Count(n) + " " + verb + "."}
		switch {
		case m.Over():
			m.Sentence = format.Count(n) + " " + verb + ", and " + Name(s.Account.Plan) + " has " + format.Count(a.Max) + "."
		case !m.Endless:
			m.Sentence = format.Count(n) + " of " + format.Count(a.Max) + " " + verb + "."
		}
		return m
	}
	u := s.Usage
	reports := meter("Reports in "+s.Now.UTC().Format("January"), billing.Reports, u.Reports, "counted")
	if u.Held > 0 {
		reports.Sentence += " " + s.held()
	}
	aside := u.aside()
	domains := meter("Domains", billing.Domains, len(u.Domains)-aside, "active")
	if aside > 0 {
		domains.Sentence += " " + format.Of(aside, "more is", "more are") + " set aside."
	}
	kept := meter("How long reports are kept", billing.RetentionDays, 0, "")
	if !u.Oldest.IsZero() {
		kept.Now = min(age(u.Oldest, s.Now), max(kept.Max, 1))
	}
	kept.Sentence = s.retention(kept)
	return []Meter{domains, meter("Seats", billing.Seats, u.Seats, "taken, invitations included"), reports, kept}
}

// held says of the reports that wait when they count, and for how long.
func (s State) held() string {
	now, days := s.Now.UTC(), billing.PlanOf(s.Account.Plan).Allowance(billing.RetentionDays)
	if waits := int(report.WaitingLife.Hours() / 24); days.Max < waits {
		days.Max = waits
	}
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	words := format.Of(s.Usage.Held, "more waits", "more wait") + ", kept " + kept(days) + ": the newest count first, from " + format.Day(next) + " on"
	if days.Largest {
		return words + "."
	}
	return words + " or once the plan is larger."
}

// retention says how long reports are kept, and which go because of that.
func (s State) retention(m Meter) string {
	oldest, plan := s.Usage.Oldest, billing.PlanOf(s.Account.Plan)
	sentence := "Reports are kept " + kept(billing.Allowance{Unlimited: m.Endless, Max: m.Max}) + "."
	if until := s.Account.KeptUntil; until != nil {
		sentence = plan.Name + " keeps reports " + kept(plan.Allowance(billing.RetentionDays)) + "."
		if !oldest.IsZero() && !plan.Allowance(billing.RetentionDays).Allows(age(oldest, *until)) {
			return sentence + " Older ones are removed from " + format.Day(*until) + " on; your oldest is of " + format.Day(oldest) + "."
		}
	}
	switch {
	case oldest.IsZero():
		return sentence + " There are none yet."
	case !m.Endless && age(oldest, s.Now) > m.Max:
		return sentence + " Those from before " + format.Day(s.Now.AddDate(0, 0, -m.Max)) + " are removed."
	}
	return sentence + " Yours go back to " + format.Day(oldest) + "."
}

// choose is the form for who has more domains than the plan. While more are
// active than it has, what will stay is ticked, and after that what stayed.
func (s State) choose(o ui.Org) Choose {
	p := billing.PlanOf(s.Account.Plan)
	if len(s.Usage.beyond(p)) == 0 {
		return Choose{}
	}
	c := Choose{Action: here(o, "domains")}
	c.Words = p.Name + " has " + format.Of(p.Domains, "domain", "domains") + ". Tick what stays; the others are set aside"
	if s.Account.KeptUntil != nil {
		c.Words += " on " + format.Day(*s.Account.KeptUntil)
	}
	c.Words += ": what they have can be read, and new reports about them wait. You can choose again at any time."
	settled := len(s.Usage.Domains)-s.Usage.aside() <= p.Domains
	for i, d := range s.Usage.Domains {
		t := Tick{Name: d.Name, Stays: i < p.Domains}
		if settled {
			t.Stays = !d.Aside
		}
		if d.Aside {
			t.Remark = "Set aside"
		}
		c.Domains = append(c.Domains, t)
	}
	return c
}

// intervals switch between the prices of the cards.
func (s State) intervals(o ui.Org) []ui.Choice {
	words := map[billing.Interval]string{billing.Monthly: "Paid by the month", billing.Yearly: "Paid by the year"}
	var out []ui.Choice
	for _, i := range billing.Intervals() {
		out = append(out, ui.Choice{Text: words[i], Chosen: i == s.Interval, Href: here(o, "") + "?interval=" + string(i) + "#plans"})
	}
	return out
}

// cards are the plans, with the way to each.
func (s State) cards(o ui.Org) []Card {
	var out []Card
	for _, p := range billing.Plans() {
		price := p.Price(s.Interval)
		c := Card{Name: p.Name, Price: format.Money(p.Monthly, billing.Currency), Every: "a month", Gives: Gives(p)}
		switch {
		case p.Monthly == 0:
			c.Price, c.How = "$0", "for as long as you like"
		case s.Interval == billing.Yearly:
			c.Price = format.Money(p.Yearly, billing.Currency)
			c.How = Cost(price) + ", which saves " + format.Money(12*p.Monthly-price.Cents(), billing.Currency)
		default:
			c.How = "paid by the month"
		}
		c.Mark, c.Step = s.way(o, p, price)
		c.Yours = s.Account.Plan == p.ID
		out = append(out, c)
	}
	return out
}

// way is how the organization gets a price, or that it has it.
func (s State) way(o ui.Org, p billing.Plan, price billing.Price) (mark string, step Step) {
	paid, yours := s.Account.Paid, "Your plan"
	if s.Account.Lapsed() {
		yours = "Not paid"
	}
	switch {
	case p.ID == billing.Free && paid == nil:
		return yours, Step{}
	case p.ID == billing.Free && s.Account.Lapsed() && paid.EndsThen:
		return "In force", Step{}
	case p.ID == billing.Free && s.Account.Lapsed():
		return "In force", Step{Text: "Stay on Free, end " + Name(paid.Plan) + "…", Href: here(o, "cancel")}
	case p.ID == billing.Free && paid.EndsThen:
		return "From " + format.Day(s.Account.FreeFrom()), Step{}
	case p.ID == billing.Free:
		return "", Step{Text: "Go back to Free…", Href: here(o, "cancel")}
	case s.waits(): // for another one that is being paid
		return "", Step{}
	case paid == nil:
		return "", Step{Text: "Choose " + p.Name, Action: here(o, "subscribe"), Price: price}
	case paid.Price == price, paid.Plan == p.ID && s.Account.PastDueSince != nil:
		return yours, Step{}
	case s.Account.PastDueSince != nil: // nothing changes before that is paid
		return "", Step{}
	case paid.Plan == p.ID && s.Interval == billing.Yearly:
		return yours, Step{Text: "Pay it by the year…", Href: changeHref(o, price)}
	case paid.Plan == p.ID:
		return yours, Step{Text: "Pay it by the month…", Href: changeHref(o, price)}
	}
	return "", Step{Text: "Switch to " + p.Name + "…", Href: changeHref(o, price)}
}

func (s Step) look() string {
	if s.Primary {
		return "btn btn-primary btn-sm"
	}
	return "btn border-edge bg-base-100"
}
