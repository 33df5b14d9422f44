package netguard

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// forbidden4 lists the IPv4 networks that are not the public internet, by the
// IANA special-purpose address registry (RFC 6890 and its updates).
func forbidden4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
}

// forbidden6 lists what is not public inside 2000::/3: Teredo, ORCHID and
// benchmarking (2001::/23), documentation, and 6to4, which hides an IPv4
// address. Outside 2000::/3 nothing is public, so NAT64 falls away too.
func forbidden6() []netip.Prefix {
	return prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address belongs to the public internet. An IPv4
// address written as IPv6 is judged as IPv4; a zone makes it local.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	if a = a.Unmap(); a.Is4() {
		return !slices.ContainsFunc(forbidden4(), within)
	}
	return netip.MustParsePrefix("2000::/3").Contains(a) && !slices.ContainsFunc(forbidden6(), within)
}

func (g *Guard) portAllowed(at Endpoint) bool {
	return slices.Contains(g.ports, at.Port) || g.endpoints[at.canonical()]
}

func (g *Guard) addrAllowed(at Endpoint, a netip.Addr) bool {
	return g.endpoints[at.canonical()] || g.prefixAllowed(a) || Public(a)
}

// prefixAllowed looks through NAT64 (RFC 6052): who allows 64:ff9b::/96, because
// the network knows IPv4 only that way, does not allow the private addresses
// that can be written in it.
func (g *Guard) prefixAllowed(a netip.Addr) bool {
	bare := a.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(bare) }
	if !slices.ContainsFunc(g.prefixes, within) {
		return false
	}
	if !netip.MustParsePrefix("64:ff9b::/96").Contains(bare) {
		return true
	}
	whole := bare.As16()
	inner := netip.AddrFrom4([4]byte(whole[12:]))
	return Public(inner) || g.prefixAllowed(inner)
}

// control is the lock: it sees the address of each socket just before it
// connects and judges that, whatever was resolved before.
func (g *Guard) control(at Endpoint) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("judge address %q: %w", address, err)
		}
		if !g.addrAllowed(at, ap.Addr()) {
			return &Error{Reason: Forbidden, At: at, Addrs: []netip.Addr{ap.Addr()}}
		}
		return nil
	}
}
