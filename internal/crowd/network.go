package crowd

import (
	"fmt"
	"net/netip"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/sender"
)

// host is an address that sends, with what anybody can find out about it.
type host struct {
	ip    netip.Addr
	facts sender.Facts
}

// Who has which addresses:
//
//	10.n.0.0/16        2001:db8:n::/48   the nth provider of the catalogue
//	198.18.0.0/15                        servers of the domains' owners
//	198.51.100.0/24                      hosts that the catalogue does not know
//	192.0.2.0/24, 203.0.113.0/24         strangers of whom nothing is known
//	100.64.0.0/10                        strangers whose network is known
var countries = [...]string{"US", "DE", "IE", "NL", "FR", "GB", "SG", "BR", "IN", "PL", "JP", "CA"}

// providers are those of the catalogue with servers that bear names.
func providers(kind string) (list []int) {
	for i, p := range provider.All() {
		if string(p.Kind) == kind && len(p.Hosts) > 0 {
			list = append(list, i)
		}
	}
	return list
}

// servers are n servers of a provider, from some place in its network on. Every
// eighth has an address of the newer kind.
func servers(i int, p provider.Provider, first, n int) []host {
	list := make([]host, n)
	for k := range list {
		at := (first + k) % 1024
		ip := netip.AddrFrom4([4]byte{10, byte(i), byte(at / 250), byte(at%250 + 1)})
		if k%8 == 7 {
			ip = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, byte(i), 14: byte(at / 256), 15: byte(at)})
		}
		country := countries[i%len(countries)]
		if at%4 == 3 {
			country = countries[(i+1)%len(countries)]
		}
		list[k] = host{ip, sender.Facts{Host: fmt.Sprintf("m%d.%s", at, p.Hosts[0]), Country: country}}
	}
	return list
}

// ownServers are those of the nth domain's owner.
func ownServers(n int, domain fqdn.Name, many int) []host {
	list := make([]host, many)
	for k := range list {
		at := n*4 + k
		list[k] = host{
			netip.AddrFrom4([4]byte{198, byte(18 + at>>16), byte(at >> 8), byte(at)}),
			sender.Facts{Host: fmt.Sprintf("mail%d.%s", k+1, domain), Country: countries[n%3]},
		}
	}
	return list
}

// strangers are n who are nobody's: every fifth in no known network, and every
// tenth on a named host.
func strangers(first, n int) []host {
	list := make([]host, n)
	for k := range list {
		at := first + k
		switch {
		case at%10 == 0:
			id := at / 10 % 254
			list[k] = host{netip.AddrFrom4([4]byte{198, 51, 100, byte(id + 1)}), sender.Facts{Host: fmt.Sprintf("web%d.hoster-%d.example", id, id%20), Country: countries[id%len(countries)]}}
		case at%10 < 3:
			id := at / 5 % 508
			list[k] = host{ip: netip.AddrFrom4([4]byte{192, 0, 2, byte(id/2 + 1)})}
			if id%2 == 1 {
				list[k].ip = netip.AddrFrom4([4]byte{203, 0, 113, byte(id/2 + 1)})
			}
		default:
			id := at % (1 << 22)
			asn := uint32(64496 + at%16) // RFC 5398
			list[k] = host{
				netip.AddrFrom4([4]byte{100, byte(64 + id>>16), byte(id >> 8), byte(id)}),
				sender.Facts{ASN: asn, Network: fmt.Sprintf("Network %d", asn), Country: countries[at%16%len(countries)]},
			}
		}
	}
	return list
}
