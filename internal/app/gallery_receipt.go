package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func receiptGallery() []galleryPage {
	return []galleryPage{
		{"report", "receipt-refused", func(p ui.Page) templ.Component { return reportweb.Receipt(sampleReceipt(p)) }},
		{"report", "receipt-repaired", func(p ui.Page) templ.Component { return reportweb.Receipt(repairedReceipt(p)) }},
		{"report", "receipt-none", func(p ui.Page) templ.Component {
			page := sampleReceipt(p)
			page.Verdict, page.Heading, page.Explanation = ui.NoReport, "A mail without a report", ui.NoReport.Meaning()+" The mail itself was left as it was."
			page.Advice, page.Findings, page.RetryAction, page.OriginalHref, page.OriginalNote = "", nil, "", "", "Not kept."
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-uploaded", func(p ui.Page) templ.Component {
			page := repairedReceipt(p)
			page.Source, page.Name, page.UID = ui.Link{Text: "uploaded by ada@example.org", Href: galleryPath + "receipts"}, "seznam.cz!example.org!1763596800!1763683199.xml.gz", ""
			page.Reports = append(page.Reports, ui.Link{Text: "The report about example.org (seznam.cz!example.org!1763596800!1763683199!a-file-with-a-rather-long-name.xml), 10.5\u00a0kB", Href: galleryPath + "report"})
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-held", func(p ui.Page) templ.Component {
			page := sampleReceipt(p)
			page.RetryAction, page.Verdict, page.Findings = "", ui.Held, nil
			page.Heading, page.Explanation = report.ReasonUnwatched.Sentence(), ui.Held.Meaning()
			page.Advice, page.AdviceLink = "Add shop.example.com on the page of your domains to count its reports.", ui.Link{Text: "Go to your domains", Href: galleryPath + "domains"}
			page.Authenticated = ui.Authenticated{Word: "as google.com", Words: "Found out by a signature that we verified.", Tone: ui.Good}
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-held-viewer", func(p ui.Page) templ.Component {
			page := sampleReceipt(p)
			page.RetryAction, page.Verdict, page.Findings = "", ui.Held, nil
			page.Heading, page.Explanation = report.ReasonUnwatched.Sentence(), ui.Held.Meaning()
			page.Advice = "An owner, admin or member of your organization can add shop.example.com, and its reports are counted. Your role cannot."
			page.OriginalHref, page.OriginalNote = "", "Only owners and admins can download originals."
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-held-plan", func(p ui.Page) templ.Component {
			page := sampleReceipt(p)
			page.RetryAction, page.Verdict, page.Findings = "", ui.Held, nil
			page.Heading, page.Explanation = report.ReasonPlan.Sentence(), ui.Held.Meaning()
			page.Advice, page.AdviceLink = "Choose a larger plan to count it now, with all that wait.", ui.Link{Text: "See plans", Href: galleryPath + "settings"}
			return reportweb.Receipt(page)
		}},
		{"report", "upload-done", func(p ui.Page) templ.Component { return reportweb.Receipts(uploadedList(p)) }},
		{"report", "receipt-conflict", func(p ui.Page) templ.Component { return reportweb.Receipt(conflictReceipt(p)) }},
		{"report", "receipt-replaced", func(p ui.Page) templ.Component {
			page := conflictReceipt(p)
			page.Verdict, page.Heading, page.Explanation = ui.Replaced, report.ReasonReplaced.Sentence(), ui.Replaced.Meaning()
			page.Choices = page.Choices[:1]
			page.Choices[0].Explanation = "Two reports have the same reporter, name and period, but other numbers. You chose that the other one counts."
			page.Choices[0].This.Count = "" // from before numbers were noted
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-chosen", func(p ui.Page) templ.Component {
			page := repairedReceipt(p)
			page.Verdict, page.Heading, page.Explanation, page.Findings = ui.Accepted, "google.com about example.org", ui.Accepted.Meaning(), nil
			c := report.Contest{Receipt: 1}
			page.Undos = []reportweb.Undo{{Heading: "Your choice", Explanation: c.Sentence(), Undo: sampleUndo(c)}}
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-same-file", func(p ui.Page) templ.Component {
			page := sampleReceipt(p)
			page.Verdict, page.Heading, page.Explanation, page.Advice, page.Findings = ui.Known, report.ReasonSameFile.Sentence(), ui.Known.Meaning(), "", nil
			page.First, page.OriginalHref, page.RetryAction, page.OriginalNote = ui.Link{Text: "The first time it was read", Href: galleryPath + "receipt-refused"}, "", "", "Not kept again: that of the first time is."
			return reportweb.Receipt(page)
		}},
		{"report", "receipt-damaged", func(p ui.Page) templ.Component {
			page := repairedReceipt(p)
			page.OriginalHref, page.OriginalNote = "", "It is damaged and can no longer be read. Nothing else has changed: what counts counts."
			return reportweb.Receipt(page)
		}},
		{"report", "upload", func(p ui.Page) templ.Component { return reportweb.Upload(sampleUpload(p)) }},
		{"report", "upload-refused", func(p ui.Page) templ.Component {
			page := sampleUpload(p)
			page.Some, page.Error = true, "This is larger than 50 MB, the most that is taken at once. Files that had arrived whole by then are read; of the others nothing was taken. Compress it (zip or gzip), or send fewer files at once."
			return reportweb.Upload(page)
		}},
	}
}

