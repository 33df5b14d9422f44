// Package dns asks DNS and keeps three failures apart that are not alike: the
// record is absent, the answer is malformed, the question could not be
// answered now. Only the first says anything about the domain; a failed
// look-up never means that a record was removed.
package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Reason says why a look-up gave no records.
type Reason uint8

// The reasons. Temporary is the zero value, the one that claims nothing.
const (
	Temporary Reason = iota // time-out, SERVFAIL, REFUSED, no network
	Absent                  // an answer: no such name, or no record of this type
	Malformed               // the name cannot be asked for, or the answer makes no sense
)

// String names the reason.
func (r Reason) String() string { return [...]string{"temporary", "absent", "malformed"}[r] }

// Error is a look-up without records.
type Error struct {
	Reason     Reason
	Name       string // as asked
	Type       string // "TXT", "PTR", ...
	NoSuchName bool   // with Absent: the name itself does not exist (NXDOMAIN, RFC 8020)
	Cause      error  // nil for Absent
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	s := fmt.Sprintf("look up %s of %q: %s", e.Type, e.Name, e.Reason)
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ReasonOf returns the reason of the first *Error in err's chain, Temporary
// without one.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return Temporary
}

// IsAbsent reports whether err says that the record does not exist.
func IsAbsent(err error) bool { return err != nil && ReasonOf(err) == Absent }

// Config of a Resolver; zero fields take the default.
type Config struct {
	Servers []string         // recursive resolvers as address:port; none: those of /etc/resolv.conf
	Timeout time.Duration    // per try; 2 s
	Tries   int              // over all servers; 3
	Entries int              // most cached answers; 10,000
	Now     func() time.Time // judges the age of cached answers; time.Now
}

// Resolver asks recursive resolvers. It is safe for concurrent use.
type Resolver struct {
	servers []string
	timeout time.Duration
	tries   int
	cache   *cache
}

// New makes a Resolver. It fails when it has no server to ask.
func New(c Config) (*Resolver, error) {
	if len(c.Servers) == 0 {
		system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil {
			return nil, fmt.Errorf("read the system's resolver configuration: %w", err)
		}
		for _, s := range system.Servers {
			c.Servers = append(c.Servers, net.JoinHostPort(s, system.Port))
		}
	}
	if len(c.Servers) == 0 {
		return nil, errors.New("no resolver is configured")
	}
	if c.Timeout <= 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Tries <= 0 {
		c.Tries = 3
	}
	if c.Entries <= 0 {
		c.Entries = 10_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Resolver{servers: slices.Clone(c.Servers), timeout: c.Timeout, tries: c.Tries, cache: newCache(c.Entries, c.Now)}, nil
}

// LookupTXT returns the TXT records of a name, each with its strings joined
// without space (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2), as bytes on
// the wire. At least one, else *Error.
func (r *Resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return r.look(ctx, name, dns.TypeTXT)
}

// LookupAddr returns the IPv4 and IPv6 addresses of a name. When one of the
// two families fails and the other has none, the failure is returned.
func (r *Resolver) LookupAddr(ctx context.Context, name string) ([]netip.Addr, error) {
	v4, err4 := r.addrs(ctx, name, dns.TypeA)
	v6, err6 := r.addrs(ctx, name, dns.TypeAAAA)
	found := append(v4, v6...)
	switch {
	case len(found) > 0:
		return found, nil
	case IsAbsent(err4):
		return nil, err6
	default:
		return nil, err4
	}
}

func (r *Resolver) addrs(ctx context.Context, name string, kind uint16) ([]netip.Addr, error) {
	texts, err := r.look(ctx, name, kind)
	if err != nil {
		return nil, err
	}
	addrs := make([]netip.Addr, 0, len(texts))
	for _, t := range texts {
		a, err := netip.ParseAddr(t)
		if err != nil {
			return nil, &Error{Reason: Malformed, Name: name, Type: dns.TypeToString[kind], Cause: err}
		}
		addrs = append(addrs, a)
	}
	return addrs, nil
}

// LookupPTR returns the names that an address claims, lower case, without the
// final dot. Anyone may claim any name: see ConfirmedName.
func (r *Resolver) LookupPTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	reverse, err := dns.ReverseAddr(ip.Unmap().WithZone("").String())
	if err != nil {
		return nil, &Error{Reason: Malformed, Name: ip.String(), Type: "PTR", Cause: err}
	}
	return r.look(ctx, reverse, dns.TypePTR)
}

// maxNames bounds how many claimed names of one address are checked.
const maxNames = 10

// ConfirmedName returns the name of an address that leads back to it
// (forward-confirmed reverse DNS, RFC 8601 section 2.7.3 "iprev"); with
// several, the first in alphabetical order, so that the answer is steady.
// Absent when there is none; Temporary when one could not be checked.
func (r *Resolver) ConfirmedName(ctx context.Context, ip netip.Addr) (string, error) {
	names, err := r.LookupPTR(ctx, ip)
	if err != nil {
		return "", err
	}
	ip = ip.Unmap().WithZone("")
	kind := dns.TypeAAAA
	if ip.Is4() {
		kind = dns.TypeA
	}
	slices.Sort(names)
	var unclear error
	for _, name := range names[:min(len(names), maxNames)] {
		if !hostName(name) {
			continue
		}
		addrs, err := r.addrs(ctx, name, kind)
		if slices.Contains(addrs, ip) {
			return name, nil
		}
		if err != nil && ReasonOf(err) == Temporary {
			unclear = err
		}
	}
	if unclear != nil {
		return "", unclear
	}
	return "", &Error{Reason: Absent, Name: ip.String(), Type: "PTR"}
}

// hostName reports whether a claimed name is made of letters, digits, hyphens,
// underscores and dots, with at least one dot: what else is claimed is not
// worth showing.
func hostName(s string) bool {
	return strings.Contains(s, ".") && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}
