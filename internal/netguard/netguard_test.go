package netguard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
)

// fixed answers every name from a table; a missing name is not found.
type fixed map[string][]netip.Addr

func (f fixed) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	if host == "slow.example" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if host == "broken.example" {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	if a, ok := f[host]; ok {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func addrs(list ...string) []netip.Addr {
	out := make([]netip.Addr, len(list))
	for i, s := range list {
		out[i] = netip.MustParseAddr(s)
	}
	return out
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"8.8.8.8": true, "192.0.1.1": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "172.32.0.1": true,
		"2606:4700::1": true, "2001:200::1": true, "2a00::1": true, "::ffff:8.8.8.8": true,
		"0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "127.0.0.1": false, "169.254.169.254": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false, "192.88.99.1": false,
		"192.168.0.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "100::1": false, "2001::1": false, "2001:2::1": false,
		"2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "fc00::1": false, "fd00::1": false,
		"fe80::1": false, "fe80::1%lo": false, "2606:4700::1%eth0": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := Public(netip.MustParseAddr(s)); got != want {
			t.Errorf("Public(%s) = %v, want %v", s, got, want)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("the zero address is public")
	}
}

// TestEdges tries the first and the last address of each forbidden network,
// plain and, of IPv4, in the three other ways to write it; and its neighbours,
// which are public unless they are in another one.
func TestEdges(t *testing.T) {
	t.Parallel()
	all := append(forbidden4(), forbidden6()...)
	for _, p := range append(all, prefixes("::/3", "64:ff9b::/96", "64:ff9b:1::/48", "4000::/2", "8000::/1")...) {
		first, last := p.Masked().Addr(), lastOf(p)
		for _, a := range []netip.Addr{first, last} {
			spellings := []netip.Addr{a}
			if a.Is4() {
				mapped, nat64, sixToFour := a.As16(), netip.MustParseAddr("64:ff9b::").As16(), netip.MustParseAddr("2002::").As16()
				copy(nat64[12:], a.AsSlice())
				copy(sixToFour[2:], a.AsSlice())
				spellings = append(spellings, netip.AddrFrom16(mapped), netip.AddrFrom16(nat64), netip.AddrFrom16(sixToFour))
			}
			for _, s := range spellings {
				if Public(s) {
					t.Errorf("%s of %s is public", s, p)
				}
			}
		}
		for _, a := range []netip.Addr{first.Prev(), last.Next()} {
			others := func(q netip.Prefix) bool { return q.Contains(a) }
			if want := a.IsValid() && (a.Is4() || netip.MustParsePrefix("2000::/3").Contains(a)) && !slices.ContainsFunc(all, others); Public(a) != want {
				t.Errorf("%s beside %s: public %v", a, p, !want)
			}
		}
	}
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// TestSpelledLoopback: the ways to write 127.0.0.1 that some resolvers take
// for addresses lead nowhere.
func TestSpelledLoopback(t *testing.T) {
	t.Parallel()
	g := New(Config{Timeout: 5 * time.Second})
	for _, host := range []string{"127.0.0.1", "127.1", "0", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "[::1]", "::1", "::ffff:7f00:1", "localhost", "localhost."} {
		if got, err := g.Resolve(t.Context(), host, 993); err == nil {
			t.Errorf("%s leads to %v", host, got)
		}
	}
}

// TestNAT64: allowing the prefix allows what is public behind it, and what is
// allowed besides.
func TestNAT64(t *testing.T) {
	t.Parallel()
	g := New(Config{AllowPrefixes: prefixes("64:ff9b::/96", "10.9.0.0/16")})
	for host, allowed := range map[string]bool{
		"64:ff9b::8.8.8.8": true, "64:ff9b::10.9.1.1": true,
		"64:ff9b::127.0.0.1": false, "64:ff9b::10.8.1.1": false, "64:ff9b::169.254.169.254": false, "64:ff9b:1::8.8.8.8": false,
	} {
		if _, err := g.Resolve(t.Context(), host, 993); (err == nil) != allowed {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := New(Config{}).Resolve(t.Context(), "64:ff9b::8.8.8.8", 993); reasonOf(err) != Forbidden {
		t.Errorf("without being allowed: %v", err)
	}
}

// TestDialInTurn: the addresses are tried one after the other, and the name is
// not looked up again, however often its answer changes.
func TestDialInTurn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	names := &once{addrs: addrs("127.0.0.2", "127.0.0.1", "10.0.0.1")}
	g := New(Config{AllowPrefixes: prefixes("127.0.0.0/8"), AllowPorts: []uint16{port}, Resolver: names})
	found, err := g.Resolve(t.Context(), "mail.example", port)
	if err != nil || netipJoin(found) != "127.0.0.2 127.0.0.1" {
		t.Fatalf("%v, %v", found, err)
	}
	conn, err := g.Dial(t.Context(), "mail.example", port, found)
	if err != nil {
		t.Fatal(err)
	}
	if got := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().String(); got != "127.0.0.1" || names.asked != 1 {
		t.Errorf("connected to %s, asked %d times", got, names.asked)
	}
	conn.Close()
}

// once answers the first question; the second would get another address.
type once struct {
	addrs []netip.Addr
	asked int
}

func (o *once) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	if o.asked++; o.asked > 1 {
		return addrs("127.0.0.3"), nil
	}
	return o.addrs, nil
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g := New(Config{
		AllowPrefixes:  []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")},
		AllowEndpoints: []Endpoint{{Host: "Mail.Lan.", Port: 2993}},
		AllowPorts:     []uint16{1993},
		Timeout:        50 * time.Millisecond,
		Resolver: fixed{
			"public.example":  addrs("8.8.8.8", "8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1"),
			"mixed.example":   addrs("127.0.0.1", "8.8.4.4"),
			"private.example": addrs("192.168.1.1", "fe80::1"),
			"tunnel.example":  addrs("10.9.8.7"),
			"mail.lan":        addrs("192.168.7.7"),
			"empty.example":   nil,
		},
	})
	for _, c := range []struct {
		host   string
		port   uint16
		want   string
		reason Reason
		kind   fault.Kind
	}{
		{host: "public.example", port: 993, want: "8.8.8.8 2606:4700::1"},
		{host: "mixed.example", port: 143, want: "8.8.4.4"},
		{host: "tunnel.example", port: 995, want: "10.9.8.7"},
		{host: "mail.lan", port: 2993, want: "192.168.7.7"},
		{host: "public.example", port: 1993, want: "8.8.8.8 2606:4700::1"},
		{host: "mail.lan", port: 993, reason: Forbidden, kind: fault.Invalid},
		{host: "private.example", port: 110, reason: Forbidden, kind: fault.Invalid},
		{host: "127.0.0.1", port: 993, reason: Forbidden, kind: fault.Invalid},
		{host: "::ffff:127.0.0.1", port: 993, reason: Forbidden, kind: fault.Invalid},
		{host: "public.example", port: 22, reason: PortNotAllowed, kind: fault.Invalid},
		{host: "public.example", port: 2993, reason: PortNotAllowed, kind: fault.Invalid},
		{host: "nowhere.example", port: 993, reason: NameNotFound, kind: fault.Invalid},
		{host: "empty.example", port: 993, reason: NameNotFound, kind: fault.Invalid},
		{host: "0x7f.1", port: 993, reason: NameNotFound, kind: fault.Invalid},
		{host: "slow.example", port: 993, reason: LookupFailed, kind: fault.Temporary},
		{host: "broken.example", port: 993, reason: LookupFailed, kind: fault.Temporary},
	} {
		got, err := g.Resolve(t.Context(), c.host, c.port)
		if c.want != "" {
			if err != nil || netipJoin(got) != c.want {
				t.Errorf("Resolve(%s, %d) = %v, %v; want %s", c.host, c.port, got, err, c.want)
			}
			continue
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != c.reason || fault.KindOf(err) != c.kind || fault.Sentence(err) != e.Sentence() {
			t.Errorf("Resolve(%s, %d) = %v, %v (%q)", c.host, c.port, got, err, fault.Sentence(err))
		}
	}
}

func netipJoin(list []netip.Addr) string {
	s := make([]string, len(list))
	for i, a := range list {
		s[i] = a.String()
	}
	return strings.Join(s, " ")
}

func TestDialJudgesTheAddressItself(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	loopback := addrs("127.0.0.1")

	// The port is allowed, the address is not: what Resolve said (or was made
	// to say by a name that changed) does not matter.
	_, err = New(Config{AllowPorts: []uint16{port}}).Dial(t.Context(), "rebound.example", port, loopback)
	if reasonOf(err) != Forbidden || fault.KindOf(err) != fault.Invalid {
		t.Fatalf("dial of loopback: %v", err)
	}

	open := New(Config{AllowEndpoints: []Endpoint{{"inside.example", port}}, Timeout: time.Second})
	conn, err := open.Dial(t.Context(), "inside.example", port, loopback)
	if err != nil {
		t.Fatalf("dial of an allowed end point: %v", err)
	}
	conn.Close()

	l.Close()
	_, err = open.Dial(t.Context(), "inside.example", port, loopback)
	if reasonOf(err) != Refused || fault.KindOf(err) != fault.Temporary {
		t.Fatalf("dial of a closed port: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = open.Dial(ctx, "inside.example", port, loopback); !errors.Is(err, context.Canceled) {
		t.Fatalf("dial when cancelled: %v", err)
	}
}
