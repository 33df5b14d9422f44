package stripetest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/billing"
)

type product struct {
	thing
	Active bool   `json:"active"`
	Name   string `json:"name"`
}

type price struct {
	thing
	Active    bool      `json:"active"`
	Currency  string    `json:"currency"`
	Cents     int64     `json:"unit_amount"`
	LookupKey *string   `json:"lookup_key"`
	Product   string    `json:"product"`
	Recurring recurring `json:"recurring"`
	Type      string    `json:"type"`
}

type recurring struct {
	Interval string `json:"interval"`
	Count    int    `json:"interval_count"`
	Usage    string `json:"usage_type"`
}

// portal is a configuration of it.
type portal struct {
	thing
	Active    bool           `json:"active"`
	IsDefault bool           `json:"is_default"`
	Features  map[string]any `json:"features"`
	Business  map[string]any `json:"business_profile"`
}

type endpoint struct {
	thing
	URL     string   `json:"url"`
	Events  []string `json:"enabled_events"`
	Version *string  `json:"api_version"`
	Status  string   `json:"status"`
	secret  string
}

// madeEndpoint is one as it is shown once, when it is made.
type madeEndpoint struct {
	*endpoint
	Secret string `json:"secret"`
}

// stock sells what billing's table says.
func (s *Server) stock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	settings := &portal{thing: s.newThing("bpc", "billing_portal.configuration", marked("sendvery_portal", "1")), Active: true}
	_ = settings.take(call{Values: url.Values{ // nothing is wrong with it
		"features[customer_update][enabled]": {"true"}, "features[customer_update][allowed_updates][0]": {"address"},
		"features[customer_update][allowed_updates][1]": {"email"}, "features[customer_update][allowed_updates][2]": {"tax_id"},
		"features[invoice_history][enabled]": {"true"}, "features[payment_method_update][enabled]": {"true"},
	}})
	s.portals.add(settings)
	for _, p := range billing.Plans() {
		if p.Monthly == 0 {
			continue
		}
		sold := s.products.add(&product{thing: s.newThing("prod", "product", marked("sendvery_plan", string(p.ID))), Active: true, Name: "Sendvery " + p.Name})
		for _, i := range billing.Intervals() {
			one, key := p.Price(i), p.Price(i).Key()
			s.prices.add(&price{
				thing: s.newThing("price", "price", marked("sendvery_price", key)), Active: true, Currency: billing.Currency, Cents: one.Cents(), LookupKey: &key,
				Product: sold.ID, Recurring: recurring{Interval: string(i), Count: 1, Usage: "licensed"}, Type: "recurring",
			})
		}
	}
}

// marked is a request that says one thing of metadata.
func marked(name, value string) call {
	return call{Values: url.Values{"metadata[" + name + "]": {value}}}
}

func (s *Server) listProducts(c call) (any, *problem) {
	return s.products.page(c, func(p *product) bool { return c.Get("active") == "" || p.Active == (c.Get("active") == "true") })
}

func (s *Server) newProduct(c call) (any, *problem) {
	if c.Get("name") == "" {
		return nil, invalid("name", "Missing required param: name.")
	}
	return s.products.add(&product{thing: s.newThing("prod", "product", c), Active: true, Name: c.Get("name")}), nil
}

func (s *Server) updateProduct(c call) (any, *problem) {
	p, found := s.products.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "product", c.id)
	}
	p.note(c)
	if c.Has("name") {
		p.Name = c.Get("name")
	}
	if c.Has("active") {
		p.Active = c.Get("active") == "true"
	}
	return p, nil
}

func (s *Server) listPrices(c call) (any, *problem) {
	keys := c.list("lookup_keys")
	return s.prices.page(c, func(p *price) bool {
		return (c.Get("active") == "" || p.Active == (c.Get("active") == "true")) &&
			(keys == nil || p.LookupKey != nil && slices.Contains(keys, *p.LookupKey))
	})
}

