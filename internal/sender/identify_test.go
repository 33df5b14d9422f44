package sender_test

import (
	"net/netip"
	"testing"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
)

// seen is a result with one signature and one envelope domain that passed; ""
// is none.
func seen(messages int64, signer, envelope fqdn.Name) sender.Result {
	r := sender.Result{Messages: messages}
	if signer != "" {
		r.Signers = []fqdn.Name{signer}
	}
	if envelope != "" {
		r.Envelopes = []fqdn.Name{envelope}
	}
	return r
}

func TestLadder(t *testing.T) {
	t.Parallel()
	known := sender.Facts{ASN: 64500, Network: "Example Networks", Country: "DE"}
	named := func(host string) sender.Facts { f := known; f.Host = host; return f }
	for _, test := range []struct {
		what    string
		facts   sender.Facts
		results []sender.Result
		key     string
		basis   sender.Basis
	}{
		{"nothing", sender.Facts{}, nil, "192.0.2.1", sender.JustAddress},
		{"a network", known, nil, "AS64500", sender.InNetwork},
		{"a name", named("mta.provider.example"), nil, "provider.example", sender.OtherHost},
		{"a name that is a public suffix", named("co.uk"), nil, "AS64500", sender.InNetwork},
		{"no name that could be one", named("no name"), nil, "AS64500", sender.InNetwork},
		{"SPF for a provider's envelope", named("mta.provider.example"), []sender.Result{seen(1, "", "bounce.klaviyomail.com")}, "klaviyo", sender.ByEnvelope},
		{"a provider's name before its envelope", named("o1.ptr.sendgrid.net"), []sender.Result{seen(1, "", "bounce.klaviyomail.com")}, "sendgrid", sender.KnownHost},
		{"a signature, with SPF for the owner", named("mta.provider.example"), []sender.Result{seen(1, "mandrillapp.com", "bounce.example.org")}, "mandrill", sender.Signed},
		{"a signature, with SPF for its own", known, []sender.Result{seen(1, "mandrillapp.com", "mail4.mandrillapp.com")}, "mandrill", sender.Signed},
		{"a signature before another's name", named("a8-31.smtp-out.amazonses.com"), []sender.Result{seen(5, "klaviyomail.com", "eu.klaviyomail.com")}, "klaviyo", sender.Signed},
		{"a host of the owner's before everything", named("relay.example.org"), []sender.Result{seen(9, "mandrillapp.com", "example.org")}, "relay.example.org", sender.OwnHost},
		{"the domain's very name", named("example.org"), nil, "example.org", sender.OwnHost},
		{"a name that only ends alike", named("evilexample.org"), nil, "evilexample.org", sender.OtherHost},
		{"a name that begins with a provider's", named("google.com.attacker.example"), nil, "attacker.example", sender.OtherHost},

		// Passed on: the signature is the writer's, the address is not.
		{"a surviving signature without SPF", named("mta.provider.example"), []sender.Result{seen(7, "sendgrid.net", "")}, "provider.example", sender.OtherHost},
		{"a surviving signature behind a rewritten envelope", named("mta.provider.example"), []sender.Result{seen(7, "sendgrid.net", "srs.provider.example")}, "provider.example", sender.OtherHost},
		{"a surviving signature behind another provider's envelope", known, []sender.Result{seen(7, "sendgrid.net", "gmail.com")}, "google", sender.ByEnvelope},
		{"a known forwarder before any signature", named("mail.improvmx.com"), []sender.Result{seen(7, "sendgrid.net", "sendgrid.net")}, "improvmx", sender.Relay},
		{"a gateway before the writer's signature", named("eu-smtp-delivery-1.mimecast.com"), []sender.Result{seen(7, "example.onmicrosoft.com", "example.org")}, "mimecast", sender.Relay},
		{"a mailing list that signs", named("mail-qt1-f52.google.com"), []sender.Result{seen(2, "googlegroups.com", "googlegroups.com")}, "google-groups", sender.Signed},
		{"a forwarder's envelope alone", known, []sender.Result{seen(2, "", "groups.io")}, "AS64500", sender.InNetwork},
		{"a forwarder's envelope on a provider's server", named("a8-31.smtp-out.amazonses.com"), []sender.Result{seen(2, "groups.io", "groups.io")}, "amazon-ses", sender.KnownHost},

		// Several.
		{"what most of the mail shows", known, []sender.Result{seen(1, "mandrillapp.com", "example.org"), seen(2, "sendgrid.net", "example.org")}, "sendgrid", sender.Signed},
		{"signed twice, by the servers' owner and by who uses them", named("a8.smtp-out.amazonses.com"),
			[]sender.Result{{Messages: 4, Signers: []fqdn.Name{"amazonses.com", "customeriomail.com"}, Envelopes: []fqdn.Name{"bounce.example.org"}}},
			"customer-io", sender.Signed},
		{"passed on by a mailbox host that signs too", named("mail-am6.outbound.protection.outlook.com"),
			[]sender.Result{{Messages: 4, Signers: []fqdn.Name{"example.onmicrosoft.com", "sendgrid.net"}, Envelopes: []fqdn.Name{"example.onmicrosoft.com"}}}, "microsoft", sender.Signed},
		{"the owner's own signature tells nothing", known, []sender.Result{seen(4, "example.org", "example.org")}, "AS64500", sender.InNetwork},
	} {
		i := sender.Identify(sender.Evidence{Domain: "example.org", IP: netip.MustParseAddr("192.0.2.1"), Facts: test.facts, Results: test.results})
		if i.Key != test.key || i.Basis != test.basis {
			t.Errorf("%s: %s by %s, want %s by %s", test.what, i.Key, i.Basis, test.key, test.basis)
		}
		if i.Catalogue != provider.Version() || (i.Tie == report.TieOwner) != (test.basis == sender.OwnHost) {
			t.Errorf("%s: %+v", test.what, i)
		}
	}
}

