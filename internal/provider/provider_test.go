package provider_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
)

func TestCatalogue(t *testing.T) {
	t.Parallel()
	all := provider.All()
	if len(all) < 60 {
		t.Errorf("%d providers, want 60 or more", len(all))
	}
	slug := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	ids, names, kinds := map[string]bool{}, map[string]bool{}, map[provider.Kind]int{}
	for _, p := range all {
		if !slug.MatchString(p.ID) || ids[p.ID] || p.Name == "" || names[p.Name] {
			t.Errorf("%q, %q: an id or name is no good or taken", p.ID, p.Name)
		}
		ids[p.ID], names[p.Name] = true, true
		kinds[p.Kind]++
		if p.Kind.String() == "" {
			t.Errorf("%s: there is no kind %q", p.ID, p.Kind)
		}
		if _, err := time.Parse("2006-01", p.Checked); err != nil || p.Source == "" {
			t.Errorf("%s: source %q, checked %q", p.ID, p.Source, p.Checked)
		}
		if p.Address != "" && !strings.HasPrefix(p.Address, "https://") {
			t.Errorf("%s: address %q", p.ID, p.Address)
		}
		if p.Address == "" && p.SPF+p.DKIM != "" {
			t.Errorf("%s: no page can be read that says how it is set up", p.ID)
		}
		if len(p.Hosts)+len(p.Signs)+len(p.Envelopes) == 0 {
			t.Errorf("%s: nothing to know it by", p.ID)
		}
		for _, r := range p.Rented {
			if !slices.ContainsFunc(p.Hosts, r.IsSubdomainOf) {
				t.Errorf("%s: %s lies below none of its hosts", p.ID, r)
			}
		}
		for _, fix := range []string{p.SPF, p.DKIM} {
			if fix != "" && (!strings.HasSuffix(fix, ".") || strings.Contains(fix, "!") || strings.Contains(fix, "  ")) {
				t.Errorf("%s: not a sentence: %q", p.ID, fix)
			}
		}
		if found, ok := provider.ByID(p.ID); !ok || found.Name != p.Name {
			t.Errorf("%s is not found by its id", p.ID)
		}
	}
	for _, k := range []provider.Kind{provider.Mailbox, provider.Transactional, provider.Marketing, provider.Helpdesk, provider.Gateway, provider.Hosting} {
		if kinds[k] < 4 {
			t.Errorf("only %d of kind %s", kinds[k], k)
		}
	}
	if kinds[provider.Forwarder] < 10 {
		t.Errorf("only %d forwarders", kinds[provider.Forwarder])
	}
	if provider.Version() == "" {
		t.Error("the catalogue has no version")
	}
}

// Every name is in its one form and nobody else's.
func TestNamesOfTheCatalogueAreValidAndClaimedOnce(t *testing.T) {
	t.Parallel()
	for what, names := range map[string]func(provider.Provider) []fqdn.Name{
		"hosts":     func(p provider.Provider) []fqdn.Name { return p.Hosts },
		"signs":     func(p provider.Provider) []fqdn.Name { return p.Signs },
		"envelopes": func(p provider.Provider) []fqdn.Name { return p.Envelopes },
	} {
		claimed := map[fqdn.Name]string{}
		for _, p := range provider.All() {
			for _, n := range names(p) {
				if parsed, err := fqdn.Parse(n.String()); err != nil || parsed != n || !strings.Contains(n.String(), ".") {
					t.Errorf("%s of %s: %q is no domain of theirs: %v", what, p.ID, n, err)
				}
				for up, ok := n, true; ok; up, ok = up.Parent() {
					if other := claimed[up]; other != "" {
						t.Errorf("%s of %s: %s claims %s already", what, p.ID, other, up)
					}
				}
				claimed[n] = p.ID
			}
		}
	}
	for _, p := range provider.All() {
		if p.Include == "" {
			continue
		}
		if n, err := fqdn.Parse(p.Include.String()); err != nil || n != p.Include {
			t.Errorf("include of %s: %q", p.ID, p.Include)
		}
	}
}

func TestFinding(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		find func(fqdn.Name) (provider.Provider, bool)
		name fqdn.Name
		want string
	}{
		{provider.ByHost, "mail-qt1-f52.google.com", "google"},
		{provider.ByHost, "mail-am6eur05on2104.outbound.protection.outlook.com", "microsoft"},
		{provider.ByHost, "a8-31.smtp-out.amazonses.com", "amazon-ses"},
		{provider.ByHost, "google.com.attacker.example", ""},
		{provider.ByHost, "sslproxy01.your-server.de", "hetzner"},
		{provider.ByHost, "static.7.100.51.198.clients.your-server.de", ""},
		{provider.ByHost, "smtp1.mail-out.ovh.net", "ovh"},
		{provider.ByHost, "vps-1a2b3c4d.vps.ovh.net", ""},
		{provider.ByHost, "p3plsmtpa06-01.prod.phx3.secureserver.net", "godaddy"},
		{provider.ByHost, "ip-198-51-100-7.ip.secureserver.net", ""},
		{provider.ByHost, "198-51-100-7.unifiedlayer.com", ""},
		{provider.ByHost, "vps12345.inmotionhosting.com", ""},
		{provider.ByHost, "mail.dreamhostps.com", ""},
		{provider.ByHost, "host7-100-51-198.serverdedicati.aruba.it", ""},
		{provider.ByHost, "notgoogle.com", ""},
		{provider.ByHost, "", ""},
		{provider.BySigner, "example-org.20230601.gappssmtp.com", "google"},
		{provider.BySigner, "example.onmicrosoft.com", "microsoft"},
		{provider.BySigner, "example.org", ""},
		{provider.ByEnvelope, "eu-west-1.amazonses.com", "amazon-ses"},
		{provider.ByEnvelope, "pm.mtasv.net", "postmark"},
	} {
		if p, ok := test.find(test.name); p.ID != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %v, want %q", test.name, p.ID, ok, test.want)
		}
	}
	for id, want := range map[string]bool{"cloudflare-routing": true, "simplelogin": true, "groups-io": true, "mimecast": true, "google": false, "sendgrid": false} {
		if p, ok := provider.ByID(id); !ok || p.PassesOn() != want {
			t.Errorf("%s passes on: %v, want %v", id, p.PassesOn(), want)
		}
	}
	if _, ok := provider.ByID("nobody"); ok {
		t.Error("somebody is found who is not in the catalogue")
	}
}
