package stripetest

import (
	"net/http"
	"slices"
)

// Card is how a card behaves when it is charged.
type Card string

// The cards.
const (
	Works    Card = "works"
	Declined Card = "declined"
)

type customer struct {
	thing
	Name    string `json:"name"`
	Email   string `json:"email"`
	Balance int64  `json:"balance"` // negative: a credit for later invoices
	Deleted bool   `json:"deleted,omitempty"`
	card    Card   // "" = none yet
}

// visit is a person's way into the portal.
type visit struct {
	thing
	Customer string `json:"customer"`
	URL      string `json:"url"`
	Return   string `json:"return_url"`
}

// Customers lists the ids of those that were not deleted, the oldest first.
func (s *Server) Customers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, c := range s.customers {
		if !c.Deleted {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// SetCard gives a customer another card.
func (s *Server) SetCard(id string, card Card) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, found := s.customers.get(id); found {
		c.card = card
		s.emit("customer.updated", c)
	}
}

// DeleteCustomer deletes one, as can be done in Stripe's dashboard: all
// subscriptions end.
func (s *Server) DeleteCustomer(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.customers.get(id)
	if !found || c.Deleted {
		return
	}
	for _, sub := range s.subscriptions {
		if sub.Customer == id {
			s.end(sub)
		}
	}
	s.emit("customer.deleted", c)
	c.Deleted = true
}

// customer returns one that a parameter names. Held: mu.
func (s *Server) customer(c call) (*customer, *problem) {
	one, found := s.customers.get(c.Get("customer"))
	if !found || one.Deleted {
		return nil, missing(http.StatusBadRequest, "customer", c.Get("customer"))
	}
	return one, nil
}

func (s *Server) listCustomers(c call) (any, *problem) {
	return s.customers.page(c, func(one *customer) bool { return !one.Deleted })
}

func (s *Server) getCustomer(c call) (any, *problem) {
	one, found := s.customers.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "customer", c.id)
	}
	return one, nil
}

func (s *Server) newCustomer(c call) (any, *problem) {
	return s.customers.add(&customer{thing: s.newThing("cus", "customer", c), Name: c.Get("name"), Email: c.Get("email")}), nil
}

func (s *Server) newVisit(c call) (any, *problem) {
	one, wrong := s.customer(c)
	if wrong != nil {
		return nil, wrong
	}
	if _, found := s.portals.get(c.Get("configuration")); !found {
		return nil, missing(http.StatusBadRequest, "configuration", c.Get("configuration"))
	}
	v := &visit{thing: s.newThing("bps", "billing_portal.session", c), Customer: one.ID, Return: c.Get("return_url")}
	v.URL = s.URL + "/portal/" + v.ID
	return s.visits.add(v), nil
}

func (s *Server) portalPage(c call) (page, bool) {
	v, found := s.visits.get(c.id)
	if !found {
		return page{}, false
	}
	one, _ := s.customers.get(v.Customer)
	p := page{Title: "Payment details of " + one.Name, Text: "The card " + string(one.card) + ".", Cards: true, Button: "Save card", Link: v.Return, LinkText: "Return to Sendvery"}
	for _, i := range slices.Backward(s.invoices) {
		if i.Customer == one.ID {
			p.Invoices = append(p.Invoices, i)
		}
	}
	return p, true
}

// changeCard takes another card, and tries it at once for what is open.
func (s *Server) changeCard(c call) (page, bool) {
	v, found := s.visits.get(c.id)
	if !found {
		return page{}, false
	}
	one, _ := s.customers.get(v.Customer)
	one.card = Card(c.Get("card"))
	s.emit("customer.updated", one)
	for _, i := range s.invoices {
		if i.Customer == one.ID && i.Status == "open" {
			s.charge(i)
		}
	}
	return page{Redirect: v.URL}, true
}
