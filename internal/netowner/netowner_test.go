package netowner_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
	"sendvery.com/sendvery/internal/netowner"
)

// file writes an MMDB file and reads it back.
func file(t *testing.T, networks map[string]mmdbtype.Map) *netowner.File {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, entry := range networks {
		_, network, err := net.ParseCIDR(prefix)
		if err == nil {
			err = tree.Insert(network, entry)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := netowner.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func find(t *testing.T, f *netowner.Finder, ip string) netowner.Network {
	t.Helper()
	n, err := f.Network(t.Context(), netip.MustParseAddr(ip))
	if err != nil {
		t.Errorf("%s: %v", ip, err)
	}
	return n
}

func TestFilesOfTheUsualMakers(t *testing.T) {
	t.Parallel()
	f := &netowner.Finder{Files: []*netowner.File{
		file(t, map[string]mmdbtype.Map{
			"192.0.2.0/24":     {"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example  Ltd\n")},
			"198.51.100.0/24":  {"asn": mmdbtype.String("AS64501"), "as_name": mmdbtype.String("Other Inc"), "country_code": mmdbtype.String("nl")},
			"203.0.113.0/25":   {"asn": mmdbtype.String("AS64502"), "name": mmdbtype.String("Third"), "country": mmdbtype.String("US")},
			"2001:db8::/32":    {"autonomous_system_number": mmdbtype.Uint32(4200000000), "autonomous_system_organization": mmdbtype.String("Six")},
			"203.0.113.128/25": {"asn": mmdbtype.Uint32(64503), "country": mmdbtype.String("Neverland")},
		}),
		file(t, map[string]mmdbtype.Map{
			"192.0.2.0/24":    {"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "geoname_id": mmdbtype.Uint32(1)}},
			"198.51.100.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("FR")}},
		}),
	}}
	for ip, want := range map[string]netowner.Network{
		"192.0.2.7":        {ASN: 64500, Owner: "Example Ltd", Country: "DE"},
		"::ffff:192.0.2.7": {ASN: 64500, Owner: "Example Ltd", Country: "DE"},
		"198.51.100.1":     {ASN: 64501, Owner: "Other Inc", Country: "NL"},
		"203.0.113.1":      {ASN: 64502, Owner: "Third", Country: "US"},
		"203.0.113.200":    {ASN: 64503},
		"2001:db8::1":      {ASN: 4200000000, Owner: "Six"},
		"2001:db9::1":      {},
		"10.0.0.1":         {},
	} {
		if got := find(t, f, ip); got != want {
			t.Errorf("%s: %+v, want %+v", ip, got, want)
		}
	}
}

func TestFileThatIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.mmdb")
	if err := os.WriteFile(path, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".missing"} {
		if _, err := netowner.Open(p); err == nil {
			t.Errorf("%s was opened", filepath.Base(p))
		}
	}
}

// cymru is a resolver whose answers are Team Cymru's, as they look.
func cymru(t *testing.T) (*dns.Resolver, *dnsfake.Server) {
	t.Helper()
	server, err := dnsfake.Serve(t.Context(), dnsfake.Zone{
		Records: []string{
			dnsfake.TXT("1.2.0.192.origin.asn.cymru.com", "64499 | 192.0.0.0/16 | US | arin | 1990-01-01"),
			dnsfake.TXT("1.2.0.192.origin.asn.cymru.com", "64500 64501 | 192.0.2.0/24 | DE | ripencc | 2000-03-30"),
			dnsfake.TXT("AS64500.asn.cymru.com", "64500 | DE | ripencc | 2000-03-30 | EXAMPLE-AS Example, Ltd, DE"),
			dnsfake.TXT("9.2.0.192.origin.asn.cymru.com", "64510 | 192.0.2.9/32 | | other |"),
			dnsfake.TXT(strings.Repeat("0.", 23)+"1.8.b.d.0.1.0.0.2.origin6.asn.cymru.com", "64502 | 2001:db8::/32 | NL | ripencc | 2001-01-01"),
			dnsfake.TXT("AS64502.asn.cymru.com", "64502 | NL | ripencc | 2001-01-01 | SIX"),
		},
		Behave: map[string]dnsfake.Behaviour{"3.2.0.192.origin.asn.cymru.com": dnsfake.ServFail},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := dns.New(dns.Config{Servers: []string{server.Addr}, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r, server
}

func TestCymru(t *testing.T) {
	t.Parallel()
	resolver, server := cymru(t)
	f := &netowner.Finder{DNS: resolver}
	for ip, want := range map[string]netowner.Network{
		"192.0.2.1":       {ASN: 64500, Owner: "EXAMPLE-AS Example, Ltd", Country: "DE"},
		"192.0.2.2":       {},
		"192.0.2.9":       {ASN: 64510},
		"2001:db8:1000::": {ASN: 64502, Owner: "SIX", Country: "NL"},
	} {
		if got := find(t, f, ip); got != want {
			t.Errorf("%s: %+v, want %+v", ip, got, want)
		}
	}
	if _, err := f.Network(t.Context(), netip.MustParseAddr("192.0.2.3")); err == nil {
		t.Error("a server that fails passes for an answer")
	}
	find(t, f, "192.168.0.1")
	if n := server.Asked("1.0.168.192.origin.asn.cymru.com"); n != 0 {
		t.Error("a private address was asked for")
	}

	f.Files = []*netowner.File{file(t, map[string]mmdbtype.Map{
		"192.0.2.1/32": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("AT")}},
		"192.0.2.3/32": {"autonomous_system_number": mmdbtype.Uint32(64505)},
	})}
	if got := find(t, f, "192.0.2.1"); got.Country != "AT" || got.ASN != 64500 {
		t.Errorf("a file's country beside DNS: %+v", got)
	}
	if got := find(t, f, "192.0.2.3"); got.ASN != 64505 {
		t.Errorf("a file's network: %+v", got)
	}
}
