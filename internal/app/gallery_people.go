package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/internal/export/exportweb"
	"sendvery.com/sendvery/internal/org/orgweb"
	"sendvery.com/sendvery/web/mail"
	"sendvery.com/sendvery/web/ui"
)

// peopleGallery shows members, invitations, organizations and the account.
func peopleGallery() []galleryPage {
	return append([]galleryPage{
		{"org", "members", func(p ui.Page) templ.Component { return orgweb.Members(sampleMembers(p, true)) }},
		{"org", "members-viewer", func(p ui.Page) templ.Component { return orgweb.Members(sampleMembers(p, false)) }},
		{"org", "members-errors", func(p ui.Page) templ.Component {
			page := sampleMembers(p, true)
			page.Error = "An organization needs an owner. Make somebody else an owner first."
			page.Invite.Email, page.Invite.EmailError = "grace@example.org", "This person is a member already."
			page.Page = page.WithLarger(true, true)
			page.Invite.Error = "All 5 seats of your plan are taken, members and invitations together. Revoke an invitation or remove a member to make room."
			return orgweb.Members(page)
		}},
		{"org", "member-remove", func(p ui.Page) templ.Component {
			return ui.Asking(ui.Ask{Page: titled(p, ui.SettingsSection, "Remove a member", ui.Link{Text: "Members", Href: galleryPath + "members"}), Heading: "Remove grace@example.org from Example Ltd?",
				Facts:  []ui.AskFact{ui.Goes("They see nothing of this organization any more, at once and on every device."), ui.Stays("What they connected, added and decided stays. You can invite them again.")},
				Action: galleryPath + "members", Button: "Remove the member", Danger: true, Cancel: ui.Link{Text: "Keep them", Href: galleryPath + "members"}})
		}},
		{"org", "organization-delete", func(p ui.Page) templ.Component { return ui.Asking(sampleDelete(p)) }},
		{"org", "leave-blocked", func(p ui.Page) templ.Component {
			page := sampleDelete(p)
			page.Page = titled(p, ui.SettingsSection, "Leave", ui.Link{Text: "Settings", Href: galleryPath + "settings"})
			page.Heading, page.Error, page.Blocked, page.Cancel.Text = "Leave Example Ltd?", "You are the only owner. Make somebody else an owner first, or delete the organization.", true, "Stay"
			return ui.Asking(page)
		}},
		{"org", "transfer", func(p ui.Page) templ.Component {
			ask := sampleDelete(p)
			ask.Page = titled(p, ui.SettingsSection, "Hand over", ui.Link{Text: "Settings", Href: galleryPath + "settings"})
			ask.Heading, ask.Button = "Hand Example Ltd over?", "Hand it over"
			ask.Facts = []ui.AskFact{ui.Goes("You become an admin: billing, handing over and deleting are the new owner's."), ui.Stays("Everything else stays as it is. The new owner can make you an owner again.")}
			return orgweb.Transfer(orgweb.TransferPage{Ask: ask, Members: []ui.Option{{Value: "1", Text: "grace@example.org (admin)"}}})
		}},
		{"org", "organizations", func(p ui.Page) templ.Component {
			return orgweb.Organizations(orgweb.OrganizationsPage{Page: personal(p, "Your organizations"),
				Mine:    []orgweb.Mine{{Name: "Example Ltd", Role: "owner", Href: galleryPath + "overview", LeaveHref: galleryPath + "leave-blocked"}, {Name: "Side project", Role: "viewer", Href: galleryPath + "overview", LeaveHref: galleryPath + "leave-blocked"}},
				Offers:  []orgweb.Offer{{Organization: "Example Agency", Role: "admin", Href: galleryPath + "invitation", Until: ahead(11 * 24 * time.Hour)}},
				Deleted: []orgweb.Deleted{{Name: "Old shop", Action: galleryPath + "organizations", Until: ahead(19 * 24 * time.Hour)}}})
		}},
		{"org", "organizations-none", func(p ui.Page) templ.Component {
			return orgweb.Organizations(orgweb.OrganizationsPage{Page: personal(p, "Your organizations")})
		}},
		{"org", "invitation", func(p ui.Page) templ.Component {
			return orgweb.Invitation(orgweb.InvitationPage{Page: personal(p, "Invitation"), Organization: "Example Agency", Role: "admin", May: "do everything but billing, handing the organization over and deleting it.",
				Until: ahead(11 * 24 * time.Hour), AcceptAction: galleryPath + "invitation", DeclineAction: galleryPath + "invitation"})
		}},
		{"mail", "mail-invitation", func(ui.Page) templ.Component {
			return mail.Invitation{Organization: "Example Agency", Inviter: "grace@example.net", Role: "admin", Email: "ada@example.org", Link: "https://sendvery.example/invitations/sample",
				Until: "5 Dec 2026, 14:05:09 UTC", Host: "sendvery.example"}.HTML()
		}},
	}, ownGallery()...)
}

