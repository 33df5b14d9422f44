package tlsrpt

import (
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
)

// Publish returns the TXT record with which a domain asks for TLS reports to
// an address (RFC 8460 section 3). Unlike DMARC, the domain of the address
// need not agree.
func Publish(domain fqdn.Name, address string) (name, value string) {
	escaped := strings.NewReplacer(",", "%2C", "!", "%21", ";", "%3B").Replace(address)
	return "_smtp._tls." + domain.String(), "v=TLSRPTv1; rua=mailto:" + escaped
}
