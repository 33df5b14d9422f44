// Package provider is the catalogue of who sends mail for others: mailbox
// hosts, senders of campaigns, help desks, gateways, forwarders. It says by
// what they are known, and how their mail is made to pass as a domain's own.
// It knows names, not addresses; who may send for a domain it cannot know.
package provider

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the catalogue
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"sendvery.com/sendvery/internal/fqdn"
)

// Kind is what a provider does.
type Kind string

// The kinds.
const (
	Mailbox       Kind = "mailbox"       // hosts mailboxes of domains
	Transactional Kind = "transactional" // sends for programs
	Marketing     Kind = "marketing"     // sends campaigns
	CRM           Kind = "crm"           // sends for sales
	Helpdesk      Kind = "helpdesk"      // sends for support
	Commerce      Kind = "commerce"      // sends for shops
	Service       Kind = "service"       // sends notices of a service to its users
	Hosting       Kind = "hosting"       // sends for the web sites that it hosts
	Gateway       Kind = "gateway"       // checks mail of others on its way and passes it on
	Forwarder     Kind = "forwarder"     // passes mail on to other addresses: aliases and mailing lists
)

var kindWords = map[Kind]string{
	Mailbox: "mailbox host", Transactional: "mail service for programs", Marketing: "sender of campaigns", CRM: "sales software",
	Helpdesk: "help desk", Commerce: "shop or payment service", Service: "online service", Hosting: "web host",
	Gateway: "mail gateway", Forwarder: "forwarder or mailing list",
}

// String names the kind for people.
func (k Kind) String() string { return kindWords[k] }

// Provider is one of the catalogue.
type Provider struct {
	ID   string `json:"id"` // stays the same; lower case, digits and hyphens
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Hosts are the domains that the confirmed names of its mail servers lie
	// in; Rented those below them where the names of machines lie that anybody
	// may rent: these are nobody's in the catalogue.
	Hosts  []fqdn.Name `json:"hosts"`
	Rented []fqdn.Name `json:"rented"`
	// Signs are the domains, itself and below, that it signs mail with (d= of
	// RFC 6376) when it does not sign with the customer's.
	Signs []fqdn.Name `json:"signs"`
	// Include is what its customers' SPF records include (RFC 7208 section 5.2).
	Include fqdn.Name `json:"include"`
	// Envelopes are the domains, itself and below, of its own envelope senders.
	Envelopes []fqdn.Name `json:"envelopes"`
	// SPF and DKIM say how to make its mail pass aligned, as the page at Address
	// has it; "" is not known.
	SPF  string `json:"spf"`
	DKIM string `json:"dkim"`
	// Source is the name of the page that all this stands on, Address where it
	// is ("" = only its name is known), Checked the month that it was read in.
	Source  string `json:"source"`
	Address string `json:"address"`
	Checked string `json:"checked"`
}

// PassesOn reports whether mail from its servers was written elsewhere: what
// the mail is signed with then says who wrote it, not who sends.
func (p Provider) PassesOn() bool { return p.Kind == Forwarder || p.Kind == Gateway }

// All returns the catalogue in its own order.
func All() []Provider { return slices.Clone(catalogue().all) }

// Version changes whenever the catalogue does.
func Version() string { return catalogue().version }

// ByID finds a provider by its id.
func ByID(id string) (Provider, bool) {
	p, ok := catalogue().ids[id]
	return p, ok
}

// ByHost finds whose server bears a name. The name must be confirmed.
func ByHost(name fqdn.Name) (Provider, bool) { return nearest(name, catalogue().hosts) }

// BySigner finds who signs with a domain.
func BySigner(domain fqdn.Name) (Provider, bool) { return nearest(domain, catalogue().signs) }

// ByEnvelope finds whose envelope senders have a domain.
func ByEnvelope(domain fqdn.Name) (Provider, bool) { return nearest(domain, catalogue().envelopes) }

func nearest(name fqdn.Name, index map[fqdn.Name]Provider) (Provider, bool) {
	found, _ := fqdn.Nearest(name, func(n fqdn.Name) bool { _, ok := index[n]; return ok })
	p := index[found]
	return p, p.ID != ""
}

// index is the catalogue by everything that it is asked by.
type index struct {
	all                     []Provider
	version                 string
	ids                     map[string]Provider
	hosts, signs, envelopes map[fqdn.Name]Provider
}

//go:embed catalogue.json
var data []byte

// catalogue reads the data once. It is part of the program: what is wrong with
// it is a mistake of ours that every test finds.
var catalogue = sync.OnceValue(func() index {
	sum := sha256.Sum256(data)
	x := index{
		version: hex.EncodeToString(sum[:4]), ids: map[string]Provider{},
		hosts: map[fqdn.Name]Provider{}, signs: map[fqdn.Name]Provider{}, envelopes: map[fqdn.Name]Provider{},
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&x.all); err != nil {
		panic(fmt.Sprintf("provider: catalogue: %v", err))
	}
	for _, p := range x.all {
		x.ids[p.ID] = p
		enter(x.hosts, p.Hosts, p)
		enter(x.hosts, p.Rented, Provider{})
		enter(x.signs, p.Signs, p)
		enter(x.envelopes, p.Envelopes, p)
	}
	return x
})

func enter(index map[fqdn.Name]Provider, names []fqdn.Name, p Provider) {
	for _, n := range names {
		index[n] = p
	}
}