func ownGallery() []galleryPage {
	return []galleryPage{
		{"auth", "account", func(p ui.Page) templ.Component {
			return authweb.Account(authweb.AccountPage{Page: personal(p, "Your account"), Email: "ada@example.org"})
		}},
		{"auth", "account-waiting", func(p ui.Page) templ.Component {
			return authweb.Account(authweb.AccountPage{Page: personal(p, "Your account"), Email: "ada@example.org",
				Waiting: &authweb.WaitingAddress{New: "ada@example.net", OldSaidYes: true, Until: ahead(40 * time.Minute)}})
		}},
		{"auth", "account-error", func(p ui.Page) templ.Component {
			return authweb.Account(authweb.AccountPage{Page: personal(p, "Your account"), Email: "ada@example.org", NewEmail: "ada@example", EmailError: "Type a whole e-mail address, such as you@example.org."})
		}},
		{"auth", "account-delete", func(p ui.Page) templ.Component {
			return ui.Asking(ui.Ask{Page: personal(p, "Delete your account"), Heading: "Delete the account of ada@example.org?",
				Facts:  []ui.AskFact{ui.Goes("You are signed out on every device."), ui.CanUndo("For 30 days you can undo this by signing in again."), ui.Stays("Organizations that others belong to stay.")},
				Action: galleryPath + "account", Button: "Delete my account", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: galleryPath + "account"}})
		}},
		{"auth", "account-restore", func(p ui.Page) templ.Component {
			return authweb.Restore(authweb.RestorePage{Page: personal(p, "Your account is deleted"), Email: "ada@example.org", Until: ahead(19 * 24 * time.Hour)})
		}},
		{"export", "exports", func(p ui.Page) templ.Component {
			return exportweb.Exports(exportweb.Page{Page: titled(p, ui.SettingsSection, "Export", ui.Link{Text: "Settings", Href: galleryPath + "settings"}), Heading: "Take everything of Example Ltd with you", Action: galleryPath + "exports", Running: true,
				What:    "A zip with a file of JSON lines for each kind of thing: domains, reports with all their rows, receipts, members, what was changed by whom.",
				Exports: []exportweb.Export{{State: "running", Asked: ago(time.Minute)}, {State: "ready", Href: galleryPath + "exports", Size: "31 MB", Asked: ago(26 * time.Hour), Until: ahead(6 * 24 * time.Hour)}, {State: "failed", Asked: ago(50 * time.Hour)}}})
		}},
		{"auth", "address", func(p ui.Page) templ.Component {
			return authweb.Address(authweb.AddressPage{Page: signedOut(p, "Confirm the address"), Action: galleryPath + "address", Old: "ada@example.org", New: "ada@example.net", Device: "Firefox on Windows", Network: "203.0.113.0/24", Asked: ago(3 * time.Minute)})
		}},
		{"auth", "address-said-yes", func(p ui.Page) templ.Component {
			return authweb.Address(authweb.AddressPage{Page: signedOut(p, "Confirm the address"), Action: galleryPath + "address", Old: "ada@example.org", New: "ada@example.net", SaidYes: true, Device: "Firefox on Windows", Network: "203.0.113.0/24", Asked: ago(3 * time.Minute)})
		}},
		{"auth", "address-done", func(p ui.Page) templ.Component {
			return authweb.AddressDone(authweb.AddressDonePage{Page: signedOut(p, "The address is changed"), Heading: "The address is changed", Sentence: "You sign in as ada@example.net from now on. You were signed out on every device."})
		}},
		{"mail", "mail-address", func(ui.Page) templ.Component {
			return mail.AddressChange{Old: "ada@example.org", New: "ada@example.net", Device: "Firefox on Windows", Network: "203.0.113.0/24", Asked: "21 Nov 2026, 14:04 UTC",
				Lifetime: "1 h", Link: "https://sendvery.example/account/address/sample", Host: "sendvery.example"}.HTML()
		}},
	}
}

