package demo

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
)

func TestSendersHaveNames(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := dnsfake.Serve(ctx, Zone())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Wait()
	defer cancel()
	r, err := dns.New(dns.Config{Servers: []string{s.Addr}})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range senders {
		for day := range 5 {
			d := newTeller(Story{Start: noon, Seed: Seed}).day(day)
			for _, host := range w.hosts(d, newTeller(Story{Seed: Seed}).chance(uint64(day))) {
				name, err := r.ConfirmedName(ctx, host)
				spoofer := strings.HasPrefix(host.String(), "2001:db8:bad:") || netip.MustParsePrefix("203.0.113.128/25").Contains(host)
				if spoofer != dns.IsAbsent(err) || !spoofer && err != nil {
					t.Errorf("sender %d: %s is %q, %v", i, host, name, err)
				}
			}
		}
	}
	if texts, err := r.LookupTXT(ctx, "_dmarc.example.org"); err != nil || !strings.HasPrefix(texts[0], "v=DMARC1; p=quarantine") {
		t.Error(texts, err)
	}
}
