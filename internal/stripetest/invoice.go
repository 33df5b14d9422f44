package stripetest

import (
	"fmt"
	"net/http"
)

type invoice struct {
	thing
	Number       string   `json:"number"`
	Status       string   `json:"status"`
	Currency     string   `json:"currency"`
	Customer     string   `json:"customer"`
	Subscription string   `json:"subscription"`
	Reason       string   `json:"billing_reason"`
	Total        int64    `json:"total"`
	Balance      int64    `json:"starting_balance"` // of the customer
	Due          int64    `json:"amount_due"`       // total less what the customer has as a credit
	PaidCents    int64    `json:"amount_paid"`
	Paid         bool     `json:"paid"`
	Attempted    bool     `json:"attempted"`
	Tax          *int64   `json:"tax"`
	Hosted       string   `json:"hosted_invoice_url"`
	PDF          string   `json:"invoice_pdf"`
	Lines        lineList `json:"lines"`
}

type lineList struct {
	Object string `json:"object"`
	More   bool   `json:"has_more"`
	Data   []line `json:"data"`
}

type line struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Text      string `json:"description"`
	Cents     int64  `json:"amount"`
	Currency  string `json:"currency"`
	Proration bool   `json:"proration"`
}

// draft is an invoice that is not kept yet. Held: mu.
func (s *Server) draft(sub *subscription, reason string, lines ...line) *invoice {
	who, _ := s.customers.get(sub.Customer)
	i := &invoice{
		thing: s.newThing("in", "invoice", call{}), Status: "draft", Currency: sub.Currency, Customer: sub.Customer, Subscription: sub.ID, Reason: reason,
		Balance: who.Balance, Lines: lineList{Object: "list", Data: lines},
	}
	for n := range lines {
		lines[n].ID, lines[n].Object, lines[n].Currency = fmt.Sprintf("il_%s_%d", i.ID, n), "line_item", i.Currency
		i.Total += lines[n].Cents
	}
	i.Due = max(0, i.Total+min(0, i.Balance))
	return i
}

// issue keeps an invoice: what it uses or gives of the customer's credit is
// settled, and what is due is open. Held: mu.
func (s *Server) issue(i *invoice) {
	who, _ := s.customers.get(i.Customer)
	who.Balance += i.Total - i.Due
	i.Status, i.Number = "open", fmt.Sprintf("TEST-%04d", len(s.invoices)+1)
	i.Hosted, i.PDF = s.URL+"/invoice/"+i.ID, s.URL+"/invoice/"+i.ID
	s.invoices.add(i)
	if sub, found := s.subscriptions.get(i.Subscription); found {
		sub.Latest = i.ID
	}
	s.emit("invoice.finalized", i)
}

// charge tries the customer's card for an open invoice, and the subscription
// follows. Held: mu.
func (s *Server) charge(i *invoice) {
	who, _ := s.customers.get(i.Customer)
	sub, _ := s.subscriptions.get(i.Subscription)
	i.Attempted = true
	if i.Due > 0 && who.card != Works {
		s.emit("invoice.payment_failed", i)
		s.turn(sub, "past_due")
		return
	}
	i.Status, i.Paid, i.PaidCents = "paid", true, i.Due
	s.emit("invoice.paid", i)
	if sub.Latest == i.ID {
		s.turn(sub, "active")
	}
}

func (s *Server) listInvoices(c call) (any, *problem) {
	if _, wrong := s.customer(c); wrong != nil {
		return nil, wrong
	}
	return s.invoices.page(c, func(i *invoice) bool { return i.Customer == c.Get("customer") })
}

// upcoming is what a change of price would cost.
func (s *Server) upcoming(c call) (any, *problem) {
	sub, found := s.subscriptions.get(c.Get("subscription"))
	if !found {
		return nil, missing(http.StatusNotFound, "subscription", c.Get("subscription"))
	}
	if sub.over() {
		return nil, &problem{http.StatusNotFound, "invalid_request_error", "invoice_upcoming_none", "", "No upcoming invoices for customer: " + sub.Customer}
	}
	if sub.Customer != c.Get("customer") {
		return nil, invalid("customer", "The subscription does not belong to the customer.")
	}
	_, lines, wrong := s.proration(sub, c, "subscription_", "subscription_items")
	if wrong != nil {
		return nil, wrong
	}
	i := s.draft(sub, "upcoming", lines...)
	i.ID = ""
	return i, nil
}

func (s *Server) invoicePage(c call) (page, bool) {
	i, found := s.invoices.get(c.id)
	if !found {
		return page{}, false
	}
	p := page{Title: "Invoice " + i.Number, Text: money(i.Total) + ", " + i.Status}
	if i.Status == "open" {
		p.Cards, p.Button = true, "Pay"
	}
	return p, true
}

func (s *Server) payInvoice(c call) (page, bool) {
	i, found := s.invoices.get(c.id)
	if !found {
		return page{}, false
	}
	if i.Status == "open" {
		who, _ := s.customers.get(i.Customer)
		who.card = Card(c.Get("card"))
		s.charge(i)
	}
	return page{Redirect: i.Hosted}, true
}

// money writes cents as pages do.
func money(cents int64) string {
	if cents < 0 {
		return "-" + money(-cents)
	}
	return fmt.Sprintf("$%d.%02d", cents/100, cents%100)
}
