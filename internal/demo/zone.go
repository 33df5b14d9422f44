package demo

import (
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"sendvery.com/sendvery/internal/dns/dnsfake"
)

// Zone is the DNS of the story, for a resolver that must not ask the world
// about addresses that nobody has: names of the senders' machines, leading
// back to them, and what the three domains publish at a day's end. Spoofers'
// machines have no name, or one that does not lead back.
func Zone() dnsfake.Zone {
	var z dnsfake.Zone
	for _, b := range []struct {
		hosts []netip.Addr
		name  string // %d: number from 1
	}{
		{providerA, "mail-%d.provider-a.example"},
		{providerB, "out-%d.provider-b.example"},
		{newsletter, "mta-%d.newsletter.example"},
		{billing, "invoices-%d.billing.example"},
		{forwarder, "relay-%d.forward.example"},
		{office, "office-%d.example.org"},
		{lists, "list-%d.lists.test"},
	} {
		for i, host := range b.hosts {
			name := fmt.Sprintf(b.name, i+1)
			z.Records = append(z.Records, pointer(host, name), forward(host, name))
		}
	}
	const firstSpoofer, step = 128, 4
	for n := firstSpoofer; n < 255; n += step {
		host := netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})
		z.Records = append(z.Records, pointer(host, fmt.Sprintf("host-%d.dsl.test", n)))
	}
	published := map[string]bool{} // two reporters may share a domain, which has one key
	for i := range reporters {
		r := &reporters[i]
		if r.unsigned || published[r.domain()] {
			continue
		}
		published[r.domain()] = true
		z.Records = append(z.Records, dnsfake.TXT(selector+"._domainkey."+r.domain(), dkimRecord()))
	}
	z.Records = append(z.Records,
		dnsfake.TXT("example.org", "v=spf1 ip4:192.0.2.0/26 ip6:2001:db8:a::/48 ip4:198.51.100.0/25 ip6:2001:db8:b::/48 ~all"),
		dnsfake.TXT("_dmarc.example.org", "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"),
		dnsfake.TXT("example.com", "v=spf1 ip4:198.51.100.0/26 ip6:2001:db8:b::/48 ip4:192.0.2.0/26 ip6:2001:db8:a::/48 ~all"),
		dnsfake.TXT("_dmarc.example.com", "v=DMARC1; p=none; rua=mailto:dmarc@example.org"),
		dnsfake.TXT("example.net", "v=spf1 -all"),
		dnsfake.TXT("_dmarc.example.net", "v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:dmarc@example.org"),
		dnsfake.TXT("_smtp._tls.example.org", "v=TLSRPTv1; rua=mailto:dmarc@example.org"),
		dnsfake.TXT("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:dmarc@example.org"),
		dnsfake.TXT("example.com._report._dmarc.example.org", "v=DMARC1;"),
		dnsfake.TXT("example.net._report._dmarc.example.org", "v=DMARC1;"),
	)
	return z
}

func pointer(host netip.Addr, name string) string {
	reverse, err := dns.ReverseAddr(host.String())
	if err != nil {
		panic("demo: " + err.Error()) // the addresses are constants above
	}
	return fmt.Sprintf("%s 3600 IN PTR %s.", reverse, name)
}

func forward(host netip.Addr, name string) string {
	kind := "AAAA"
	if host.Is4() {
		kind = "A"
	}
	return fmt.Sprintf("%s. 3600 IN %s %s", name, kind, host)
}
