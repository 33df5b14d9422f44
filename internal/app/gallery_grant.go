package app

import (
	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/web/ui"
)

// grantGallery shows how settings are found and how providers let us in.
func grantGallery() []galleryPage {
	connect := func(name, chosen string, f mailboxweb.Finding) galleryPage {
		return galleryPage{"mailbox", name, func(p ui.Page) templ.Component {
			page := sampleConnect(p, chosen)
			f.Action = page.Find.Action
			page.Find, page.Form.Username = f, f.Address
			return mailboxweb.Connect(page)
		}}
	}
	return []galleryPage{
		connect("connect-found", "Gmail", mailboxweb.Finding{
			Address: "dmarc@example.org", Tone: ui.Good, Note: "Gmail takes in the mail of example.org, so its settings are filled in below. Change them if the mailboxes are elsewhere.",
			Others: []ui.Link{{Text: "POP3 at pop.gmail.com, port 995", Href: galleryPath + "connect-found"}}, Grant: sampleGrants()[0],
		}),
		connect("connect-found-nothing", "Another provider", mailboxweb.Finding{
			Address: "dmarc@example.org", Tone: ui.Warning, Note: "No settings are published for example.org. Whoever runs its mail knows the name of the server; type it below.",
			Ignored: []string{"DNS names mail.example.org on port 10993, which is not used for reading mail, so we do not connect to it."},
		}),
		connect("connect-found-error", "Another provider", mailboxweb.Finding{Address: "dmarc", Error: "Type a whole e-mail address, such as you@example.org."}),
		{"mailbox", "grant", func(p ui.Page) templ.Component { return mailboxweb.Ask(sampleGrant(p)) }},
		{"mailbox", "grant-errors", func(p ui.Page) templ.Component {
			page := sampleGrant(p)
			page.Form.After, page.Errors = "move", map[string]string{"move": "Give the folder that report mails are moved to. It is created if it does not exist."}
			return mailboxweb.Ask(page)
		}},
		{"mailbox", "grant-renew", func(p ui.Page) templ.Component {
			page := sampleGrant(p)
			page.Renewed = "dmarc@example.org at imap.gmail.com"
			return mailboxweb.Ask(page)
		}},
		{"mailbox", "grant-on", func(p ui.Page) templ.Component {
			return ui.HandOff(ui.HandOffPage{Page: titled(p, ui.MailboxSection, "On to Google", mailboxes()), To: "Google", Href: galleryPath + "test-running",
				Words: "Your browser goes there by itself. You come back here afterwards, within ten minutes."})
		}},
		{"mailbox", "grant-failed", func(p ui.Page) templ.Component {
			return mailboxweb.GrantFailed(mailboxweb.GrantFailedPage{Page: titled(p, ui.MailboxSection, "Not connected", mailboxes()), RetryHref: galleryPath + "grant", BackHref: galleryPath + "mailboxes",
				Sentence: "Access was not allowed at Google, so nothing was connected or changed. Begin again if that was not meant."})
		}},
		{"mailbox", "grant-edit", func(p ui.Page) templ.Component {
			page := sampleConnect(p, "Another provider")
			page.Presets, page.Editing, page.Mailbox = nil, true, "dmarc@example.org"
			page.Form.Host, page.Form.Username, page.Granted = "imap.gmail.com", "dmarc@example.org", mailboxweb.Grant{Name: "Google", Href: galleryPath + "grant-renew"}
			return mailboxweb.Connect(page)
		}},
		{"mailbox", "grant-lost", func(p ui.Page) templ.Component {
			page := sampleMailbox(p)
			page.Tone, page.Sentence = ui.Bad, "The access to the mailbox at imap.gmail.com was withdrawn. Reading has stopped until you change something."
			page.Advice = "Sign in with your provider once more to allow it again. Reports wait in the mailbox meanwhile; none is lost."
			page.Resume, page.PauseAction, page.Renew = true, "", mailboxweb.Grant{Name: "Google", Href: galleryPath + "grant-renew"}
			return mailboxweb.Mailbox(page)
		}},
		{"mailbox", "grant-test-failed", func(p ui.Page) templ.Component {
			page := sampleTest(p, mailboxweb.TestFailed, nil, ui.Step{State: ui.StepFailed, Text: "Sign in", Took: "0.2 s",
				Detail: "The access to the mailbox at imap.gmail.com was withdrawn.", Advice: "Sign in with your provider once more to allow it again."})
			page.Renew = mailboxweb.Grant{Name: "Google", Href: galleryPath + "grant-renew"}
			return mailboxweb.Test(page)
		}},
	}
}

func sampleGrants() []mailboxweb.Grant {
	return []mailboxweb.Grant{{Name: "Google", Href: galleryPath + "grant"}, {Name: "Microsoft", Href: galleryPath + "grant"}}
}

func sampleGrant(p ui.Page) mailboxweb.GrantPage {
	return mailboxweb.GrantPage{Page: titled(p, ui.MailboxSection, "Continue with Google", mailboxes()), Provider: "Google", Action: galleryPath + "grant-on", CancelHref: galleryPath + "connect",
		Form: mailboxweb.Form{Protocol: "imap", Folder: "INBOX", After: "leave", Since: "90"}}
}