// uploadedList is an upload with several verdicts.
func uploadedList(p ui.Page) reportweb.ReceiptsPage {
	page := sampleReceiptList(p)
	page.Again, page.Pager, page.Headline = reportweb.Again{}, ui.Pager{}, "Of 6 files and mails: 2 accepted, 1 repaired, 1 already known, 1 refused, 1 without a report."
	row := func(v ui.Verdict, what, file, reason string) ui.Receipt {
		return ui.Receipt{Href: galleryPath + "receipt-uploaded", Verdict: v, What: what, File: file, Reason: reason, Source: "uploaded by ada@example.org", Size: "4.2\u00a0kB", Received: ago(time.Minute)}
	}
	page.Receipts = []ui.Receipt{
		row(ui.Accepted, "google.com about example.org", "five.mbox, mail 1", ""),
		row(ui.Accepted, "Outlook.com about example.org", "five.mbox, mail 2", ""),
		row(ui.Repaired, "Seznam.cz about example.net", "five.mbox, mail 3", "A date had fractions of a second; they were cut. And 2 more repairs."),
		row(ui.Known, "google.com about example.org", "five.mbox, mail 4", ""),
		row(ui.Refused, "five.mbox, mail 5", "", "The zip file ends in the middle, so the report in it cannot be read."),
		row(ui.NoReport, "holiday.jpg", "", "Nothing in it is a report."),
	}
	choice := func(text, count string, chosen bool) ui.Choice {
		return ui.Choice{Text: text, Href: galleryPath + "upload-done", Count: count, Chosen: chosen}
	}
	page.Verdicts = []ui.Choice{choice("Not counted", "1", false), choice("All", "6", true), choice("Refused", "1", false), choice("Repaired", "1", false), choice("Accepted", "2", false), choice("Already known", "1", false), choice("No report", "1", false)}
	page.Sources = []ui.Choice{choice("All sources", "", false), choice("One upload", "", true), choice("Uploads", "", false)}
	return page
}

func sampleUpload(p ui.Page) reportweb.UploadPage {
	return reportweb.UploadPage{Page: titled(p, ui.ReportsSection, "Upload reports", ui.Link{Text: "Reports", Href: galleryPath + "reports"}),
		Action: galleryPath + "upload", ResultsHref: galleryPath + "receipts", EarlierHref: galleryPath + "receipts", MostBytes: 50 << 20, TooLarge: "This file is larger than 50 MB, the most that is taken. It was not sent. Compress it (zip or gzip) and try again."}
}

func sampleReceipts() []ui.Receipt {
	const box, one = "dmarc@example.org", galleryPath + "report"
	the := ui.Link{Text: "The report", Href: one}
	return []ui.Receipt{
		{Href: galleryPath + "receipt-repaired", Verdict: ui.Accepted, What: "google.com about example.org", Source: box, Size: "4.2\u00a0kB", Reports: the, Received: ago(2 * time.Hour), Messages: 1204},
		{Href: galleryPath + "receipt-uploaded", Verdict: ui.Repaired, What: "Seznam.cz about example.org", File: "seznam.cz!example.org!1763596800!1763683199.xml.gz", Source: "uploaded by ada@example.org", Size: "812\u00a0B",
			Reports: ui.Link{Text: "2 reports", Href: one}, Reason: "The report has no version; read as version 1.", Received: ago(3 * time.Hour), Messages: 18},
		{Href: galleryPath + "receipt-refused", Verdict: ui.Refused, What: "A report mail of 18 Nov 2026", Source: box, Size: "4.6\u00a0kB", Reason: "The zip file ends in the middle, so the report in it cannot be read.", Received: ago(5 * time.Hour)},
		{Href: galleryPath + "receipt-repaired", Verdict: ui.Known, What: "Outlook.com about example.net", Source: "uploaded by a former member", Size: "3.1\u00a0kB", Reports: the, Received: ago(6 * time.Hour), Messages: 88},
		{Href: galleryPath + "receipt-none", Verdict: ui.NoReport, What: "A mail without a report", Source: box, Size: "48.0\u00a0kB", Received: ago(7 * time.Hour)},
		{Href: galleryPath + "receipt-repaired", Verdict: ui.Held, What: "google.com about shop.example.com", Source: "imported by the operator", Size: "5.0\u00a0kB", Reason: report.ReasonUnwatched.Sentence(), Received: ago(9 * time.Hour), Messages: 12},
	}
}