// The owner may be a provider: their own names are not somebody else's then.
func TestOwnerWhoIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	i := sender.Identify(sender.Evidence{
		Domain: "news.zendesk.com", IP: netip.MustParseAddr("2001:db8::1"),
		Results: []sender.Result{seen(3, "zendesk.com", "zendesk.com")},
	})
	if i.Key != "2001:db8::1" {
		t.Errorf("%+v", i)
	}
}

// Only who nobody else can be is the owner's for one address's passing mail.
func TestPassingMailSpeaksForNoStrangers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what        string
		facts       sender.Facts
		results     []sender.Result
		other, own  string // its key without and with passing mail
		tie, ownTie report.Tie
	}{
		{"nothing", sender.Facts{}, nil, "192.0.2.1", "192.0.2.1", report.TieSpeaks, report.TieSpeaks},
		{"a network", sender.Facts{ASN: 64500}, nil, "AS64500", "AS64500/passing", report.TieStrangers, report.TieSpeaks},
		{"a name", sender.Facts{Host: "dyn-1.isp.example"}, nil, "isp.example", "isp.example/passing", report.TieStrangers, report.TieSpeaks},
		{"a web host", sender.Facts{Host: "dd1.kasserver.com"}, nil, "all-inkl", "all-inkl/passing", report.TieStrangers, report.TieSpeaks},
		{"a web host by its signature", sender.Facts{}, []sender.Result{seen(1, "mailchannels.net", "mailchannels.net")}, "mailchannels", "mailchannels/passing", report.TieStrangers, report.TieSpeaks},
		{"a mail service", sender.Facts{Host: "o1.ptr.sendgrid.net"}, nil, "sendgrid", "sendgrid", report.TieSpeaks, report.TieSpeaks},
		{"a gateway", sender.Facts{Host: "mx0a-1.pphosted.com"}, nil, "proofpoint", "proofpoint", report.TieRelay, report.TieRelay},
		{"a list", sender.Facts{Host: "mail-qt1-f52.google.com"}, []sender.Result{seen(2, "googlegroups.com", "googlegroups.com")}, "google-groups", "google-groups/passing", report.TieStrangers, report.TieSpeaks},
		{"the owner's host", sender.Facts{Host: "mx.example.org"}, nil, "mx.example.org", "mx.example.org", report.TieOwner, report.TieOwner},
	} {
		e := sender.Evidence{Domain: "example.org", IP: netip.MustParseAddr("192.0.2.1"), Facts: test.facts, Results: test.results}
		if i := sender.Identify(e); i.Key != test.other || i.Tie != test.tie {
			t.Errorf("%s: %s, %q", test.what, i.Key, i.Tie)
		}
		e.Passes = true
		if i := sender.Identify(e); i.Key != test.own || i.Tie != test.ownTie {
			t.Errorf("%s, with passing mail: %s, %q", test.what, i.Key, i.Tie)
		}
	}
	for key, name := range map[string]string{"AS64500/passing": "Network AS64500 (seen passing)", "isp.example/passing": "isp.example (seen passing)", "all-inkl/passing": "ALL-INKL.COM (seen passing)"} {
		if sender.FullName(key) != name {
			t.Errorf("%s is called %s", key, sender.FullName(key))
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		identity sender.Identity
		name     string
		sure     string
		sentence string
	}{
		{sender.Identity{Key: "mx.example.org", Basis: sender.OwnHost, Host: "mx.example.org"}, "mx.example.org", "high", "Its name mx.example.org lies within your domain and leads back to it."},
		{sender.Identity{Key: "improvmx", Basis: sender.Relay, Host: "mail.improvmx.com"}, "ImprovMX", "high", "Its name mail.improvmx.com leads back to it and belongs to ImprovMX, which passes on mail of others."},
		{sender.Identity{Key: "amazon-ses", Basis: sender.Signed, Signer: "amazonses.com"}, "Amazon SES", "high", "Its mail is signed with amazonses.com, which belongs to Amazon SES, and was not passed on."},
		{sender.Identity{Key: "amazon-ses", Basis: sender.KnownHost, Host: "a.amazonses.com"}, "Amazon SES", "high", "Its name a.amazonses.com leads back to it and belongs to Amazon SES."},
		{sender.Identity{Key: "all-inkl", Basis: sender.KnownHost, Host: "dd1.kasserver.com"}, "ALL-INKL.COM", "medium", "Its name dd1.kasserver.com leads back to it and belongs to ALL-INKL.COM."},
		{sender.Identity{Key: "klaviyo", Basis: sender.ByEnvelope, Envelope: "klaviyomail.com"}, "Klaviyo", "medium", "SPF passes for its envelope domain klaviyomail.com, which belongs to Klaviyo."},
		{sender.Identity{Key: "provider.example", Basis: sender.OtherHost, Host: "a.provider.example"}, "provider.example", "medium", "Its name a.provider.example leads back to it."},
		{sender.Identity{Key: "AS64500", Basis: sender.InNetwork, ASN: 64500, Network: "Example"}, "Network AS64500", "low", "It is in the network AS64500 of Example. Nothing else is known of it."},
		{sender.Identity{Key: "AS64500", Basis: sender.InNetwork, ASN: 64500}, "Network AS64500", "low", "It is in the network AS64500. Nothing else is known of it."},
		{sender.Identity{Key: "192.0.2.1", Basis: sender.Judged, Host: "a.amazonses.com"}, "192.0.2.1", "high", "You said whose this address is, so it stays a sender of its own."},
		{sender.Identity{Key: "192.0.2.1", Basis: sender.JustAddress}, "192.0.2.1", "low", "Nothing is known of it."},
	} {
		if sender.FullName(test.identity.Key) != test.name || test.identity.Confidence() != test.sure || test.identity.Sentence() != test.sentence {
			t.Errorf("%s, %s: %s", sender.FullName(test.identity.Key), test.identity.Confidence(), test.identity.Sentence())
		}
	}
}
