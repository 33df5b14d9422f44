package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func listGallery() []galleryPage {
	return []galleryPage{
		{"report", "reports", func(p ui.Page) templ.Component { return reportweb.Reports(sampleReportList(p)) }},
		{"report", "reports-filtered", func(p ui.Page) templ.Component {
			page := sampleReportList(p)
			page.Headline, page.Reports, page.Pager = "2 reports of google.com about example.org.", page.Reports[:2], ui.Pager{}
			page.Filter = sampleFilters(false)
			return reportweb.Reports(page)
		}},
		{"report", "reports-empty", func(p ui.Page) templ.Component {
			page := sampleReportList(p)
			page.Headline, page.Reports, page.Pager = "0 reports from 24 Aug – 21 Nov 2026", nil, ui.Pager{}
			page.Nothing = ui.Nothing{Icon: "file-search", Title: "No reports here", Words: "No report holds messages like these. Take a filter away, or look at all reports.", Action: ui.Link{Text: "Show all reports", Href: galleryPath + "reports"}}
			page.Filter = sampleFilters(true)
			return reportweb.Reports(page)
		}},
		{"report", "report", func(p ui.Page) templ.Component { return reportweb.Report(sampleReport(p)) }},
		{"report", "report-doubted", func(p ui.Page) templ.Component {
			page := sampleReport(p)
			page.Authenticated = ui.Authenticated{Word: "no", Words: "The mail carries no signature, so anybody could have written it. It is shown, and no advice stands on it.", Tone: ui.Warning}
			return reportweb.Report(page)
		}},
		{"report", "report-conflict", func(p ui.Page) templ.Component {
			page := sampleReport(p)
			page.Contest = sampleContest(report.Contest{Open: 1})
			return reportweb.Report(page)
		}},
		{"report", "report-chosen", func(p ui.Page) templ.Component {
			page := sampleReport(p)
			page.Contest = sampleContest(report.Contest{Receipt: 1, Beside: 2})
			return reportweb.Report(page)
		}},
		{"report", "reporters", func(p ui.Page) templ.Component { return reportweb.Reporters(sampleReporters(p)) }},
		{"report", "reporters-none", func(p ui.Page) templ.Component {
			page := sampleReporters(p)
			page.Headline, page.Reporters, page.Nothing = "Nobody reported on these days.", nil, ui.Unfed(p.Org, false, false, true)
			return reportweb.Reporters(page)
		}},
		{"report", "download", func(p ui.Page) templ.Component { return reportweb.Downloads(sampleDownload(p)) }},
		{"report", "download-made", func(p ui.Page) templ.Component {
			page := sampleDownload(p)
			page.Made = sampleMade()
			page.Offers[2].Count = "more than 200 000 rows"
			page.Offers[2].Files = []reportweb.OfferedFile{{Text: "CSV", Action: galleryPath + "download", Kind: "records", Format: "csv"}, {Text: "JSON", Action: galleryPath + "download", Kind: "records", Format: "json"}}
			return reportweb.Downloads(page)
		}},
		{"report", "download-none", func(p ui.Page) templ.Component {
			page := sampleDownload(p)
			page.Headline, page.Offers = "Nothing to take", nil
			page.Nothing = ui.Nothing{Icon: "calendar-x", Title: "No messages here", Words: "No message was reported for this choice. Go back and choose a longer time, or take a filter away."}
			return reportweb.Downloads(page)
		}},
		{"report", "receipts", func(p ui.Page) templ.Component { return reportweb.Receipts(sampleReceiptList(p)) }},
		{"report", "receipts-again", func(p ui.Page) templ.Component {
			page := sampleReceiptList(p)
			page.Again = reportweb.Again{Words: "Reading 312 refused mails and files again: 40 done.", Running: true, Done: 40, Total: 312, FragmentHref: galleryPath + "nothing"}
			return reportweb.Receipts(page)
		}},
		{"report", "receipts-again-ended", func(p ui.Page) templ.Component {
			page := sampleReceiptList(p)
			page.Again.Words, page.Again.ResultHref = "312 refused mails and files were read again: 40 could be read this time, 272 are still refused. "+page.Again.Words, galleryPath+"receipts"
			return reportweb.Receipts(page)
		}},
		{"report", "receipts-empty", func(p ui.Page) templ.Component {
			page := sampleReceiptList(p)
			page.Again, page.Headline, page.Receipts = reportweb.Again{}, "Nothing is left out: 2\u202f496 mails and files were read.", nil
			page.Nothing = ui.Nothing{Icon: "circle-check", Title: "Nothing is left out", Words: "No mail or file was refused, is held or in conflict.", Action: ui.Link{Text: "Show all mails and files", Href: galleryPath + "receipts"}}
			return reportweb.Receipts(page)
		}},
	}
}

