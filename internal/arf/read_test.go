package arf_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/reading"
)

const good = "Feedback-Type: auth-failure\r\nUser-Agent: Reporter/1 <admin@receiver.example>\r\nVersion: 1\r\n" +
	"Original-Mail-From: <secret.person@bounce.example.com>\r\nOriginal-Rcpt-To: <victim@receiver.example>\r\n" +
	"Arrival-Date: Fri, 20 Nov 2026 10:00:00 -0500 (EST)\r\nSource-IP: 192.0.2.1\r\nReported-Domain: Example.com\r\n" +
	"Authentication-Results: mx.receiver.example;\r\n dkim=fail header.i=someone@example.com\r\nAuth-Failure: dmarc\r\n" +
	"Identity-Alignment: none\r\nDelivery-Result: reject\r\nDKIM-Domain: example.com\r\nDKIM-Selector: s1\r\n" +
	"SPF-DNS: txt : example.com : \"v=spf1 -all\"\r\nDKIM-Canonicalized-Body: c2VjcmV0\r\n\r\nFeedback-Type: abuse\r\n"

const sample = "From: \"A Person\" <a.person@news.example.com>\r\nTo: victim@receiver.example\r\nSubject: very private\r\n" +
	"Message-ID: <private.1@host.example.com>\r\nDate: Fri, 20 Nov 2026 09:59:00 -0500\r\n" +
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; i=who@example.com;\r\n s=s1; b=abc\r\n\r\n"

var limits = reading.Defaults().Failure()

var mail = arf.Mail{From: "Reports <dmarc@receiver.example>", MessageID: "<f1@receiver.example>", Date: "Fri, 20 Nov 2026 16:00:00 +0000"}

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := arf.Read(strings.NewReader(good), strings.NewReader(sample), mail, limits)
	if err != nil {
		t.Fatal(err)
	}
	want := &arf.Report{
		ReporterDomain: "receiver.example", ReportID: "f1@receiver.example", Domain: "example.com",
		FeedbackType: "auth-failure", UserAgent: "Reporter/1 <@receiver.example>", AuthFailure: "dmarc",
		DeliveryResult: "reject", IdentityAlignment: "none", SourceIP: netip.MustParseAddr("192.0.2.1"),
		ArrivedAt: 1795186800, Incidents: 1, MailFromDomain: "bounce.example.com", RcptToDomains: []string{"receiver.example"},
		AuthenticationResults: []string{"mx.receiver.example; dkim=fail header.i=@example.com"},
		DKIMDomain:            "example.com", DKIMSelector: "s1", SPFDNS: []string{`txt : example.com : "v=spf1 -all"`},
		Sample: arf.Sample{FromDomain: "news.example.com", MessageIDDomain: "host.example.com", Date: "2026-11-20T14:59:00Z", DKIMDomains: []string{"example.com"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	// No part of a person may be left anywhere.
	for _, private := range []string{"secret", "victim", "person", "someone", "who@", "private", "admin"} {
		if strings.Contains(fmt.Sprintf("%+v", got), private) {
			t.Errorf("%q was kept", private)
		}
	}
}

func with(t *testing.T, old, replacement string) string {
	t.Helper()
	if strings.Count(good, old) != 1 {
		t.Fatalf("%q stands %d times in the good report", old, strings.Count(good, old))
	}
	return strings.Replace(good, old, replacement, 1)
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ doc, repairs string }{
		"as it should be":       {good, ""},
		"LF only":               {strings.ReplaceAll(good, "\r\n", "\n"), ""},
		"blank lines before":    {"\r\n\r\n" + good, ""},
		"Source-IP and comment": {with(t, "192.0.2.1", "192.0.2.1 (host.example.com)"), "source_with_comment"},
		"no Source-IP":          {with(t, "Source-IP: 192.0.2.1\r\n", ""), "no_source_ip"},
		"vendor result":         {with(t, "reject", "vendor-policy-action"), "unknown_delivery_result"},
		"no alignment":          {with(t, "Identity-Alignment: none\r\n", ""), "no_identity_alignment"},
		"no auth failure":       {with(t, "Auth-Failure: dmarc\r\n", ""), "no_auth_failure"},
		"no arrival date":       {with(t, "Arrival-Date", "X-Date"), "no_arrival_date"},
		"historic date":         {with(t, "Arrival-Date", "Received-Date"), ""},
		"no domain":             {with(t, "Reported-Domain: Example.com\r\n", ""), "domain_from_sample"},
		"legacy type":           {with(t, "Feedback-Type: auth-failure", "Feedback-Type: dkim"), "legacy_feedback_type"},
	} {
		r, err := arf.Read(strings.NewReader(test.doc), strings.NewReader(sample), mail, limits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, repair := range r.Repairs {
			got = append(got, string(repair.Code))
			if arf.RepairSentence(repair.Code) == "" {
				t.Errorf("no sentence for %s", repair.Code)
			}
		}
		if strings.Join(got, " ") != test.repairs {
			t.Errorf("%s: repairs %q, want %q", name, got, test.repairs)
		}
		if r.ArrivedAt == 0 || r.Domain == "" {
			t.Errorf("%s: arrived %d, domain %q", name, r.ArrivedAt, r.Domain)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		doc  string
		want finding.Code
	}{
		"abuse":       {with(t, "Feedback-Type: auth-failure", "Feedback-Type: abuse"), arf.RefusedOtherType},
		"no type":     {with(t, "Feedback-Type: auth-failure\r\n", ""), arf.RefusedNoType},
		"nothing":     {"", arf.RefusedNoType},
		"no domain":   {with(t, "Reported-Domain: Example.com\r\n", ""), arf.RefusedNoDomain},
		"two dates":   {with(t, "Source-IP", "Received-Date: 1 Jan 2026 00:00:00 +0000\r\nSource-IP"), arf.RefusedTwoDates},
		"incidents":   {with(t, "Source-IP", "Incidents: many\r\nSource-IP"), arf.RefusedIncidents},
		"too large":   {good[:27] + "\r\nX: " + strings.Repeat("a", 300<<10), arf.RefusedTooLarge},
		"many fields": {strings.Repeat("X: y\r\n", 2000) + good, arf.RefusedTooLarge},
	} {
		_, err := arf.Read(strings.NewReader(test.doc), nil, mail, limits)
		refusal, ok := errors.AsType[*finding.Refusal](err)
		if !ok || refusal.Code != test.want || refusal.Sentence == "" {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

// FuzzRead: no panic, and no address survives.
func FuzzRead(f *testing.F) {
	f.Add(good, sample, mail.From)
	f.Fuzz(func(t *testing.T, doc, sample, from string) {
		r, err := arf.Read(strings.NewReader(doc), io.Reader(strings.NewReader(sample)), arf.Mail{From: from}, limits)
		if err != nil {
			if _, ok := errors.AsType[*finding.Refusal](err); !ok {
				t.Fatal(err)
			}
			return
		}
		for _, v := range append(r.AuthenticationResults, r.UserAgent, r.DKIMDomain) {
			for i := 1; i < len(v); i++ {
				if v[i] == '@' && !strings.ContainsRune(" \t<>()[],;:=\"@", rune(v[i-1])) {
					t.Fatalf("local part in %q", v)
				}
			}
		}
	})
}
