package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

func watchGallery() []galleryPage {
	return []galleryPage{
		{"mailbox", "mailboxes", func(p ui.Page) templ.Component { return mailboxweb.List(sampleMailboxes(p)) }},
		{"mailbox", "mailboxes-none", func(p ui.Page) templ.Component {
			return mailboxweb.List(mailboxweb.ListPage{Page: titled(p, ui.MailboxSection, "Mailboxes"), ConnectHref: galleryPath + "connect"})
		}},
		{"mailbox", "mailbox", func(p ui.Page) templ.Component { return mailboxweb.Mailbox(sampleMailbox(p)) }},
		{"mailbox", "mailbox-importing", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Busy, page.Sentence, page.FragmentHref = ui.Info, true, "Importing the reports of the last 90 days.", galleryPath+"nothing"
			page.Import = mailboxweb.Import{Running: true, Progress: ui.Progress{Done: 1412, Total: 2413, Rate: "about 120 mails a second", Left: "about 9\u00a0s left", Unit: "mails"}, Accepted: 1388, Known: 17, Refused: 7, Kept: "Your plan keeps reports for 30 days; older ones in this mailbox are not kept."}
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "mailbox-failing", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Sentence = ui.Bad, "The server refuses the password since 19 Nov 2026, so no new reports are read."
			page.Advice = "Edit the mailbox and type the new password. Reports wait in the mailbox meanwhile; none is lost."
			page.NextPoll = format.Time{}
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "mailbox-new", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Busy, page.Sentence, page.FragmentHref = ui.Info, true, "Everything up to now is being read.", galleryPath+"nothing"
			page.Receipts, page.Verdicts, page.LastReport = nil, nil, format.Time{}
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "mailbox-paused", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Sentence, page.Advice = ui.Warning, "Paused. Nothing is read until somebody resumes it.", "New reports wait in the mailbox meanwhile."
			page.NextPoll, page.Resume, page.PauseAction = format.Time{}, true, ""
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "mailbox-mails-left", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Sentence, page.OnlyMarked = ui.Warning, "Reports are stored, but their mails stay where they are: the folder DMARC could not be created.", true
			page.Advice = "Create the folder in your mail program, or choose another one."
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "mailbox-read-again", func(p ui.Page) templ.Component {
			return mailboxweb.ReadAgain(mailboxweb.ReadAgainPage{Page: titled(p, ui.MailboxSection, "Read from the start", mailboxes()), Action: galleryPath + "mailbox", CancelHref: galleryPath + "mailbox",
				Mailbox: "dmarc@example.org", Ordered: true, Since: "90", After: true})
		}},
		{"mailbox", "mailbox-delete", func(p ui.Page) templ.Component { return mailboxweb.Delete(sampleMailbox(p).Delete) }},
	}
}

func sampleMailboxes(p ui.Page) mailboxweb.ListPage {
	return mailboxweb.ListPage{Page: titled(p, ui.MailboxSection, "Mailboxes"), ConnectHref: galleryPath + "connect", Mailboxes: []mailboxweb.Row{
		{Href: galleryPath + "mailbox-failing", Name: "reports@example.net", Host: "imap.example.net", Tone: ui.Bad, Health: "Sign-in refused",
			Sentence: "The server refuses the password since 19 Nov 2026. Type the new one to go on.", LastPoll: ago(20 * time.Minute), LastReport: ago(50 * time.Hour), Reports: 214},
		{Href: galleryPath + "mailbox-importing", Name: "postmaster@example.com", Host: "imap.example.com", Tone: ui.Info, Health: "Importing",
			Sentence: "1\u202f412 of 2\u202f413 mails, about 9\u00a0s left.", LastPoll: ago(0), LastReport: ago(time.Hour), Reports: 1388, Refused: 7},
		{Href: galleryPath + "mailbox", Name: "dmarc@example.org", Host: "imap.example.org", Tone: ui.Good, Health: "Working",
			LastPoll: ago(4 * time.Minute), LastReport: ago(2 * time.Hour), Reports: 412, Refused: 3},
	}}
}

func sampleMailbox(p ui.Page) mailboxweb.MailboxPage {
	frame := titled(p, ui.MailboxSection, "dmarc@example.org", mailboxes())
	return mailboxweb.MailboxPage{
		Page: frame, Name: "dmarc@example.org", Tone: ui.Good, Sentence: "Works. 412 reports in 30 days, the last one 2\u00a0h ago.",
		LastPoll: ago(4 * time.Minute), NextPoll: ahead(11 * time.Minute), LastReport: ago(2 * time.Hour),
		Settings: []mailboxweb.Setting{{Name: "Server", Value: "imap.example.org, port 993, TLS"}, {Name: "User name", Value: "dmarc@example.org"}, {Name: "Password", Value: "stored, sealed"},
			{Name: "Folder", Value: "INBOX"}, {Name: "Imported report mail", Value: "stays as it is"}, {Name: "Read back", Value: "90 days"}},
		Verdicts: []mailboxweb.VerdictCount{{Verdict: ui.Accepted, Count: 398, Href: galleryPath + "receipts"}, {Verdict: ui.Repaired, Count: 14, Href: galleryPath + "receipts"},
			{Verdict: ui.Known, Count: 9, Href: galleryPath + "receipts"}, {Verdict: ui.Held, Count: 1, Href: galleryPath + "receipts"}, {Verdict: ui.Refused, Count: 2, Href: galleryPath + "receipts"}, {Verdict: ui.NoReport, Count: 31, Href: galleryPath + "receipts"}},
		Receipts: sampleReceipts(), ReceiptsHref: galleryPath + "receipts", CheckAction: galleryPath + "mailbox", PauseAction: galleryPath + "mailbox-paused", ReadAgainHref: galleryPath + "mailbox-read-again", EditHref: galleryPath + "edit",
		DeleteHref: galleryPath + "mailbox-delete",
		Delete:     mailboxweb.DeletePage{Page: frame, Action: galleryPath + "mailboxes", CancelHref: galleryPath + "mailbox", Mailbox: "dmarc@example.org", Reports: 2413},
	}
}