func sampleReportList(p ui.Page) reportweb.ReportsPage {
	return reportweb.ReportsPage{Page: titled(p, ui.ReportsSection, "Reports"), Headline: "2\u202f413 reports from 24 Aug – 21 Nov 2026",
		Days: sampleDays(), DomainFilter: sampleDomainChoices(), Filter: ui.FilterBar{Action: galleryPath + "reports", Fields: sampleFilters(false).Fields},
		UploadHref: galleryPath + "upload", Sections: ui.ReportLists(p.Org, ui.ReportsList, true), Reports: sampleReports(), Pager: ui.Pager{Newer: galleryPath + "reports", Older: galleryPath + "reports", Text: "51 – 56 of 2\u202f413"}}
}

func sampleReceiptList(p ui.Page) reportweb.ReceiptsPage {
	choice := func(text, count string, chosen bool) ui.Choice {
		return ui.Choice{Text: text, Href: galleryPath + "receipts", Count: count, Chosen: chosen}
	}
	return reportweb.ReceiptsPage{Page: titled(p, ui.ReportsSection, "Mails"), Headline: "3 of 2\u202f496 mails and files are not counted.",
		UploadHref: galleryPath + "upload",
		Again: reportweb.Again{Words: "After an update of Sendvery, what was refused may be readable. 4 refused mails and files cannot be read again: the original is not kept.",
			Action: galleryPath + "receipts-again", Button: "Read 312 refused mails and files again"},
		Sections: ui.ReportLists(p.Org, ui.MailsList, true), Receipts: append(sampleReceipts()[2:3], sampleReceipts()...),
		Verdicts: []ui.Choice{choice("Not counted", "3", false), choice("All", "2\u202f496", true), choice("Accepted", "2\u202f399", false), choice("Repaired", "14", false), choice("Already known", "17", false), choice("Held", "1", false), choice("Refused", "2", false), choice("No report", "63", false)},
		Sources:  []ui.Choice{choice("All sources", "", true), choice("dmarc@example.org", "", false), choice("reports@example.net", "", false), choice("Uploads", "", false), choice("Imports by the operator", "", false)},
		Pager:    ui.Pager{Older: galleryPath + "receipts", Text: "1 – 50 of 2\u202f496"}}
}

