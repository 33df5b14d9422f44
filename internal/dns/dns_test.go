package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sendvery.com/sendvery/internal/dns/dnsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, z dnsfake.Zone) *dnsfake.Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := dnsfake.Serve(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); s.Wait() })
	return s
}

func resolver(t *testing.T, c Config) *Resolver {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnswersAreToldApart(t *testing.T) {
	t.Parallel()
	long := "v=DKIM1; p=" + strings.Repeat("A", 3000)
	s := serve(t, dnsfake.Zone{
		Records: []string{
			dnsfake.TXT("example.org", "v=spf1 -all"), dnsfake.TXT("example.org", "other"),
			dnsfake.TXT("long.example.org", long),
			dnsfake.TXT("odd.example.org", "a \"quote\" and a \\ and \xe4"),
			"alias.example.org. 300 IN CNAME example.org.",
			"mail.example.org. 300 IN A 192.0.2.1", "mail.example.org. 300 IN AAAA 2001:db8::1",
			"deep.below.example.org. 300 IN A 192.0.2.2",
			"half.example.org. 300 IN A 192.0.2.3",
		},
		Behave: map[string]dnsfake.Behaviour{
			"broken.example.org": dnsfake.ServFail, "refused.example.org": dnsfake.Refuse, "silent.example.org": dnsfake.Silent,
			"garbage.example.org": dnsfake.Garbage, "other.example.org": dnsfake.Other,
		},
	})
	r := resolver(t, Config{Servers: []string{s.Addr}, Timeout: 200 * time.Millisecond, Tries: 2})
	for name, want := range map[string][]string{
		"example.org": {"v=spf1 -all", "other"}, "EXAMPLE.org.": {"v=spf1 -all", "other"}, "alias.example.org": {"v=spf1 -all", "other"},
		"long.example.org": {long}, "odd.example.org": {"a \"quote\" and a \\ and \xe4"},
	} {
		got, err := r.LookupTXT(t.Context(), name)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	for name, want := range map[string]Error{
		"nothing.example.org":            {Reason: Absent, NoSuchName: true},
		"mail.example.org":               {Reason: Absent},
		"below.example.org":              {Reason: Absent},
		"broken.example.org":             {Reason: Temporary},
		"refused.example.org":            {Reason: Temporary},
		"silent.example.org":             {Reason: Temporary},
		"garbage.example.org":            {Reason: Malformed},
		"other.example.org":              {Reason: Malformed},
		"":                               {Reason: Malformed},
		"a..b":                           {Reason: Malformed},
		strings.Repeat("x", 64) + ".org": {Reason: Malformed},
	} {
		for range 2 { // the second from the cache
			got, err := r.LookupTXT(t.Context(), name)
			e, ok := errors.AsType[*Error](err)
			if !ok || got != nil || e.Reason != want.Reason || e.NoSuchName != want.NoSuchName || e.Name != name || e.Type != "TXT" || IsAbsent(err) != (want.Reason == Absent) {
				t.Errorf("%q: %v %v", name, got, err)
			}
		}
	}
	addrs, err := r.LookupAddr(t.Context(), "mail.example.org")
	if d := cmp.Diff("[192.0.2.1 2001:db8::1]", fmt.Sprint(addrs)); err != nil || d != "" {
		t.Error(err, d)
	}
	if _, err := r.LookupAddr(t.Context(), "example.org"); !IsAbsent(err) {
		t.Error(err)
	}
	if _, err := r.LookupAddr(t.Context(), "broken.example.org"); ReasonOf(err) != Temporary {
		t.Error(err)
	}
}

func TestConfirmedName(t *testing.T) {
	t.Parallel()
	ptr := func(ip, name string) string {
		reverse := netip.MustParseAddr(ip)
		if reverse.Is4() {
			b := reverse.As4()
			return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa. 300 IN PTR %s.", b[3], b[2], b[1], b[0], name)
		}
		t.Fatal("IPv4 only")
		return ""
	}
	s := serve(t, dnsfake.Zone{
		Records: []string{
			ptr("192.0.2.1", "mail.example.org"), "mail.example.org. 300 IN A 192.0.2.1",
			ptr("192.0.2.2", "mail.example.org"), // claims what is another's
			ptr("192.0.2.3", "z.example.org"), ptr("192.0.2.3", "B.example.org"), ptr("192.0.2.3", "a.example.org"),
			"z.example.org. 300 IN A 192.0.2.3", "b.example.org. 300 IN A 192.0.2.3", "a.example.org. 300 IN A 192.0.2.9",
			ptr("192.0.2.4", "broken.example.org"),
			ptr("192.0.2.5", `<b>.example.org`), `<b>.example.org. 300 IN A 192.0.2.5`,
			"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR six.example.org.", "six.example.org. 300 IN AAAA 2001:db8::1",
		},
		Behave: map[string]dnsfake.Behaviour{"broken.example.org": dnsfake.ServFail},
	})
	r := resolver(t, Config{Servers: []string{s.Addr}})
	for ip, want := range map[string]string{"192.0.2.1": "mail.example.org", "::ffff:192.0.2.1": "mail.example.org", "192.0.2.3": "b.example.org", "2001:db8::1": "six.example.org"} {
		if got, err := r.ConfirmedName(t.Context(), netip.MustParseAddr(ip)); err != nil || got != want {
			t.Errorf("%s: %q %v", ip, got, err)
		}
	}
	for ip, want := range map[string]Reason{"192.0.2.2": Absent, "192.0.2.4": Temporary, "192.0.2.5": Absent, "192.0.2.77": Absent} {
		if got, err := r.ConfirmedName(t.Context(), netip.MustParseAddr(ip)); err == nil || got != "" || ReasonOf(err) != want {
			t.Errorf("%s: %q %v", ip, got, err)
		}
	}
	if names, err := r.LookupPTR(t.Context(), netip.MustParseAddr("192.0.2.2")); err != nil || !cmp.Equal(names, []string{"mail.example.org"}) {
		t.Error(names, err)
	}
	if _, err := r.LookupPTR(t.Context(), netip.Addr{}); ReasonOf(err) != Malformed {
		t.Error(err)
	}
}

func TestCacheAndServers(t *testing.T) {
	t.Parallel()
	bad := serve(t, dnsfake.Zone{Behave: map[string]dnsfake.Behaviour{"example.org": dnsfake.ServFail}})
	good := serve(t, dnsfake.Zone{Records: []string{"example.org. 60 IN TXT hello"}})
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(clock.Load(), 0) }
	r := resolver(t, Config{Servers: []string{bad.Addr, good.Addr}, Now: now, Entries: 20})
	ask := func(name string) {
		t.Helper()
		if got, err := r.LookupTXT(t.Context(), name); name == "example.org" && (err != nil || got[0] != "hello") {
			t.Fatal(got, err)
		}
	}
	ask("example.org")
	ask("example.org")
	if bad.Asked("example.org") != 1 || good.Asked("example.org") != 1 {
		t.Errorf("asked %d and %d times", bad.Asked("example.org"), good.Asked("example.org"))
	}
	clock.Add(61)
	ask("example.org")
	if good.Asked("example.org") != 2 {
		t.Error("an old answer was used")
	}
	for n := range 100 {
		ask(fmt.Sprintf("n%d.example.org", n))
	}
	if n := len(r.cache.entries); n > 20 {
		t.Errorf("%d entries", n)
	}
	if err := good.Set(dnsfake.Zone{Records: []string{"example.org. 60 IN TXT changed"}}); err != nil {
		t.Fatal(err)
	}
	clock.Add(61)
	if got, err := r.LookupTXT(t.Context(), "example.org"); err != nil || got[0] != "changed" {
		t.Error(got, err)
	}
}

func TestCancelIsNotRemembered(t *testing.T) {
	t.Parallel()
	s := serve(t, dnsfake.Zone{Records: []string{"example.org. 60 IN TXT hello"}, Behave: map[string]dnsfake.Behaviour{"example.org": dnsfake.Silent}})
	r := resolver(t, Config{Servers: []string{s.Addr}, Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := r.LookupTXT(ctx, "example.org"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if err := s.Set(dnsfake.Zone{Records: []string{"example.org. 60 IN TXT hello"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := r.LookupTXT(t.Context(), "example.org"); err != nil || got[0] != "hello" {
		t.Error(got, err)
	}
}

func TestNoResolver(t *testing.T) {
	t.Parallel()
	r := resolver(t, Config{Servers: []string{"127.0.0.1:1"}, Tries: 1})
	if _, err := r.LookupTXT(t.Context(), "example.org"); ReasonOf(err) != Temporary {
		t.Error(err)
	}
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`a\"b`, `\228`, `\\`, `\`, `\999`, `\12`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unescape(s); len(got) > len(s) {
			t.Errorf("%q grew to %q", s, got)
		}
	})
}