func (s *Server) newPrice(c call) (any, *problem) {
	cents, err := strconv.ParseInt(c.Get("unit_amount"), 10, 64)
	if err != nil || cents < 0 {
		return nil, invalid("unit_amount", "Invalid integer: "+c.Get("unit_amount"))
	}
	if _, found := s.products.get(c.Get("product")); !found {
		return nil, missing(http.StatusBadRequest, "product", c.Get("product"))
	}
	interval := c.Get("recurring[interval]")
	if interval != "month" && interval != "year" {
		return nil, invalid("recurring[interval]", "Invalid interval.")
	}
	p := &price{
		thing: s.newThing("price", "price", c), Active: true, Currency: c.Get("currency"), Cents: cents, Product: c.Get("product"),
		Recurring: recurring{Interval: interval, Count: 1, Usage: "licensed"}, Type: "recurring",
	}
	if key := c.Get("lookup_key"); key != "" {
		if before := s.sold(key); before != nil {
			if c.Get("transfer_lookup_key") != "true" {
				return nil, invalid("lookup_key", "A price ('"+before.ID+"') already uses that lookup key.")
			}
			before.LookupKey = nil
		}
		p.LookupKey = &key
	}
	return s.prices.add(p), nil
}

func (s *Server) updatePrice(c call) (any, *problem) {
	p, found := s.prices.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "price", c.id)
	}
	for _, name := range []string{"unit_amount", "currency", "recurring[interval]"} {
		if c.Has(name) {
			return nil, invalid(name, "Received unknown parameter: "+name)
		}
	}
	p.note(c)
	return p, nil
}

// sold returns the price that has a look-up key; nil without. Held: mu.
func (s *Server) sold(key string) *price {
	for _, p := range s.prices {
		if p.LookupKey != nil && *p.LookupKey == key {
			return p
		}
	}
	return nil
}

// name is what invoices call a price. Held: mu.
func (s *Server) name(p *price) string {
	if sold, found := s.products.get(p.Product); found {
		return sold.Name
	}
	return p.ID
}

func (s *Server) listPortals(c call) (any, *problem) {
	return s.portals.page(c, func(p *portal) bool { return c.Get("active") == "" || p.Active == (c.Get("active") == "true") })
}

func (s *Server) newPortal(c call) (any, *problem) {
	p := &portal{thing: s.newThing("bpc", "billing_portal.configuration", c), Active: true}
	if wrong := p.take(c); wrong != nil {
		return nil, wrong
	}
	return s.portals.add(p), nil
}

func (s *Server) updatePortal(c call) (any, *problem) {
	p, found := s.portals.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "configuration", c.id)
	}
	p.note(c)
	return p, p.take(c)
}

// take reads features as Stripe shows them.
func (p *portal) take(c call) *problem {
	on := func(name string) map[string]any {
		return map[string]any{"enabled": c.Get("features["+name+"][enabled]") == "true"}
	}
	customers := on("customer_update")
	customers["allowed_updates"] = slices.Sorted(slices.Values(c.list("features[customer_update][allowed_updates]")))
	if c.Get("features[customer_update][enabled]") == "" {
		return invalid("features[customer_update]", "Missing required param: features[customer_update].")
	}
	p.Features = map[string]any{
		"customer_update": customers, "invoice_history": on("invoice_history"), "payment_method_update": on("payment_method_update"),
		"subscription_cancel": on("subscription_cancel"), "subscription_update": on("subscription_update"), "subscription_pause": on("subscription_pause"),
	}
	p.Business = map[string]any{}
	for name, value := range c.section("business_profile") {
		p.Business[name] = value
	}
	return nil
}

func (s *Server) listEndpoints(c call) (any, *problem) {
	return s.endpoints.page(c, func(*endpoint) bool { return true })
}

func (s *Server) newEndpoint(c call) (any, *problem) {
	if !strings.HasPrefix(c.Get("url"), "https://") && !strings.HasPrefix(c.Get("url"), "http://") {
		return nil, invalid("url", "Not a valid URL")
	}
	if len(c.list("enabled_events")) == 0 {
		return nil, invalid("enabled_events", "Missing required param: enabled_events.")
	}
	e := &endpoint{
		thing: s.newThing("we", "webhook_endpoint", c), URL: c.Get("url"), Status: "enabled", secret: "whsec_" + rand.Text(),
		Events: slices.Sorted(slices.Values(c.list("enabled_events"))),
	}
	if v := c.Get("api_version"); v != "" {
		e.Version = &v
	}
	s.endpoints.add(e)
	return madeEndpoint{e, e.secret}, nil
}

func (s *Server) updateEndpoint(c call) (any, *problem) {
	e, found := s.endpoints.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "webhook_endpoint", c.id)
	}
	if c.Has("api_version") {
		return nil, invalid("api_version", "Received unknown parameter: api_version")
	}
	if events := c.list("enabled_events"); len(events) > 0 {
		e.Events = slices.Sorted(slices.Values(events))
	}
	switch c.Get("disabled") {
	case "true":
		e.Status = "disabled"
	case "false":
		e.Status = "enabled"
	}
	return e, nil
}