func sampleReport(p ui.Page) reportweb.ReportPage {
	return reportweb.ReportPage{
		Page:     titled(p, ui.ReportsSection, "google.com, 20 Nov 2026", ui.Link{Text: "Reports", Href: galleryPath + "reports"}),
		Headline: "google.com saw 1\u202f204 messages as example.org; 91.4\u202f% passed.",
		Reporter: "google.com", ReporterMail: "noreply-dmarc-support@google.com", ReportID: "8461237894561230987", Domain: ui.Link{Text: "example.org", Href: galleryPath + "domain"},
		Begin: "20 Nov 2026, 00:00:00 UTC", End: "20 Nov 2026, 23:59:59 UTC", Day: "20 Nov 2026", Received: ago(2 * time.Hour), Receipt: ui.Link{Text: "this mail", Href: galleryPath + "receipt-repaired"},
		Split: ui.Split{Passing: 1101, Forwarded: 61, Fix: 30, Unknown: 12}, Policy: samplePolicyRows(),
		Format: "RFC 9990", FormatWhy: "its namespace says so; version 1.0 is stated", Generator: "Example Reporter 4.2", Contact: ui.Link{Text: "https://receiver.example/dmarc", Href: "https://receiver.example/dmarc"}, ContactLang: "en",
		Extensions: []reportweb.Extension{{Name: "x:note", Text: "sampled", Where: "row 3"}, {Name: "x:queue/@id", Text: "7"}},
		Findings: []reportweb.Finding{{What: "Some records have a disposition that does not exist; it is shown as unknown.", Note: "2 times; the first says “15”."},
			{What: "2 rows could not be read and are not counted, which leaves out at least 12 messages."}, {What: "Row 14: The source of the record is not an IP address.", Note: "It says “999.0.2.1”. The row is about 12 messages."},
			{What: "Row 15: The message count of the record is not a whole number.", Note: "It says “many”."}},
		Complaints: []dmarcrpt.Note{{Text: "2 messages could not be attributed", Lang: "en"}},
		Classes: []ui.Choice{{Text: "All", Chosen: true, Count: "1\u202f204", Href: galleryPath + "report"}, {Text: "Passing", Count: "1\u202f101", Href: galleryPath + "report"}, {Text: "Forwarded", Count: "61", Href: galleryPath + "report"},
			{Text: "Needs fixing", Count: "30", Href: galleryPath + "report"}, {Text: "Unknown", Count: "12", Href: galleryPath + "report"}},
		Records: sampleRecords(), OriginalHref: galleryPath + "report", Pager: ui.Pager{Older: galleryPath + "report", Text: "1 – 4 of 31 sources"},
	}
}

func sampleReporters(p ui.Page) reportweb.ReportersPage {
	sections := ui.ReportLists(p.Org, ui.ReportersList, true)
	href := galleryPath + "reports"
	return reportweb.ReportersPage{Page: titled(p, ui.ReportsSection, "Reporters"), Headline: "5 reporters sent 83 reports; those of 4 reporters had faults.", Sections: sections, UploadHref: galleryPath + "upload",
		Days: sampleDays(), GroupFilter: sampleGroupChoices(), DomainFilter: sampleDomainChoices(), Reporters: []reportweb.Reporter{
			{Name: "outlook.com", Org: "Outlook.com Postmaster", Href: href, Reports: 28, Messages: 6112, Last: "20 Nov 2026", Repaired: 28, Repairs: []reportweb.Repair{{Name: "fractional_date", Sentence: "A date had fractions of a second; they were cut.", Reports: "28 reports", Href: href}}},
			{Name: "seznam.cz", Href: href, Reports: 18, Messages: 640, Last: "19 Nov 2026", Repaired: 3, Skipped: 12, Conflicts: 1, Repairs: []reportweb.Repair{
				{Name: "records_skipped", Sentence: "Some records could not be read and were left out; each is listed with its reason.", Reports: "2 reports", Href: href},
				{Name: "long_period", Sentence: "The report covers more than a day; its messages are counted on the day in the middle.", Reports: "1 report", Href: href}}},
			{Name: "tls.example", Org: "Receiver Inc.", Href: href, Reports: 9, TLS: 9, Last: "20 Nov 2026", Repaired: 9, Repairs: []reportweb.Repair{{Name: "count_as_text", Sentence: "A number was written as text.", Reports: "9 TLS reports", Href: href}}},
			{Name: "a-small-provider.example", Refused: 4},
			{Name: "Reporter not known", Href: galleryPath + "receipts", Refused: 2},
			{Name: "google.com", Href: href, Reports: 28, TLS: 12, Messages: 21040, Last: "20 Nov 2026"},
		}}
}

