package stripetest

import (
	"net/http"
	"strconv"
)

// session is a page where a first subscription is paid.
type session struct {
	thing
	Status       string  `json:"status"`
	Mode         string  `json:"mode"`
	URL          *string `json:"url"` // while it is open
	ExpiresAt    int64   `json:"expires_at"`
	Customer     string  `json:"customer"`
	Reference    string  `json:"client_reference_id"`
	Subscription *string `json:"subscription"`
	Paid         string  `json:"payment_status"`
	Total        int64   `json:"amount_total"`
	Currency     string  `json:"currency"`
	Success      string  `json:"success_url"`
	Cancel       string  `json:"cancel_url"`
	price        *price
	metadata     map[string]string // of the subscription
}

func (s *Server) newSession(c call) (any, *problem) {
	who, wrong := s.customer(c)
	if wrong != nil {
		return nil, wrong
	}
	p, found := s.prices.get(c.Get("line_items[0][price]"))
	expires, err := strconv.ParseInt(c.Get("expires_at"), 10, 64)
	now := s.now().Unix()
	switch {
	case !found:
		return nil, missing(http.StatusBadRequest, "price", c.Get("line_items[0][price]"))
	case !p.Active:
		return nil, invalid("line_items[0][price]", "The price specified is inactive.")
	case c.Get("line_items[0][quantity]") != "1":
		return nil, invalid("line_items[0][quantity]", "Quantity is required.")
	case c.Get("mode") != "subscription":
		return nil, invalid("mode", "You must provide mode=subscription for recurring prices.")
	case c.Get("success_url") == "":
		return nil, invalid("success_url", "Missing required param: success_url.")
	case err != nil || expires < now+30*60 || expires > now+24*60*60:
		return nil, invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
	case c.Get("automatic_tax[enabled]") == "true" && c.Get("customer_update[address]") == "":
		return nil, invalid("automatic_tax", "Automatic tax calculation in Checkout requires a valid address on the Customer.")
	}
	one := &session{
		thing: s.newThing("cs_test", "checkout.session", c), Status: "open", Mode: "subscription", ExpiresAt: expires, Customer: who.ID,
		Reference: c.Get("client_reference_id"), Paid: "unpaid", Total: p.Cents, Currency: p.Currency, Success: c.Get("success_url"), Cancel: c.Get("cancel_url"),
		price: p, metadata: c.section("subscription_data[metadata]"),
	}
	address := s.URL + "/pay/" + one.ID
	one.URL = &address
	return s.sessions.add(one), nil
}

// session returns one as it is now: its time may be over. Held: mu.
func (s *Server) session(id string) (*session, bool) {
	one, found := s.sessions.get(id)
	if found && one.Status == "open" && s.now().Unix() >= one.ExpiresAt {
		s.close(one, "expired")
	}
	return one, found
}

// close ends a session that is open. Held: mu.
func (s *Server) close(one *session, status string) {
	one.Status, one.URL = status, nil
	if status == "expired" {
		s.emit("checkout.session.expired", one)
	} else {
		s.emit("checkout.session.completed", one)
	}
}

func (s *Server) getSession(c call) (any, *problem) {
	one, found := s.session(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "checkout.session", c.id)
	}
	return one, nil
}

func (s *Server) expireSession(c call) (any, *problem) {
	one, found := s.session(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "checkout.session", c.id)
	}
	if one.Status != "open" {
		return nil, invalid("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `"+one.Status+"`.")
	}
	s.close(one, "expired")
	return one, nil
}

func (s *Server) checkoutPage(c call) (page, bool) {
	one, found := s.session(c.id)
	if !found {
		return page{}, false
	}
	if one.Status != "open" {
		return page{Title: "This page is closed", Text: "It is " + one.Status + ".", Link: one.Cancel, LinkText: "Back"}, true
	}
	return page{
		Title: "Subscribe to " + s.name(one.price), Text: money(one.Total) + " per " + one.price.Recurring.Interval,
		Cards: true, Button: "Subscribe", Link: one.Cancel, LinkText: "Back",
	}, true
}

func (s *Server) pay(c call) (page, bool) {
	one, found := s.session(c.id)
	if !found || one.Status != "open" {
		return s.checkoutPage(c)
	}
	if Card(c.Get("card")) != Works {
		p, _ := s.checkoutPage(c)
		p.Text = "Your card was declined. " + p.Text
		return p, true
	}
	who, _ := s.customers.get(one.Customer)
	who.card = Works
	sub := s.subscribe(who, one.price, one.metadata)
	one.Subscription, one.Paid = &sub.ID, "paid"
	s.close(one, "complete")
	return page{Redirect: one.Success}, true
}
