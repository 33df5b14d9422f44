package mailbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// finder finds with a DNS of its own.
func finder(t *testing.T, z dnsfake.Zone) *mailbox.Finder {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s, err := dnsfake.Serve(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); s.Wait() })
	r, err := dns.New(dns.Config{Servers: []string{s.Addr}, Timeout: time.Second, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &mailbox.Finder{DNS: r, Ports: []uint16{1993}}
}

func someOrg() org.ID { return uid.New[postgres.Tenant]() }

func TestDiscovery(t *testing.T) {
	t.Parallel()
	f := finder(t, dnsfake.Zone{
		Records: []string{
			"_imaps._tcp.srv.example. 300 IN SRV 20 1 993 second.srv.example.", "_imaps._tcp.srv.example. 300 IN SRV 10 1 993 First.srv.example.",
			"_imaps._tcp.srv.example. 300 IN SRV 10 9 1993 heavy.srv.example.",
			"_imap._tcp.srv.example. 300 IN SRV 0 1 143 plain.srv.example.", "_pop3s._tcp.srv.example. 300 IN SRV 0 1 995 pop.srv.example.", "_pop3._tcp.srv.example. 300 IN SRV 0 0 0 .",
			"srv.example. 300 IN MX 1 aspmx.l.google.com.", // what the domain says itself comes first
			"_imaps._tcp.hosted.example. 300 IN SRV 0 1 993 imap.fastmail.com.",
			"_imaps._tcp.port.example. 300 IN SRV 0 1 22 ssh.port.example.", "_pop3s._tcp.port.example. 300 IN SRV 0 1 995 pop.port.example.",
			"_imaps._tcp.odd.example. 300 IN SRV 0 1 993 <b>.odd.example.",
			"_imaps._tcp.none.example. 300 IN SRV 0 0 0 .", "none.example. 300 IN MX 0 .",
			"google.example. 300 IN MX 20 backup.example.", "google.example. 300 IN MX 1 ASPMX.L.Google.com.",
			"microsoft.example. 300 IN MX 0 microsoft-example.mail.protection.outlook.com.",
			"xn--bcher-kva.example. 300 IN MX 0 in1-smtp.messagingengine.com.",
			"evil.example. 300 IN MX 0 google.com.evil.example.", "nearly.example. 300 IN MX 0 evilgoogle.com.",
			"half.example. 300 IN MX 0 mx.zoho.com.",
		},
		Behave: map[string]dnsfake.Behaviour{"broken.example": dnsfake.ServFail, "_imaps._tcp.half.example": dnsfake.ServFail},
	})
	for address, want := range map[string]string{
		"ada@gmail.com":   "imap imap.gmail.com:993 tls gmail provider; pop3 pop.gmail.com:995 tls gmail provider",
		"Ada@ICloud.COM ": "imap imap.mail.me.com:993 tls icloud provider",
		"ada@srv.example": "imap heavy.srv.example:1993 tls  srv; imap first.srv.example:993 tls  srv; imap second.srv.example:993 tls  srv; " +
			"imap plain.srv.example:143 starttls  srv; pop3 pop.srv.example:995 tls  srv",
		"ada@hosted.example":    "imap imap.fastmail.com:993 tls fastmail srv",
		"ada@port.example":      "pop3 pop.port.example:995 tls  srv; ignored: DNS names ssh.port.example on port 22, which is not used for reading mail, so we do not connect to it.",
		"ada@odd.example":       "ignored: DNS names a mail server that has no usable name.",
		"ada@none.example":      "",
		"ada@nothing.example":   "",
		"ada@google.example":    "imap imap.gmail.com:993 tls gmail mx; pop3 pop.gmail.com:995 tls gmail mx",
		"ada@microsoft.example": "imap outlook.office365.com:993 tls microsoft mx; pop3 outlook.office365.com:995 tls microsoft mx",
		"ada@bücher.example":    "imap imap.fastmail.com:993 tls fastmail mx; pop3 pop.fastmail.com:995 tls fastmail mx",
		"ada@evil.example":      "",
		"ada@nearly.example":    "",
		"ada@broken.example":    "unsure",
		"ada@half.example":      "imap imap.zoho.com:993 tls zoho mx; pop3 pop.zoho.com:995 tls zoho mx; unsure",
	} {
		d, err := f.Discover(t.Context(), someOrg(), address)
		if got := found(d); err != nil || got != want {
			t.Errorf("%s: %v\n got %s\nwant %s", address, err, got, want)
		}
	}
	for _, bad := range []string{"", "ada", "@example.org", "ada@", "ada@-.example", "ada@a b.example", "a@b@c"} {
		if d, err := f.Discover(t.Context(), someOrg(), bad); fault.FieldsOf(err)["address"] == "" {
			t.Errorf("%q: %+v, %v", bad, d, err)
		}
	}
}

// found writes a discovery in one line.
func found(d mailbox.Discovery) string {
	var parts []string
	for _, s := range d.Suggestions {
		parts = append(parts, fmt.Sprintf("%s %s:%d %s %s %s", s.Protocol, s.Host, s.Port, s.Security, s.Preset, s.Origin))
	}
	for _, sentence := range d.Ignored {
		parts = append(parts, "ignored: "+sentence)
	}
	if d.Unsure {
		parts = append(parts, "unsure")
	}
	return strings.Join(parts, "; ")
}

func TestDiscoveryWithoutDNSKnowsProviders(t *testing.T) {
	t.Parallel()
	f := &mailbox.Finder{}
	if d, err := f.Discover(t.Context(), someOrg(), "ada@yahoo.de"); err != nil || len(d.Suggestions) != 2 {
		t.Error(d, err)
	}
	if d, err := f.Discover(t.Context(), someOrg(), "ada@example.org"); err != nil || len(d.Suggestions) != 0 || d.Unsure {
		t.Error(d, err)
	}
}

func TestDiscoveryIsLimitedPerOrganization(t *testing.T) {
	t.Parallel()
	f := finder(t, dnsfake.Zone{})
	var err error
	if f.LookUps, err = limit.NewMemory("look-ups", 2, time.Hour); err != nil {
		t.Fatal(err)
	}
	one, other := someOrg(), someOrg()
	for n := range 3 {
		_, err := f.Discover(t.Context(), one, fmt.Sprintf("ada@n%d.example", n))
		if fault.Is(err, fault.LimitReached) != (n == 2) {
			t.Errorf("look-up %d: %v", n, err)
		}
	}
	if _, err := f.Discover(t.Context(), one, "ada@gmail.com"); err != nil {
		t.Errorf("what needs no DNS: %v", err)
	}
	if _, err := f.Discover(t.Context(), other, "ada@n.example"); err != nil {
		t.Errorf("another organization: %v", err)
	}
}

// Each preset is whole, and each domain leads to one provider only.
func TestPresets(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, p := range mailbox.Presets() {
		if keys[p.Key] || p.Name == "" || p.Port != 993 || p.Security != "tls" {
			t.Errorf("%+v", p)
		}
		keys[p.Key] = true
	}
	if len(keys) != 10 || !keys[""] {
		t.Errorf("%d presets", len(keys))
	}
}
