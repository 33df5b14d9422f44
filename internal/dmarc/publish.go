// Package dmarc knows the DMARC record in DNS (RFC 9989).
package dmarc

import (
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
)

// Advice is what to publish so that reports begin to arrive.
type Advice struct {
	Name, Value string // the record of the domain
	// Where reports go to another organization's domain, that one must agree by
	// a record of its own (RFC 9990 section 4); empty when it need not.
	ConsentName, ConsentValue string
}

// Publish returns the record with which a domain asks for aggregate reports
// to an address and changes nothing else: p=none.
func Publish(domain fqdn.Name, address string) Advice {
	a := Advice{Name: "_dmarc." + domain.String(), Value: "v=DMARC1; p=none; rua=mailto:" + escape(address)}
	_, host, _ := strings.Cut(address, "@")
	if to, err := fqdn.Parse(host); err == nil && to.Organizational() != domain.Organizational() {
		a.ConsentName, a.ConsentValue = domain.String()+"._report._dmarc."+to.String(), "v=DMARC1"
	}
	return a
}

// escape keeps the separators of the record and of its list of addresses out
// of an address (RFC 9989 section 4.7).
func escape(address string) string {
	return strings.NewReplacer(",", "%2C", "!", "%21", ";", "%3B").Replace(address)
}
