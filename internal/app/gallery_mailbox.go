package app

import (
	"slices"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/internal/org/orgweb"
	"sendvery.com/sendvery/web/ui"
)

const galleryPath = "/dev/gallery/"

func orgGallery() []galleryPage {
	return []galleryPage{
		{"org", "welcome", func(p ui.Page) templ.Component { return orgweb.Welcome(sampleWelcome(p, false)) }},
		{"org", "welcome-record", func(p ui.Page) templ.Component { return orgweb.Welcome(sampleWelcome(p, true)) }},
		{"org", "settings", func(p ui.Page) templ.Component {
			return orgweb.Settings(orgweb.SettingsPage{Page: titled(p, ui.SettingsSection, "Settings"), Action: galleryPath + "settings", Name: "Example Ltd", CanRename: true, Role: "owner", Tabs: []ui.Choice{{Text: "General", Href: galleryPath + "settings", Chosen: true}, {Text: "Members", Href: galleryPath + "members"}}, LeaveHref: galleryPath + "leave-blocked", TransferHref: galleryPath + "transfer", DeleteHref: galleryPath + "organization-delete"})
		}},
		{"org", "settings-error", func(p ui.Page) templ.Component {
			return orgweb.Settings(orgweb.SettingsPage{Page: titled(p, ui.SettingsSection, "Settings"), Action: galleryPath + "settings", CanRename: true, Role: "owner", NameError: "Give the organization a name of up to 80 characters."})
		}},
		{"org", "settings-viewer", func(p ui.Page) templ.Component {
			return orgweb.Settings(orgweb.SettingsPage{Page: titled(p, ui.SettingsSection, "Settings"), Name: "Example Ltd", Role: "viewer"})
		}},
	}
}

func sampleWelcome(p ui.Page, show bool) orgweb.WelcomePage {
	return orgweb.WelcomePage{Page: titled(p, ui.OverviewSection, "Welcome"), ConnectHref: galleryPath + "connect", ShowRecord: show,
		RecordHref: galleryPath + "welcome-record", Record: sampleRecord("welcome-record")}
}

func sampleRecord(page string) ui.Record {
	return ui.Record{Domain: "example.org", Name: "_dmarc.example.org", Value: "v=DMARC1; p=none; rua=mailto:dmarc@example.net", Address: "dmarc@example.net",
		ConsentName: "example.org._report._dmarc.example.net", ConsentValue: "v=DMARC1", Action: galleryPath + page}
}

func mailboxGallery() []galleryPage {
	return slices.Concat(setupGallery(), grantGallery(), watchGallery())
}

func setupGallery() []galleryPage {
	return []galleryPage{
		{"mailbox", "connect", func(p ui.Page) templ.Component { return mailboxweb.Connect(sampleConnect(p, "Gmail")) }},
		{"mailbox", "connect-other", func(p ui.Page) templ.Component { return mailboxweb.Connect(sampleConnect(p, "Another provider")) }},
		{"mailbox", "connect-errors", func(p ui.Page) templ.Component {
			page := sampleConnect(p, "Another provider")
			page.Form.Username = "dmarc@example.org"
			page.Errors = map[string]string{"host": "Give the name of the IMAP server, for example imap.example.org.", "password": "The password is missing. It was not stored before either."}
			return mailboxweb.Connect(page)
		}},
		{"mailbox", "edit", func(p ui.Page) templ.Component {
			page := sampleConnect(p, "Another provider")
			page.Presets, page.Editing, page.Mailbox = nil, true, "dmarc@example.org"
			page.Form.Host, page.Form.Username, page.Form.Folder, page.Form.After, page.Form.MoveTo = "imap.example.org", "dmarc@example.org", "INBOX/Reports", "move", "DMARC"
			page.Folders = []string{"INBOX", "Archive", "DMARC", "INBOX/Reports", "Sent"}
			return mailboxweb.Connect(page)
		}},
		{"mailbox", "test-running", func(p ui.Page) templ.Component {
			return mailboxweb.Test(sampleTest(p, mailboxweb.TestRunning, sampleSteps()[:3], ui.Step{State: ui.StepRunning, Text: "Sign in as dmarc@example.org"}))
		}},
		{"mailbox", "test-failed", func(p ui.Page) templ.Component {
			return mailboxweb.Test(sampleTest(p, mailboxweb.TestFailed, sampleSteps()[:3], ui.Step{State: ui.StepFailed, Text: "Sign in as dmarc@example.org", Took: "0.4 s",
				Detail: "The server does not accept this user name and password.", Advice: "Check both for typing errors. With two-step sign-in your provider wants an app password here, not the one you sign in with yourself."}))
		}},
		{"mailbox", "test-passed", func(p ui.Page) templ.Component {
			return mailboxweb.Test(sampleTest(p, mailboxweb.TestPassed, sampleSteps()))
		}},
		{"mailbox", "found-domains", func(p ui.Page) templ.Component { return mailboxweb.Domains(sampleDomains(p)) }},
		{"mailbox", "found-domains-scanning", func(p ui.Page) templ.Component {
			page := sampleDomains(p)
			page.Scanning, page.Scan = true, ui.Progress{Done: 1180, Total: 2496, Rate: "about 240 mails a second", Left: "about 6\u00a0s left", Unit: "mails"}
			return mailboxweb.Domains(page)
		}},
		{"mailbox", "found-domains-room", func(p ui.Page) templ.Component {
			page := sampleDomains(p)
			page.Domains[1].Ticked = false
			page.Room = "Your plan has room for 1 more domain, so only the one with the most reports is ticked. Choose another one if you like."
			return mailboxweb.Domains(page)
		}},
		{"mailbox", "found-domains-over", func(p ui.Page) templ.Component {
			page := sampleDomains(p.WithLarger(true, true))
			page.Kept, page.Error = "Your plan keeps reports for 30 days; older ones in this mailbox are not kept.", "Your plan watches up to 2 domains."
			return mailboxweb.Domains(page)
		}},
		{"mailbox", "found-domains-none", func(p ui.Page) templ.Component {
			page := sampleDomains(p)
			page.Domains, page.Mails, page.Record, page.MailboxHref = nil, 318, sampleRecord("found-domains-none"), galleryPath+"mailbox"
			return mailboxweb.Domains(page)
		}},
	}
}

