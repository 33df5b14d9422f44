package stripetest

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"sendvery.com/sendvery/internal/billing"
)

type subscription struct {
	thing
	Status      string   `json:"status"`
	Customer    string   `json:"customer"`
	Currency    string   `json:"currency"`
	PeriodStart int64    `json:"current_period_start"`
	PeriodEnd   int64    `json:"current_period_end"`
	EndsThen    bool     `json:"cancel_at_period_end"`
	CanceledAt  *int64   `json:"canceled_at"`
	EndedAt     *int64   `json:"ended_at"`
	Latest      string   `json:"latest_invoice"`
	Items       itemList `json:"items"`
}

type itemList struct {
	Object string `json:"object"`
	More   bool   `json:"has_more"`
	Data   []item `json:"data"`
}

type item struct {
	ID           string `json:"id"`
	Object       string `json:"object"`
	Price        *price `json:"price"`
	Quantity     int    `json:"quantity"`
	Subscription string `json:"subscription"`
}

func (sub *subscription) over() bool { return sub.Status == "canceled" }

func (sub *subscription) price() *price { return sub.Items.Data[0].Price }

// Subscriptions lists the ids of a customer's, ended ones too, the oldest first.
func (s *Server) Subscriptions(customer string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, sub := range s.subscriptions {
		if sub.Customer == customer {
			ids = append(ids, sub.ID)
		}
	}
	return ids
}

// Subscribe has a customer pay for a plan with a card that works, and returns
// the subscription's id.
func (s *Server) Subscribe(tb TB, customer string, p billing.Price) (id string) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	who, found := s.customers.get(customer)
	sold := s.sold(p.Key())
	if !found || sold == nil {
		tb.Fatalf("there is no customer %s, or no price %s", customer, p.Key())
	}
	who.card = Works
	return s.subscribe(who, sold, nil).ID
}

// Renew has the period of a subscription end now: it is paid for the next one,
// or the payment fails, by the customer's card; one that was to end then ends.
// One that has ended is left as it is, here and below.
func (s *Server) Renew(id string) {
	s.change(id, func(sub *subscription) {
		if sub.EndsThen {
			s.end(sub)
			return
		}
		s.begin(sub)
		i := s.draft(sub, "subscription_cycle", line{Text: "1 × " + s.name(sub.price()), Cents: sub.price().Cents})
		s.issue(i)
		s.charge(i)
		s.emit("customer.subscription.updated", sub)
	})
}

// Pay has the customer's card work and pay what is open of a subscription.
func (s *Server) Pay(id string) {
	s.change(id, func(sub *subscription) {
		who, _ := s.customers.get(sub.Customer)
		who.card = Works
		for _, i := range s.invoices {
			if i.Subscription == id && i.Status == "open" {
				s.charge(i)
			}
		}
	})
}

// GiveUp has a subscription that is past due end, as Stripe does after its last
// try.
func (s *Server) GiveUp(id string) {
	s.change(id, func(sub *subscription) {
		if sub.Status == "past_due" {
			s.end(sub)
		}
	})
}

// Cancel ends a subscription at once, as can be done in Stripe's dashboard.
func (s *Server) Cancel(id string) { s.change(id, s.end) }

// CancelAtEnd says whether it ends with its period.
func (s *Server) CancelAtEnd(id string, ends bool) {
	s.change(id, func(sub *subscription) {
		sub.EndsThen = ends
		s.emit("customer.subscription.updated", sub)
	})
}

// ChangePrice gives it another price, as can be done in Stripe's dashboard,
// without an invoice.
func (s *Server) ChangePrice(id string, p billing.Price) {
	s.change(id, func(sub *subscription) {
		if sold := s.sold(p.Key()); sold != nil {
			sub.Items.Data[0].Price = sold
			s.emit("customer.subscription.updated", sub)
		}
	})
}

// change does something to a subscription that has not ended.
func (s *Server) change(id string, do func(*subscription)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub, found := s.subscriptions.get(id); found && !sub.over() {
		do(sub)
	}
}

// subscribe begins one that is paid. Held: mu.
func (s *Server) subscribe(who *customer, p *price, metadata map[string]string) *subscription {
	sub := &subscription{thing: s.newThing("sub", "subscription", call{}), Status: "active", Customer: who.ID, Currency: p.Currency}
	maps.Copy(sub.Metadata, metadata)
	one := s.newThing("si", "subscription_item", call{})
	sub.Items = itemList{Object: "list", Data: []item{{ID: one.ID, Object: one.Object, Price: p, Quantity: 1, Subscription: sub.ID}}}
	s.begin(sub)
	s.subscriptions.add(sub)
	i := s.draft(sub, "subscription_create", line{Text: "1 × " + s.name(p), Cents: p.Cents})
	s.emit("customer.subscription.created", sub)
	s.issue(i)
	s.charge(i)
	return sub
}

