package reportweb

import (
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
)

func TestDerivedPolicyStandsApartFromWhatWasSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy dmarcrpt.Policy
		want   map[string]PolicyRow
	}{
		"only p": {dmarcrpt.Policy{P: "Reject"}, map[string]PolicyRow{
			"p": {Sent: "Reject", InForce: "reject"}, "sp": {InForce: "reject", Derived: "from p"}, "np": {InForce: "reject", Derived: "from sp"},
			"adkim": {InForce: "r", Meaning: "relaxed", Derived: "default"}, "pct": {InForce: "100", Derived: "default"},
			"fo": {InForce: "0", Derived: "default"}, "testing": {InForce: "n", Meaning: "no", Derived: "default"}}},
		"everything": {dmarcrpt.Policy{P: "none", SP: "quarantine", NP: "reject", ADKIM: "s", ASPF: "r", Pct: "50", FO: "1:d", Testing: "y", DiscoveryMethod: "treewalk"}, map[string]PolicyRow{
			"sp": {Sent: "quarantine", InForce: "quarantine"}, "np": {Sent: "reject", InForce: "reject"}, "adkim": {Sent: "s", InForce: "s", Meaning: "strict"},
			"aspf": {Sent: "r", InForce: "r", Meaning: "relaxed"}, "pct": {Sent: "50", InForce: "50"}, "fo": {Sent: "1:d", InForce: "1:d"},
			"testing": {Sent: "y", InForce: "y", Meaning: "yes"}, "discovery_method": {Sent: "treewalk", InForce: "treewalk"}}},
		"what does not exist": {dmarcrpt.Policy{P: "monitor", SP: "nil", Pct: "150"}, map[string]PolicyRow{
			"p": {Sent: "monitor"}, "sp": {Sent: "nil"}, "np": {}, "pct": {Sent: "150", InForce: "100", Derived: "default"}}},
		"a value that falls back": {dmarcrpt.Policy{P: "none", SP: "nil"}, map[string]PolicyRow{"sp": {Sent: "nil", InForce: "none", Derived: "from p"}}},
	} {
		rows := map[string]PolicyRow{}
		for _, r := range policyRows(c.policy) {
			tag := r.Tag
			r.Tag, r.Words = "", ""
			rows[tag] = r
		}
		for tag, want := range c.want {
			if rows[tag] != want {
				t.Errorf("%s, %s: %+v, want %+v", name, tag, rows[tag], want)
			}
		}
	}
}

func TestFormatIsTellingByWhatOnlyOneHas(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]dmarcrpt.Report{
		"RFC 7489, no version is stated":                             {Policy: dmarcrpt.Policy{NP: "none"}},
		"RFC 7489, version 0.1 is stated":                            {Version: "0.1", Namespace: "http://dmarc.org/dmarc-xml/0.1"},
		"RFC 9990, its namespace says so; version 1.0 is stated":     {Version: "1.0", Namespace: dmarcrpt.Namespace2},
		"RFC 9990, it names its generator; no version is stated":     {Generator: "x"},
		"RFC 9990, it states testing; no version is stated":          {Policy: dmarcrpt.Policy{Testing: "n"}},
		"RFC 9990, it states discovery_method; no version is stated": {Policy: dmarcrpt.Policy{DiscoveryMethod: "psl"}},
	} {
		if format, why := formatWords(r); format+", "+why != want {
			t.Errorf("%s, %s; want %s", format, why, want)
		}
	}
}

func TestOnlyWholeAddressesAreFollowed(t *testing.T) {
	t.Parallel()
	for text, safe := range map[string]bool{
		"https://receiver.example/dmarc?x=1": true, "http://receiver.example": true, "mailto:dmarc@receiver.example": true,
		"": false, "receiver.example": false, "//receiver.example": false, "/dev/outbox": false, "javascript:alert(1)": false, "JaVaScRiPt:alert(1)": false,
		"data:text/html,x": false, "https:": false, "https:///x": false, "http:receiver.example": false, "mailto:": false, "https://you@evil.example": false,
		"vbscript:x": false, "file:///etc/passwd": false, "https://receiver.example and more": false, "\x00https://receiver.example": false,
	} {
		if got := safeLink(text); (got != "") != safe {
			t.Errorf("%q leads to %q", text, got)
		}
	}
}
