package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/failurereport/failureweb"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsreport/tlsweb"
	"sendvery.com/sendvery/web/ui"
)

func tlsGallery() []galleryPage {
	return []galleryPage{
		{"tls", "tls", func(p ui.Page) templ.Component { return tlsweb.TLS(sampleTLS(p)) }},
		{"tls", "tls-all-well", func(p ui.Page) templ.Component {
			page := sampleTLS(p)
			page.Headline, page.Advice = "100.0\u202f% of 41\u202f203 TLS sessions succeeded. Nothing needs you.", ""
			page.Results, page.Senders, page.Receivers, page.Domains = nil, nil, nil, nil
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-left-out", func(p ui.Page) templ.Component {
			page := sampleTLS(p)
			page.LeftOut = "What 2 TLS reports say about 20\u202f000 sessions is left out of all numbers: the mails that they came in are not authenticated, so anybody could have written them. They are marked in the list below."
			page.Reports[2].LeftOut = "not authenticated, not counted"
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-all-left-out", func(p ui.Page) templ.Component {
			page := emptyTLS(p, tlsweb.HasSessions, "No TLS session in these days counts.")
			page.LeftOut = "What 1 TLS report says about 10\u202f000 sessions is left out of all numbers: the mail that it came in is not authenticated, so anybody could have written it. It is marked in the list below."
			page.Reports = sampleTLS(p).Reports[:1]
			page.Reports[0].LeftOut, page.ReportCount, page.Pager.Text = "not authenticated, not counted", 1, "1 report"
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-no-report", func(p ui.Page) templ.Component {
			page := emptyTLS(p, tlsweb.NoReport, "No TLS report has arrived yet.")
			page.Publish = tlsweb.Publish{Domain: "example.org", Name: "_smtp._tls.example.org", Value: "v=TLSRPTv1; rua=mailto:dmarc@example.org", Address: "dmarc@example.org", Action: galleryPath + "tls-no-report"}
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-no-report-error", func(p ui.Page) templ.Component {
			page := emptyTLS(p, tlsweb.NoReport, "No TLS report has arrived yet.")
			page.Publish = tlsweb.Publish{Domain: "example.org", Address: "dmarc", AddressError: "Type the whole address that reports shall go to.", Action: galleryPath + "tls-no-report"}
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-none-in-days", func(p ui.Page) templ.Component {
			return tlsweb.TLS(emptyTLS(p, tlsweb.NoneInDays, "No TLS sessions were reported in these days."))
		}},
		{"tls", "tls-no-domain", func(p ui.Page) templ.Component {
			page := emptyTLS(p, tlsweb.Unfed, "No TLS report is counted yet.")
			page.DomainFilter, page.Nothing = nil, ui.Unfed(p.Org, true, false, true)
			return tlsweb.TLS(page)
		}},
		{"tls", "tls-report", func(p ui.Page) templ.Component { return tlsweb.Report(sampleTLSReport(p)) }},
		{"tls", "tls-report-all-well", func(p ui.Page) templ.Component {
			page := sampleTLSReport(p)
			page.Headline, page.NoFailures = "Google Inc. made 1\u202f245 TLS sessions; none failed.", "No session failed, so there is nothing to explain."
			page.Failures, page.FailurePager, page.FailureCount, page.Findings = nil, ui.Pager{}, 0, nil
			return tlsweb.Report(page)
		}},
		{"tls", "tls-report-unsigned", func(p ui.Page) templ.Component {
			page := sampleTLSReport(p)
			page.Authentic = ui.Authenticated{Word: "no", Words: "The mail carries no signature, so anybody could have written it. It is shown, and its sessions are not counted.", Tone: ui.Warning}
			return tlsweb.Report(page)
		}},
		{"tls", "tls-report-chosen", func(p ui.Page) templ.Component {
			page := sampleTLSReport(p)
			page.Contest = sampleContest(report.Contest{Receipt: 1})
			return tlsweb.Report(page)
		}},
		{"tls", "tls-report-conflict", func(p ui.Page) templ.Component {
			page := sampleTLSReport(p)
			page.Contest = sampleContest(report.Contest{Open: 1})
			page.Policies, page.Failures, page.FailurePager, page.PolicyCount, page.FailureCount, page.NoFailures = nil, nil, ui.Pager{}, 0, 0, "No session failed, so there is nothing to explain."
			return tlsweb.Report(page)
		}},
	}
}

func emptyTLS(p ui.Page, state tlsweb.State, headline string) tlsweb.TLSPage {
	return tlsweb.TLSPage{Page: titled(p, ui.TLSSection, "TLS"), State: state, Headline: headline, Days: sampleDays(), DomainFilter: sampleDomainChoices()}
}