func sampleReceipt(p ui.Page) reportweb.ReceiptPage {
	return reportweb.ReceiptPage{Page: titled(p, ui.ReportsSection, "Mail of 18 Nov 2026", ui.Link{Text: "Mails", Href: galleryPath + "receipts"}), Verdict: ui.Refused,
		Heading: "The zip file ends in the middle", Explanation: "The attachment announces 4\u202f812 bytes, but 2\u202f048 are there. Mail programs and gateways sometimes cut large attachments.",
		Advice: "Nothing for you to do: reporters do not send again, but the next day's report usually arrives whole.",
		Source: ui.Link{Text: "dmarc@example.org", Href: galleryPath + "mailbox"}, Received: ago(5 * time.Hour), MailDate: ago(70 * time.Hour), Size: "4.6\u00a0kB", UID: "41204",
		Findings:     []reportweb.Finding{{What: "The archive has no central directory.", Where: "part 2, example.org!1763424000.zip"}},
		OriginalHref: galleryPath + "receipt-refused", RetryAction: galleryPath + "receipt-refused"}
}

func repairedReceipt(p ui.Page) reportweb.ReceiptPage {
	page := sampleReceipt(p)
	page.RetryAction, page.Verdict, page.Heading, page.Explanation, page.Advice = "", ui.Repaired, "Seznam.cz about example.org", ui.Repaired.Meaning()+" The report is counted.", ""
	page.Findings = []reportweb.Finding{{What: "A date had fractions of a second; they were cut.", Note: "It says “1763596800.5”.", Where: "seznam.cz!example.org!1763596800!1763683199.xml.gz"},
		{What: "Some evaluated results are neither pass nor fail; they do not count as a pass.", Note: "3 times; the first says “softfail”.", Where: "seznam.cz!example.org!1763596800!1763683199.xml.gz"}}
	page.Reports = []ui.Link{{Text: "Seznam.cz, 20 Nov 2026, 18 messages", Href: galleryPath + "report"}}
	return page
}

// conflictReceipt is a file with two reports, each in conflict with another one.
func conflictReceipt(p ui.Page) reportweb.ReceiptPage {
	page := repairedReceipt(p)
	page.Verdict, page.Heading, page.Explanation = ui.Conflict, report.ReasonConflict.Sentence(), ui.Conflict.Meaning()
	page.Findings, page.Reports = nil, nil
	page.Source, page.Name, page.UID = ui.Link{Text: "uploaded by ada@example.org", Href: galleryPath + "receipts"}, "reports.zip", ""
	counted := reportweb.Rival{Title: "Counted now", Unit: "Messages", Count: "41\u202f203, 98.7\u202f% passed", RowUnit: "Rows", Rows: "1\u202f204", Begin: "20 Nov 2026, 00:00:00 UTC", End: "20 Nov 2026, 23:59:59 UTC",
		Source: "dmarc@example.org", Read: ago(30 * time.Hour), Report: ui.Link{Text: "Look at it in full", Href: galleryPath + "report"}, Mail: ui.Link{Text: "Its mail or file", Href: galleryPath + "receipt-repaired"}}
	this := counted
	this.Title, this.Count, this.Rows, this.Source, this.Read = "This one: google.com!example.org!1763596800.xml, report 1 of 2", "41\u202f210, 98.7\u202f% passed", "1\u202f205", "uploaded by ada@example.org", ago(2*time.Hour)
	this.Report, this.Mail = ui.Link{}, ui.Link{}
	first := reportweb.Choice{Heading: "Which report about example.org counts?", Counted: counted, This: this, Action: galleryPath + "receipt-conflict", Part: "0",
		Explanation: "Two reports have the same reporter, name and period, but other numbers. As long as you choose nothing, the other one counts.",
		Note:        "Both are kept. You can take your choice back on the page of the report that counts, and here."}
	second := first
	second.Part, second.Action, second.Note, second.This.Title = "1", "", "Whoever manages the domains can choose the other way round.", "This one: google.com!example.org!1763683200.xml, report 2 of 2"
	page.Choices = []reportweb.Choice{first, second}
	return page
}

// sampleContest is a report's standing among others, with the way back.
func sampleContest(c report.Contest) ui.Contest {
	return ui.Contest{Words: c.Sentence(), Open: c.Open != 0, Other: ui.Link{Text: "Compare the two", Href: galleryPath + "receipt-conflict"}, Undo: sampleUndo(c)}
}

func sampleUndo(c report.Contest) ui.Undo {
	if c.Receipt == 0 {
		return ui.Undo{}
	}
	return ui.Undo{Words: report.UndoSentence(c.Beside != 0), Action: galleryPath + "receipt-chosen", Part: "0"}
}