func mailboxes() ui.Link { return ui.Link{Text: "Mailboxes", Href: galleryPath + "mailboxes"} }

func sampleConnect(p ui.Page, chosen string) mailboxweb.ConnectPage {
	page := mailboxweb.ConnectPage{Page: titled(p, ui.MailboxSection, "Connect", mailboxes()), Action: galleryPath + "test-running", CancelHref: galleryPath + "mailboxes",
		Form: mailboxweb.Form{Protocol: "imap", Port: "993", Security: "tls", Folder: "INBOX", After: "leave", Since: "90"}}
	for _, preset := range []mailboxweb.Preset{
		{Name: "Demonstration mailbox", Demo: true, Complete: true},
		{Name: "Gmail", Complete: true, Advice: "Gmail asks for an app password: turn on two-step verification, then make one for Sendvery. Your own password does not work here."},
		{Name: "Microsoft 365", Complete: true}, {Name: "Fastmail", Complete: true}, {Name: "Yahoo", Complete: true},
		{Name: "iCloud", Complete: true}, {Name: "Zoho", Complete: true}, {Name: "GMX", Complete: true},
		{Name: "Mailbox.org", Complete: true}, {Name: "Seznam", Complete: true}, {Name: "Another provider"},
	} {
		preset.Chosen, preset.Href = preset.Name == chosen, galleryPath+"connect"
		page.Presets = append(page.Presets, preset)
	}
	page.Grants, page.Find.Action = sampleGrants(), galleryPath+"connect-found"
	if chosen == "Gmail" {
		page.Form.Host = "imap.gmail.com"
	}
	return page
}

func sampleTest(p ui.Page, state mailboxweb.TestState, done []ui.Step, next ...ui.Step) mailboxweb.TestPage {
	steps := append(append([]ui.Step{}, done...), next...)
	return mailboxweb.TestPage{Page: titled(p, ui.MailboxSection, "Connection test", mailboxes()), Mailbox: "dmarc@example.org at imap.example.org", State: state, Steps: steps,
		FragmentHref: galleryPath + "nothing", EditHref: galleryPath + "connect-errors", RetryAction: galleryPath + "test-running", DeleteHref: galleryPath + "mailbox-delete", Continue: ui.Link{Text: "Find my domains", Href: galleryPath + "found-domains"}, Candidates: 2413}
}

func sampleSteps() []ui.Step {
	return []ui.Step{
		{State: ui.StepDone, Text: "Find imap.example.org", Detail: "192.0.2.24 and 2001:db8::24", Took: "0.1 s"},
		{State: ui.StepDone, Text: "Connect to port 993", Took: "0.1 s"},
		{State: ui.StepDone, Text: "Encrypt with TLS", Detail: "TLS 1.3; certificate for imap.example.org, valid until 3 Feb 2027", Took: "0.1 s"},
		{State: ui.StepDone, Text: "Sign in as dmarc@example.org", Took: "0.3 s"},
		{State: ui.StepDone, Text: "Open the folder INBOX", Detail: "3\u202f204 mails", Took: "0.1 s"},
		{State: ui.StepDone, Text: "Count the mails", Detail: "There are 2\u202f413 mails to look through.", Took: "0.6 s"},
	}
}

func sampleDomains(p ui.Page) mailboxweb.DomainsPage {
	return mailboxweb.DomainsPage{Page: titled(p, ui.MailboxSection, "Found domains", mailboxes()), FragmentHref: galleryPath + "nothing",
		Action: galleryPath + "mailbox-importing", DeleteHref: galleryPath + "mailbox-delete", Domains: []mailboxweb.FoundDomain{
			{Name: "example.org", Reports: 1612, Ticked: true, Remark: "38\u202f112 messages reported"},
			{Name: "example.net", Reports: 640, Ticked: true, Remark: "9\u202f932 messages reported"},
			{Name: "example.com", Reports: 161, Ticked: true, Added: true, Remark: "468 messages reported"},
		}}
}