func sampleTLS(p ui.Page) tlsweb.TLSPage {
	page := emptyTLS(p, tlsweb.HasSessions, "99.2\u202f% of 41\u202f203 TLS sessions succeeded. Most failures: “Certificate expired”.")
	page.Advice, page.Span = tlsreport.Explain("certificate-expired").Do, "25 Oct – 21 Nov 2026"
	page.Domains = []tlsweb.DomainRow{
		{Name: "example.org", Href: galleryPath + "tls", Sessions: 38210, Ok: 37880, Failed: 330, Last: "20 Nov 2026"},
		{Name: "example.net", Href: galleryPath + "tls", Sessions: 2993, Ok: 2993, Last: "20 Nov 2026"},
		{Name: "a-very-long-subdomain-of-a-campaign.example.com", Href: galleryPath + "tls-no-report", Never: true},
	}
	for i, result := range []string{"certificate-expired", "starttls-not-supported", "sts-policy-fetch-error", "vendor-word"} {
		m := tlsreport.Explain(result)
		page.Results = append(page.Results, tlsweb.ResultRow{Word: m.Word, What: m.What, Do: m.Do, Sessions: 281 >> (2 * i), Last: "20 Nov 2026"})
	}
	page.Overlap = "330 sessions failed in all; one that fails for two reasons stands under both."
	page.Senders = []tlsweb.HostRow{
		{Host: "192.0.2.41", Detail: "Receiver Inc.", Why: "Certificate expired", Sessions: 201, Last: "20 Nov 2026"},
		{Host: "2001:db8:4:8:15:16:23:42", Detail: "mail.example", Why: "Certificate expired, No encryption offered", Sessions: 80, Last: "19 Nov 2026"},
		{Host: "not stated", Detail: "Microsoft Corporation", Why: "MTA-STS policy not reachable", Sessions: 17, Last: "2 Nov 2026"},
	}
	page.Receivers = []tlsweb.HostRow{
		{Host: "mx2.example.org", Detail: "198.51.100.25", Why: "Certificate expired", Sessions: 281, Last: "20 Nov 2026"},
		{Host: "not stated", Why: "MTA-STS policy not reachable", Sessions: 17, Last: "2 Nov 2026"},
	}
	page.SenderCount, page.HostCount = 61, 2
	page.Policies = samplePolicies()
	page.Policies[0].Seen, page.Policies[1].Seen = "seen since 6 Nov 2026, last on 20 Nov 2026", "seen since 3 Feb 2026, last on 5 Nov 2026"
	for i := range 12 {
		n := int64(1500 + (i*37)%290)
		page.PerDay = append(page.PerDay, tlsweb.DayRow{Day: sampleNow().AddDate(0, 0, -1-i).Format("2 Jan 2006"), Sessions: n, Ok: n - int64(i*5), Failed: int64(i * 5)})
	}
	page.Reports = []tlsweb.ReportRow{
		{Href: galleryPath + "tls-report", Reporter: "Google Inc.", Domain: "example.org", Day: "20 Nov 2026", Sessions: 1204, Ok: 1188, Received: ago(2 * time.Hour)},
		{Href: galleryPath + "tls-report", Reporter: "Microsoft Corporation", Domain: "example.org", Day: "20 Nov 2026", Sessions: 88, Ok: 88, Received: ago(3 * time.Hour), Remark: "2 repairs"},
		{Href: galleryPath + "tls-report", Reporter: "Mail Service", Domain: "example.net and 2 more", Day: "19 Nov 2026", Received: ago(26 * time.Hour)},
	}
	page.ReportCount, page.Pager = 112, ui.Pager{Older: galleryPath + "tls", Text: "112 reports"}
	return page
}

func samplePolicies() []tlsweb.PolicyRow {
	sts, none := tlsreport.ExplainPolicy("sts"), tlsreport.ExplainPolicy("no-policy-found")
	return []tlsweb.PolicyRow{
		{Domain: "example.org", Word: sts.Word, What: sts.What, Lines: []string{"version: STSv1", "mode: enforce", "mx: *.example.org", "max_age: 604800"}, Hosts: []string{"*.example.org"}, Sessions: 1204, Ok: 1188},
		{Domain: "example.net", Word: none.Word, What: none.What, Sessions: 41, Ok: 41},
	}
}

