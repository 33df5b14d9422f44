// Package netguard dials hosts that a user named, without letting that user
// reach the operator's own networks (server-side request forgery).
//
// Two steps, one lock. Resolve drops forbidden addresses and names them, so
// that a connection test can show what happened. Dial repeats the judgement in
// the socket's control hook, on the very address that is about to be
// connected: a name that resolves differently the second time gains nothing.
package netguard

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// DefaultTimeout is how long a look-up, or one connection attempt to one
// address, may take.
const DefaultTimeout = 10 * time.Second

// maxAddrs bounds how many addresses of one name are tried.
const maxAddrs = 8

// Resolver looks up the addresses of a host name. *net.Resolver is one;
// network is always "ip".
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Endpoint is a host, by name or address, and a port.
type Endpoint struct {
	Host string
	Port uint16
}

// Config says what the operator allows beyond the public internet. The zero
// value allows public addresses on the mail reading ports only.
type Config struct {
	AllowPrefixes  []netip.Prefix // reachable although private or special
	AllowEndpoints []Endpoint     // exactly these hosts and ports, whatever their addresses
	AllowPorts     []uint16       // beside 110, 143, 993 and 995
	Resolver       Resolver       // nil: the system's
	Timeout        time.Duration  // of the look-up, and of each address; 0: DefaultTimeout
}

// Guard dials under the rules of its Config. It is safe for concurrent use.
type Guard struct {
	prefixes  []netip.Prefix
	endpoints map[Endpoint]bool
	ports     []uint16
	resolver  Resolver
	timeout   time.Duration
}

// New makes a Guard.
func New(c Config) *Guard {
	g := &Guard{
		prefixes:  slices.Clone(c.AllowPrefixes),
		endpoints: make(map[Endpoint]bool, len(c.AllowEndpoints)),
		ports:     append([]uint16{110, 143, 993, 995}, c.AllowPorts...),
		resolver:  c.Resolver,
		timeout:   c.Timeout,
	}
	for _, e := range c.AllowEndpoints {
		g.endpoints[e.canonical()] = true
	}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	if g.timeout <= 0 {
		g.timeout = DefaultTimeout
	}
	return g
}

func (e Endpoint) canonical() Endpoint {
	e.Host = strings.TrimSuffix(strings.ToLower(e.Host), ".")
	return e
}

// Resolve returns the addresses of host that may be dialled on port, at most
// eight. It fails with *Error: PortNotAllowed before any look-up, Forbidden
// when every address is, NameNotFound or LookupFailed.
func (g *Guard) Resolve(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	at := Endpoint{Host: host, Port: port}
	if !g.portAllowed(at) {
		return nil, &Error{Reason: PortNotAllowed, At: at}
	}
	addrs, err := g.lookup(ctx, at)
	if err != nil {
		return nil, err
	}
	var allowed, forbidden []netip.Addr
	for _, a := range addrs {
		switch {
		case !g.addrAllowed(at, a):
			forbidden = append(forbidden, a)
		case len(allowed) < maxAddrs:
			allowed = append(allowed, a)
		}
	}
	if len(allowed) == 0 {
		return nil, &Error{Reason: Forbidden, At: at, Addrs: forbidden}
	}
	return allowed, nil
}

func (g *Guard) lookup(ctx context.Context, at Endpoint) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(at.Host); err == nil {
		return []netip.Addr{a}, nil
	}
	bounded, cancel := context.WithTimeout(ctx, g.timeout) // the system's own limits add up to minutes
	defer cancel()
	found, err := g.resolver.LookupNetIP(bounded, "ip", at.Host)
	if err != nil {
		return nil, lookupError(ctx, at, err)
	}
	addrs := make([]netip.Addr, 0, len(found))
	for _, a := range found {
		if a = a.Unmap(); !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	if len(addrs) == 0 {
		return nil, &Error{Reason: NameNotFound, At: at}
	}
	return addrs, nil
}

// Dial connects to the first of addrs that answers; they come from Resolve for
// the same host and port and are not looked up again. It fails with *Error of
// the last attempt, or of the first forbidden address.
func (g *Guard) Dial(ctx context.Context, host string, port uint16, addrs []netip.Addr) (net.Conn, error) {
	at := Endpoint{Host: host, Port: port}
	if !g.portAllowed(at) {
		return nil, &Error{Reason: PortNotAllowed, At: at}
	}
	if len(addrs) == 0 {
		return nil, &Error{Reason: NameNotFound, At: at}
	}
	d := net.Dialer{Timeout: g.timeout, ControlContext: g.control(at)}
	var last error
	for _, a := range addrs {
		conn, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(a, port).String())
		if err == nil {
			return conn, nil
		}
		last = dialError(ctx, at, a, err)
		if ctx.Err() != nil || reasonOf(last) == Forbidden {
			break
		}
	}
	return nil, last
}