// begin begins a period. Held: mu.
func (s *Server) begin(sub *subscription) {
	start, months := s.now().UTC(), 1
	if sub.price().Recurring.Interval == "year" {
		months = 12
	}
	sub.PeriodStart, sub.PeriodEnd = start.Unix(), start.AddDate(0, months, 0).Unix()
}

// turn gives it a state. Held: mu.
func (s *Server) turn(sub *subscription, status string) {
	if sub.Status != status && !sub.over() {
		sub.Status = status
		s.emit("customer.subscription.updated", sub)
	}
}

// end ends it. Held: mu.
func (s *Server) end(sub *subscription) {
	if sub.over() {
		return
	}
	now := s.now().Unix()
	sub.Status, sub.CanceledAt, sub.EndedAt = "canceled", &now, &now
	s.emit("customer.subscription.deleted", sub)
}

func (s *Server) listSubscriptions(c call) (any, *problem) {
	if id := c.Get("customer"); id != "" {
		if _, found := s.customers.get(id); !found {
			return nil, missing(http.StatusBadRequest, "customer", id)
		}
	}
	return s.subscriptions.page(c, func(sub *subscription) bool {
		return (c.Get("customer") == "" || sub.Customer == c.Get("customer")) && (c.Get("status") == "all" || !sub.over())
	})
}

func (s *Server) getSubscription(c call) (any, *problem) {
	sub, found := s.subscriptions.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "subscription", c.id)
	}
	return sub, nil
}

func (s *Server) updateSubscription(c call) (any, *problem) {
	sub, found := s.subscriptions.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "subscription", c.id)
	}
	if sub.over() {
		return nil, invalid("", "A canceled subscription can only update its cancellation_details and metadata.")
	}
	var bill *invoice
	if c.Get("items[0][id]") != "" {
		to, lines, wrong := s.proration(sub, c, "", "items")
		if wrong != nil {
			return nil, wrong
		}
		if to != sub.price() {
			bill = s.draft(sub, "subscription_update", lines...)
			if who, _ := s.customers.get(sub.Customer); bill.Due > 0 && who.card != Works {
				return nil, &problem{http.StatusPaymentRequired, "card_error", "card_declined", "", "Your card was declined."}
			}
			again := to.Recurring.Interval != sub.price().Recurring.Interval
			if sub.Items.Data[0].Price = to; again {
				s.begin(sub)
			}
		}
	}
	if c.Has("cancel_at_period_end") {
		sub.EndsThen = c.Get("cancel_at_period_end") == "true"
	}
	s.emit("customer.subscription.updated", sub)
	if bill != nil {
		s.issue(bill)
		s.charge(bill)
	}
	return sub, nil
}

func (s *Server) cancelSubscription(c call) (any, *problem) {
	sub, found := s.subscriptions.get(c.id)
	if !found || sub.over() {
		return nil, missing(http.StatusNotFound, "subscription", c.id)
	}
	s.end(sub)
	return sub, nil
}

// proration is what another price costs from a time on: what was paid for the
// rest of the period is given back. With the same interval that rest is paid at
// the new price, else a whole new period begins. Held: mu.
func (s *Server) proration(sub *subscription, c call, prefix, items string) (to *price, lines []line, wrong *problem) {
	to, found := s.prices.get(c.Get(items + "[0][price]"))
	at, err := strconv.ParseInt(c.Get(prefix+"proration_date"), 10, 64)
	switch {
	case c.Get(items+"[0][id]") != sub.Items.Data[0].ID:
		return nil, nil, missing(http.StatusBadRequest, "subscription_item", c.Get(items+"[0][id]"))
	case !found:
		return nil, nil, missing(http.StatusBadRequest, "price", c.Get(items+"[0][price]"))
	case c.Get(prefix+"proration_behavior") != "always_invoice":
		return nil, nil, invalid(prefix+"proration_behavior", "This Stripe knows always_invoice only.")
	case err != nil || at < sub.PeriodStart || at > sub.PeriodEnd:
		return nil, nil, invalid(prefix+"proration_date", "The proration date must be within the current period.")
	}
	from := sub.price()
	if to == from {
		return to, nil, nil
	}
	share := func(cents int64) int64 {
		period := sub.PeriodEnd - sub.PeriodStart
		return (2*cents*(sub.PeriodEnd-at) + period) / (2 * period)
	}
	lines = []line{{Text: "Unused time on " + s.name(from) + " after " + date(at), Cents: -share(from.Cents), Proration: true}}
	if to.Recurring.Interval == from.Recurring.Interval {
		return to, append(lines, line{Text: "Remaining time on " + s.name(to) + " after " + date(at), Cents: share(to.Cents), Proration: true}), nil
	}
	return to, append(lines, line{Text: fmt.Sprintf("1 × %s (at %s / %s)", s.name(to), money(to.Cents), to.Recurring.Interval), Cents: to.Cents}), nil
}
