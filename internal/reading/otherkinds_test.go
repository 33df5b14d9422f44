package reading_test

import (
	"strings"
	"testing"
)

const goodTLS = `{"organization-name":"Receiver","date-range":{"start-datetime":"2026-11-20T00:00:00Z","end-datetime":"2026-11-20T23:59:59Z"},` +
	`"contact-info":"tls@receiver.example","report-id":"t-1","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce"],` +
	`"policy-domain":"example.com","mx-host":["*.mail.example.com"]},"summary":{"total-successful-session-count":7,"total-failure-session-count":2},` +
	`"failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx.example.com",` +
	`"receiving-ip":"192.0.2.2","failed-session-count":2,"additional-information":"https://receiver.example/1","failure-reason-code":"x"}]}]}`

func TestTLSReports(t *testing.T) {
	t.Parallel()
	tls := func(name, old, replacement string) fixture {
		return fixture{name, change(t, goodTLS, old, replacement)}
	}
	failed := func(sent string) fixture {
		return tls("count "+sent, `"total-failure-session-count":2`, `"total-failure-session-count":`+sent)
	}
	noDomain := strings.NewReplacer(`"policy-domain":"example.com",`, "", `"sts"`, `"no-policy-found"`).Replace(goodTLS)
	mail := func(media, extra string) string {
		return "TLS-Report-Domain: Example.com\r\nTLS-Report-Submitter: receiver.example\r\n" + mailHead +
			multi("report; report-type=\"tlsrpt\"", prose, "Content-Type: "+media+"\r\n"+extra)
	}
	golden(t, "tls", goodTLS, []fixture{
		{"as it should be", goodTLS},
		{"byte order mark", "\xef\xbb\xbf" + goodTLS},
		tls("date without zone", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00"),
		tls("date that is none", "2026-11-20T00:00:00Z", "yesterday"),
		tls("no sending-mta-ip", `"sending-mta-ip":"192.0.2.1",`, ""),
		tls("no mx", `"receiving-mx-hostname":"mx.example.com",`, ""),
		tls("contact-info null", `"tls@receiver.example"`, "null"),
		{"no policy-domain, in a file", noDomain},
		{"no policy-domain, in a mail that names it", mail("application/tlsrpt+json", "\r\n"+noDomain)},
		tls("mx-host a string", `["*.mail.example.com"]`, `"*.mail.example.com"`),
		tls("mx-host-pattern", `"mx-host":`, `"mx-host-pattern":`),
		tls("policy-string a string", `["version: STSv1","mode: enforce"]`, `"version: STSv1"`),
		{"application/tlsrpt without transfer encoding", mail("application/tlsrpt", "\r\n"+goodTLS)},
		{"application/tlsrpt+gzip", mail("application/tlsrpt+gzip", "Content-Transfer-Encoding: base64\r\n\r\n"+b64(gzipped(goodTLS)))},
		tls("failure count missing", `,"total-failure-session-count":2`, ""),
		tls("counts as strings", `:7,"total-failure-session-count":2`, `:"7","total-failure-session-count":"2"`),
		tls("additional-info-uri", "additional-information", "additional-info-uri"),
		tls("result-type Testing", "certificate-expired", "Testing"),
		{"no policies", goodTLS[:strings.Index(goodTLS, `,"policies"`)] + "}"},
		{"policies empty", goodTLS[:strings.Index(goodTLS, `"policies"`)] + `"policies":[]}`},
		{"policies no array", goodTLS[:strings.Index(goodTLS, `"policies"`)] + `"policies":{}}`},
		tls("failure-details null", goodTLS[strings.Index(goodTLS, `[{"result-type`):len(goodTLS)-3], "null"),
		tls("no organization", `"organization-name":"Receiver",`, ""),
		tls("no report-id", `"report-id":"t-1",`, ""),
		tls("end before begin", "2026-11-20T23:59:59Z", "2026-11-19T23:59:59Z"),
		tls("duplicate key", `"report-id":"t-1"`, `"report-id":"t-1","report-id":"t-2"`),
		tls("trailing comma", `"report-id":"t-1",`, `"report-id":"t-1",,`),
		{"cut", goodTLS[:300]},
		{"a second document behind", goodTLS + goodTLS},
		tls("NUL, escapes and bidi in a name", "Receiver", `Re\u0000cei\u001b[31m\u202ever`),
		tls("invalid UTF-8 in a name", "Receiver", "Re\x91ceiver"),
		failed("-1"), failed("1e3"), failed("9223372036854775807"), failed("9223372036854775808"), failed(`"many"`), failed(`""`), failed("null"), failed("1.5"),
	})
}

const (
	goodFeedback = "Feedback-Type: auth-failure\r\nUser-Agent: Reporter/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <a.person@example.com>\r\n" +
		"Arrival-Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nSource-IP: 192.0.2.1\r\nReported-Domain: example.com\r\n" +
		"Authentication-Results: mx.receiver.example; dkim=fail header.d=example.com\r\nAuth-Failure: dmarc\r\n" +
		"Identity-Alignment: none\r\nDelivery-Result: reject\r\n"
	goodSample = "Content-Type: message/rfc822\r\n\r\nFrom: A Person <a.person@example.com>\r\nTo: victim@receiver.example\r\n" +
		"Subject: very private\r\n\r\nThe body.\r\n"
)

func failureMail(subtype, feedback, sample string) string {
	return mailHead + multi(subtype, prose, "Content-Type: message/feedback-report\r\n"+feedback, sample)
}

func TestFailureReports(t *testing.T) {
	t.Parallel()
	const arf = "report; report-type=feedback-report"
	usual := failureMail(arf, "\r\n"+goodFeedback, goodSample)
	failure := func(name, old, replacement string) fixture { return fixture{name, change(t, usual, old, replacement)} }
	report := "Content-Type: message/rfc822\r\n\r\n" + mailHead + multi("related", prose, attached("application/gzip", rfcName, gzipped(good)))
	golden(t, "failures", usual, []fixture{
		{"as it should be", usual},
		{"fields in base64, in multipart/mixed", failureMail("mixed", "Content-Transfer-Encoding: base64\r\n\r\n"+b64(goodFeedback), goodSample)},
		failure("Source-IP with a comment", "192.0.2.1", "192.0.2.1 (mail.example.com)"),
		failure("vendor's Delivery-Result", "reject", "smg-policy-action"),
		failure("no Identity-Alignment", "Identity-Alignment: none\r\n", ""),
		failure("no Auth-Failure", "Auth-Failure: dmarc\r\n", ""),
		failure("no Arrival-Date", "Arrival-Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n", ""),
		failure("Received-Date", "Arrival-Date", "Received-Date"),
		failure("two dates", "Source-IP", "Received-Date: Thu, 19 Nov 2026 10:00:00 +0000\r\nSource-IP"),
		failure("Incidents", "Source-IP", "Incidents: 12\r\nSource-IP"),
		failure("Incidents in words", "Source-IP", "Incidents: many\r\nSource-IP"),
		failure("no Reported-Domain", "Reported-Domain: example.com\r\n", ""),
		failure("CR LF twice in the sample", "Subject: very private\r\n", "Subject: very private\r\r\n"),
		failure("headers only", "message/rfc822", "text/rfc822-headers"),
		{"no sample", mailHead + multi(arf, prose, "Content-Type: message/feedback-report\r\n\r\n"+goodFeedback)},
		{"the sample is a report", failureMail(arf, "\r\n"+goodFeedback, report)},
		{"the sample is a report, attached as a file", failureMail(arf, "\r\n"+goodFeedback, strings.Replace(report, "message/rfc822", "application/octet-stream; name=s.eml", 1))},
		{"the sample is a report, deeper", failureMail(arf, "\r\n"+goodFeedback, multi("mixed", report))},
		{"the sample is a report, in a zip", failureMail(arf, "\r\n"+goodFeedback, attached("application/zip", "s.zip",
			zipped(t, entry{name: "s.eml", data: mailHead + multi("related", prose, attached("application/gzip", rfcName, gzipped(good)))})))},
		{"plain-text notice", mailHead + "\r\nA message failed the check.\r\n\r\n  Sender Domain: example.com\r\n  Sender IP Address: 192.0.2.1\r\n"},
		{"blank lines hold a space", strings.ReplaceAll(usual, "\r\n\r\n", "\r\n \r\n")},
		{"blank lines of the parts hold a space", change(t, usual, "feedback-report\r\n\r\n", "feedback-report\r\n \r\n")},
		failure("abuse", "auth-failure", "abuse"),
		failure("not-spam", "auth-failure", "not-spam"),
		failure("no Feedback-Type", "Feedback-Type: auth-failure\r\n", ""),
		failure("NUL and escapes in a value", "Reporter/1.0", "Rep\x00orter\x1b[31m/1.0"),
	})
}