// personal is the frame of a page outside of an organization.
func personal(p ui.Page, title string) ui.Page {
	p.Title, p.Org = title, ui.Org{}
	return p
}

func sampleMembers(p ui.Page, manages bool) orgweb.MembersPage {
	roles := []ui.Option{{Value: "owner", Text: "owner"}, {Value: "admin", Text: "admin"}, {Value: "member", Text: "member"}, {Value: "viewer", Text: "viewer"}}
	page := orgweb.MembersPage{Page: titled(p, ui.SettingsSection, "Members"), Tabs: []ui.Choice{{Text: "General", Href: galleryPath + "settings"}, {Text: "Members", Href: galleryPath + "members", Chosen: true}},
		Members: []orgweb.Member{
			{ID: "1", Email: "ada@example.org", Role: "owner", You: true, Joined: ago(90 * 24 * time.Hour), RemoveHref: galleryPath + "leave-blocked"},
			{ID: "2", Email: "grace@example.org", Role: "admin", Joined: ago(30 * 24 * time.Hour)},
			{ID: "3", Email: "somebody.with.a.very.long.name.indeed@department.example.com", Role: "viewer", Joined: ago(3 * time.Hour), Leaves: true},
		},
		Invited: []orgweb.Invited{
			{Email: "new@example.net", Role: "member", Sent: ago(2 * 24 * time.Hour), Until: ahead(12 * 24 * time.Hour)},
			{Email: "late@example.net", Role: "viewer", Sent: ago(20 * 24 * time.Hour), Until: ago(6 * 24 * time.Hour), Expired: true},
		}}
	if !manages {
		return page
	}
	for i := range page.Members {
		page.Members[i].RoleAction, page.Members[i].Roles, page.Members[i].RemoveHref = galleryPath+"members", roles, galleryPath+"member-remove"
	}
	for i := range page.Invited {
		page.Invited[i].ResendAction, page.Invited[i].RevokeAction = galleryPath+"members", galleryPath+"members"
	}
	page.Invite = &orgweb.InviteForm{Action: galleryPath + "members", Role: "member", Roles: roles}
	return page
}

func sampleDelete(p ui.Page) ui.Ask {
	return ui.Ask{Page: titled(p, ui.SettingsSection, "Delete", ui.Link{Text: "Settings", Href: galleryPath + "settings"}), Heading: "Delete Example Ltd?",
		Facts: []ui.AskFact{
			ui.Goes("2 mailboxes are disconnected at once, and passwords and permissions wiped."),
			ui.Goes("Nobody sees its 4 domains and their reports any more."),
			ui.CanUndo("For 30 days each owner can undo this, under “Your organizations”: reports, domains and members come back, mailboxes have to be connected again. Then everything is erased."),
			ui.Stays("The mails in your mailboxes are not touched."),
		},
		Action: galleryPath + "organization-delete", Button: "Delete the organization", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: galleryPath + "settings"}}
}
