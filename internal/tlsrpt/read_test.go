package tlsrpt_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/tlsrpt"
)

const good = `{"organization-name":"Receiver","date-range":{"start-datetime":"2026-11-20T00:00:00Z","end-datetime":"2026-11-20T23:59:59Z"},
"contact-info":"tls@receiver.example","report-id":"t-1","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce"],
"policy-domain":"Example.com","mx-host":["*.mail.example.com"]},"summary":{"total-successful-session-count":7,"total-failure-session-count":2},
"failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx.example.com",
"receiving-ip":"192.0.2.2","failed-session-count":2,"additional-information":"https://receiver.example/1","failure-reason-code":"x"}]}]}`

func with(t *testing.T, old, replacement string) string {
	t.Helper()
	if strings.Count(good, old) != 1 {
		t.Fatalf("%q stands %d times in the good report", old, strings.Count(good, old))
	}
	return strings.Replace(good, old, replacement, 1)
}

func codes(repairs []finding.Repair) string {
	var out []string
	for _, r := range repairs {
		out = append(out, string(r.Code))
	}
	return strings.Join(out, " ")
}

func TestEverythingIsKept(t *testing.T) {
	t.Parallel()
	got, err := tlsrpt.Read(strings.NewReader(good), limited(tlsrpt.Limits{}))
	if err != nil {
		t.Fatal(err)
	}
	want := &tlsrpt.Report{OrgName: "Receiver", ContactInfo: "tls@receiver.example", ReportID: "t-1", Begin: 1795132800, End: 1795219199,
		Policies: []tlsrpt.Policy{{Type: "sts", Strings: []string{"version: STSv1", "mode: enforce"}, Domain: "example.com", DomainSent: "Example.com",
			MXHosts: []string{"*.mail.example.com"}, Successful: 7, Failed: 2,
			Failures: []tlsrpt.Failure{{ResultType: "certificate-expired", SendingMTAIP: "192.0.2.1", ReceivingIP: "192.0.2.2",
				ReceivingMXHostname: "mx.example.com", Sessions: 2, AdditionalInformation: "https://receiver.example/1", ReasonCode: "x"}}}},
		Digest: got.Digest, Size: len(good)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all, ok := got.Sessions(); all != 9 || ok != 7 || got.Domain() != "example.com" {
		t.Errorf("%d sessions, %d successful, domain %s", all, ok, got.Domain())
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ doc, repairs string }{
		"as it should be":     {good, ""},
		"byte order mark":     {"\xef\xbb\xbf" + good, "byte_order_mark"},
		"trailing line end":   {good + "\r\n\x00", ""},
		"date without zone":   {with(t, "2026-11-20T00:00:00Z", "2026-11-20T00:00:00"), "date_without_zone"},
		"contact null":        {with(t, `"tls@receiver.example"`, "null"), ""},
		"no sending-mta-ip":   {with(t, `"sending-mta-ip":"192.0.2.1",`, ""), ""},
		"no policy-domain":    {with(t, `"policy-domain":"Example.com",`, ""), "policy_domain_missing"},
		"policy-domain odd":   {with(t, "Example.com", "exa mple"), "policy_domain_unreadable"},
		"mx-host is a string": {with(t, `["*.mail.example.com"]`, `"mx.example.com"`), ""},
		"mx-host-pattern":     {with(t, `"mx-host"`, `"mx-host-pattern"`), "other_key_name"},
		"policy-string text":  {with(t, `["version: STSv1","mode: enforce"]`, `"version: STSv1"`), ""},
		"no failure count":    {with(t, `,"total-failure-session-count":2`, ""), "failure_count_missing"},
		"count as text":       {with(t, `"total-successful-session-count":7`, `"total-successful-session-count":"7"`), "count_as_text"},
		"additional-info-uri": {with(t, `"additional-information"`, `"additional-info-uri"`), "other_key_name"},
		"unknown result type": {with(t, "certificate-expired", "Testing"), ""},
		"unknown policy type": {with(t, `"sts"`, `"magic"`), "unknown_policy_type"},
		"no details":          {with(t, `"failure-details":[`, `"failure-details":null,"x":[`), ""},
		"invalid UTF-8":       {with(t, `"Receiver"`, "\"R\x91\""), "invalid_utf8"},
		"control characters":  {with(t, `"Receiver"`, `"R\u0000\u202e"`), "invisible_characters_removed"},
		"no name":             {with(t, `"Receiver"`, `""`), "reporter_from_contact"},
		"no policies":         {good[:strings.Index(good, `,"policies"`)] + "}", "no_policies"},
	} {
		r, err := tlsrpt.Read(iotest.OneByteReader(strings.NewReader(test.doc)), limited(tlsrpt.Limits{}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := codes(r.Repairs); got != test.repairs {
			t.Errorf("%s: repairs %q, want %q", name, got, test.repairs)
		}
		for _, repair := range r.Repairs {
			if tlsrpt.RepairSentence(repair.Code) == "" {
				t.Errorf("no sentence for %s", repair.Code)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	count := func(c string) string {
		return with(t, `"total-successful-session-count":7`, `"total-successful-session-count":`+c)
	}
	for name, test := range map[string]struct {
		doc    string
		limits tlsrpt.Limits
		want   finding.Code
	}{
		"nothing":             {"", tlsrpt.Limits{}, tlsrpt.RefusedMalformed},
		"cut":                 {good[:100], tlsrpt.Limits{}, tlsrpt.RefusedMalformed},
		"trailing comma":      {good[:len(good)-1] + ",}", tlsrpt.Limits{}, tlsrpt.RefusedMalformed},
		"text after":          {good + "x", tlsrpt.Limits{}, tlsrpt.RefusedMalformed},
		"deep":                {strings.Repeat(`{"a":`, 200_000), tlsrpt.Limits{}, tlsrpt.RefusedDepth},
		"duplicate key":       {with(t, `"report-id"`, `"Report-ID":"x","report-id"`), tlsrpt.Limits{}, tlsrpt.RefusedDuplicate},
		"large":               {good, tlsrpt.Limits{Bytes: 100}, tlsrpt.RefusedTooLarge},
		"no reporter":         {strings.Replace(with(t, `"Receiver"`, `""`), "tls@receiver.example", "", 1), tlsrpt.Limits{}, tlsrpt.RefusedNoReporter},
		"no id":               {with(t, `"t-1"`, `null`), tlsrpt.Limits{}, tlsrpt.RefusedNoID},
		"no period":           {with(t, "2026-11-20T00:00:00Z", "today"), tlsrpt.Limits{}, tlsrpt.RefusedPeriod},
		"end before begin":    {with(t, "2026-11-20T23:59:59Z", "2026-11-19T00:00:00Z"), tlsrpt.Limits{}, tlsrpt.RefusedReverse},
		"policies an object":  {good[:strings.Index(good, `"policies"`)] + `"policies":{}}`, tlsrpt.Limits{}, tlsrpt.RefusedPolicies},
		"policies of numbers": {good[:strings.Index(good, `"policies"`)] + `"policies":[1]}`, tlsrpt.Limits{}, tlsrpt.RefusedPolicies},
		"negative":            {count("-1"), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"exponent":            {count("1e3"), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"fraction":            {count("1.5"), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"2^63":                {count("9223372036854775808"), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"beyond the limit":    {count("1000000000001"), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"empty text":          {count(`""`), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"words":               {count(`"many"`), tlsrpt.Limits{}, tlsrpt.RefusedCount},
		"too many policies":   {with(t, `"policies":[`, `"policies":[{},{},`), tlsrpt.Limits{Policies: 2}, tlsrpt.RefusedMany},
		"too many failures":   {with(t, `"failure-details":[`, `"failure-details":[{"failed-session-count":1},`), tlsrpt.Limits{Failures: 1}, tlsrpt.RefusedMany},
	} {
		_, err := tlsrpt.Read(strings.NewReader(test.doc), limited(test.limits))
		refusal, ok := errors.AsType[*finding.Refusal](err)
		if !ok || refusal.Code != test.want || refusal.Sentence == "" {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if _, err := tlsrpt.Read(iotest.ErrReader(io.ErrClosedPipe), limited(tlsrpt.Limits{})); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("failing source: %v", err)
	}
}

// FuzzRead: no panic, and nothing negative or unfit to store is accepted.
func FuzzRead(f *testing.F) {
	f.Add(good)
	f.Add(`{"policies":[{"summary":{"total-successful-session-count":"5"}}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		r, err := tlsrpt.Read(strings.NewReader(doc), limited(tlsrpt.Limits{}))
		if err != nil {
			if _, ok := errors.AsType[*finding.Refusal](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if all, ok := r.Sessions(); all < 0 || ok < 0 || ok > all || r.End < r.Begin || strings.Contains(r.OrgName+r.ReportID, "\x00") {
			t.Fatalf("%+v", r)
		}
	})
}