func samplePolicyRows() []reportweb.PolicyRow {
	return []reportweb.PolicyRow{
		{Tag: "p", Words: "For your domain", Sent: "quarantine", InForce: "quarantine"},
		{Tag: "sp", Words: "For subdomains", Sent: "nil", InForce: "quarantine", Derived: "from p"},
		{Tag: "np", Words: "For subdomains that do not exist", InForce: "quarantine", Derived: "from sp"},
		{Tag: "adkim", Words: "How exactly DKIM must match", Sent: "s", InForce: "s", Meaning: "strict"},
		{Tag: "aspf", Words: "How exactly SPF must match", InForce: "r", Meaning: "relaxed", Derived: "default"},
		{Tag: "pct", Words: "Percent of failing mail", InForce: "100", Derived: "default"},
		{Tag: "fo", Words: "When failure reports are asked for", InForce: "0", Derived: "default"},
		{Tag: "testing", Words: "A test only", InForce: "n", Meaning: "no", Derived: "default"},
	}
}

func sampleRecords() []reportweb.Record {
	spf := func(domain, result string, passed, aligned bool, note string) reportweb.AuthResult {
		return reportweb.AuthResult{Kind: "SPF", Domain: domain, Detail: "return path", Result: result, Passed: passed, Aligned: aligned, Note: note}
	}
	dkim := func(domain, selector, result string, passed, aligned bool, note string) reportweb.AuthResult {
		return reportweb.AuthResult{Kind: "DKIM", Domain: domain, Detail: "selector " + selector, Result: result, Passed: passed, Aligned: aligned, Note: note}
	}
	return []reportweb.Record{
		{ID: "r1", Source: "198.51.100.31", SourceName: "mta14.news.example.com", SourceHref: galleryPath + "reports", Count: 30, Class: ui.NeedsFixing, HeaderFrom: "example.org", EnvelopeFrom: "bounce.example.net", Evaluated: "DKIM fail, SPF fail", Disposition: "delivered",
			Explanation: []string{"SPF passed, but for bounce.example.net, which is not your domain, so DMARC does not count it.", "There is no DKIM signature of example.org."},
			Results:     []reportweb.AuthResult{spf("bounce.example.net", "pass", true, false, "not your domain"), dkim("news.example.com", "k1", "pass", true, false, "not your domain")}},
		{ID: "r2", Source: "192.0.2.41", SourceName: "mail-lf1-f41.outbound.example.net", SourceHref: galleryPath + "reports", Count: 1101, Class: ui.Passing, HeaderFrom: "example.org", EnvelopeFrom: "example.org", Evaluated: "DKIM pass, SPF pass", Disposition: "delivered, because it passes",
			Explanation: []string{"Passes: DKIM signed by example.org, and SPF for the same domain."},
			Results:     []reportweb.AuthResult{spf("example.org", "pass", true, true, "your domain"), dkim("example.org", "google", "pass", true, true, "your domain")}},
		{ID: "r3", Source: "2001:db8:4::17", SourceName: "lists.university.example", SourceHref: galleryPath + "reports", Count: 61, Class: ui.Forwarded, HeaderFrom: "example.org", EnvelopeFrom: "lists.university.example", Evaluated: "DKIM fail, SPF fail", Disposition: "delivered",
			Explanation: []string{"Forwarded: a mailing list passed it on and changed the message, which breaks your DKIM signature."}, EnvelopeTo: "receiver.example",
			Overrides: []report.Override{{Type: "mailing_list", Words: "It came through a mailing list.", Comment: "known list", Lang: "en"}, {Type: "local_policy", Words: "A rule of the receiver's own decided.", Comment: "arc=pass"}},
			Results:   []reportweb.AuthResult{spf("lists.university.example", "pass", true, false, "not your domain"), dkim("example.org", "google", "fail", false, true, "your domain")}},
		{ID: "r4", Source: "198.51.100.77", SourceHref: galleryPath + "reports", Count: 12, Class: ui.Unknown, HeaderFrom: "example.org", EnvelopeFrom: "empty: a bounce", Evaluated: "DKIM not stated, SPF “softfail”", Disposition: "“15”, which is no disposition",
			Explanation: []string{"Neither SPF nor DKIM passed for any domain. The source has no confirmed name and was not seen sending passing mail of yours."},
			Results:     []reportweb.AuthResult{spf("example.org", "softfail", false, true, "your domain")}},
	}
}
