package app_test

import (
	"context"
	"net/netip"
	"testing"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
)

// Whoever writes a private address into a report learns nothing of the
// operator's own network.
func TestNamesOfPrivateAddressesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	zone, err := dnsfake.Serve(ctx, dnsfake.Zone{Records: []string{
		"5.0.0.10.in-addr.arpa. 300 IN PTR db1.corp.example.", "db1.corp.example. 300 IN A 10.0.0.5",
		"9.9.9.9.in-addr.arpa. 300 IN PTR mx.example.org.", "mx.example.org. 300 IN A 9.9.9.9",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); zone.Wait() })
	resolver, err := dns.New(dns.Config{Servers: []string{zone.Addr}})
	if err != nil {
		t.Fatal(err)
	}
	names := app.PublicNames(resolver)
	for ip, want := range map[string]string{"9.9.9.9": "mx.example.org", "10.0.0.5": "", "::ffff:10.0.0.5": "", "127.0.0.1": "", "169.254.1.1": "", "fd00::1": "", "100.64.0.1": ""} {
		if name, err := names.ConfirmedName(t.Context(), netip.MustParseAddr(ip)); err != nil || name != want {
			t.Errorf("%s is %q, %v", ip, name, err)
		}
	}
	if n := zone.Asked("5.0.0.10.in-addr.arpa"); n != 0 {
		t.Errorf("a private address was asked for %d times", n)
	}
}