func sampleTLSReport(p ui.Page) tlsweb.ReportPage {
	policies := samplePolicies()
	policies[1].Counted = "You do not watch this domain, so its sessions are not counted."
	return tlsweb.ReportPage{
		Page:     titled(p, ui.TLSSection, "TLS report of Google Inc. for 20 Nov 2026", ui.Link{Text: "TLS", Href: galleryPath + "tls"}),
		Headline: "Google Inc. made 1\u202f245 TLS sessions; 98.7\u202f% succeeded.", Reporter: "Google Inc.", Contact: "smtp-tls-reporting@google.com",
		ReportID: "2026-11-20T00:00:00Z_example.org", Begin: "20 Nov 2026, 00:00:00 UTC", End: "20 Nov 2026, 23:59:59 UTC", Day: "20 Nov 2026",
		Received: ago(2 * time.Hour), Receipt: ui.Link{Text: "this mail", Href: galleryPath + "receipt-repaired"}, OriginalHref: galleryPath + "tls-report",
		Authentic: ui.Authenticated{Word: "as google.com", Words: "Found out by a signature that we verified.", Tone: ui.Good},
		Findings:  []tlsweb.Finding{{What: "A date had no time zone; it was read as UTC.", Note: "2 times; the first says “2026-11-20T00:00:00”."}, {What: "The number of failed sessions was missing; it was read as 0."}},
		Policies:  policies, PolicyCount: 2, FailureCount: 312, FailurePager: ui.Pager{Older: galleryPath + "tls-report", Text: "From number 1 on, of 312 failures"},
		Failures: []tlsweb.FailureRow{
			{Word: "Certificate expired", Sent: "certificate-expired", About: "example.org", Sender: "192.0.2.41", Receiver: "mx2.example.org", Detail: "198.51.100.25", Sessions: 12, Reason: "CERTIFICATE_VERIFY_FAILED"},
			{Word: "No encryption offered", Sent: "starttls-not-supported", About: "example.org", Sender: "2001:db8:4::17", Receiver: "mx2.example.org", Sessions: 3, Info: "https://reports.example/tls/17", InfoHref: "https://reports.example/tls/17"},
			{Word: "MTA-STS policy not reachable", Sent: "sts-policy-fetch-error", About: "example.org", Sender: "not stated", Receiver: "not stated", Sessions: 1},
		},
	}
}

func failureGallery() []galleryPage {
	list := func(p ui.Page) failureweb.FailuresPage {
		return failureweb.FailuresPage{Page: titled(p, ui.ReportsSection, "Failure reports"), Headline: "3 failure reports in the last 30 days", Sections: ui.ReportLists(p.Org, ui.FailuresList, true),
			Reports: []failureweb.FailureRow{
				{Href: galleryPath + "failure", Failed: "DMARC", Domain: "example.org", Source: "198.51.100.77", Reporter: "linkedin.com", Result: "rejected", Detail: "from 198.51.100.77 rejected", Arrived: ago(5 * time.Hour), Deleted: "21 Dec 2026"},
				{Href: galleryPath + "failure", Failed: "DKIM", Domain: "a-very-long-subdomain-of-a-campaign.example.org", Source: "2001:db8:4:8:15:16:23:42", Reporter: "receiver.example", Result: "put into the spam folder", Detail: "from 2001:db8:4:8:15:16:23:42 put into the spam folder", Arrived: ago(30 * time.Hour), Deleted: "20 Dec 2026"},
				{Href: galleryPath + "failure", Failed: "authentication", Domain: "example.net", Deleted: "28 Nov 2026"},
			}}
	}
	return []galleryPage{
		{"failure", "failures", func(p ui.Page) templ.Component { return failureweb.Failures(list(p)) }},
		{"failure", "failures-none", func(p ui.Page) templ.Component {
			page := list(p)
			page.Headline, page.Reports = "0 failure reports in the last 30 days", nil
			return failureweb.Failures(page)
		}},
		{"failure", "failure", func(p ui.Page) templ.Component { return failureweb.Failure(sampleFailure(p)) }},
		{"failure", "failure-bare", func(p ui.Page) templ.Component {
			page := sampleFailure(p)
			page.Headline, page.Facts, page.Checks, page.Align = "A mail sent as example.org failed authentication.", page.Facts[1:2], nil, ""
			return failureweb.Failure(page)
		}},
	}
}

func sampleFailure(p ui.Page) failureweb.FailurePage {
	return failureweb.FailurePage{
		Page:     titled(p, ui.ReportsSection, "Failure report about example.org", ui.Link{Text: "Failure reports", Href: galleryPath + "failures"}),
		Headline: "A mail sent as example.org from 198.51.100.77 failed DMARC.",
		Facts: []failureweb.Fact{
			{Name: "Failed", Value: "DMARC", Note: "Neither SPF nor DKIM passed for the domain in the From line."}, {Name: "Domain", Value: "example.org"}, {Name: "Sent from", Value: "198.51.100.77"},
			{Name: "Outcome", Value: "rejected"}, {Name: "Arrived there", Value: "21 Nov 2026, 06:59:30 UTC"}, {Name: "Reported by", Value: "linkedin.com", Note: "Lua/1.0"},
			{Name: "Return path", Value: "bounce.example.net"}, {Name: "Recipient at", Value: "linkedin.com"},
		},
		Checks: []failureweb.Check{{Kind: "Results", Sent: "mx.receiver.example; dkim=none; spf=fail smtp.mailfrom=@bounce.example.net; dmarc=fail header.from=example.org"}, {Kind: "SPF record", Sent: `txt : example.org : "v=spf1 include:_spf.example.net -all"`}},
		Align:  "none", Findings: []string{"The report uses a word of its own for what became of the mail; it is shown as sent."},
		Receipt: ui.Link{Text: "this mail", Href: galleryPath + "receipt-repaired"}, Stored: ago(5 * time.Hour), Deleted: "21 Dec 2026",
	}
}
