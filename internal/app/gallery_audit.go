package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/audit/auditweb"
	"sendvery.com/sendvery/web/ui"
)

func auditGallery() []galleryPage {
	return []galleryPage{
		{"audit", "audit", func(p ui.Page) templ.Component { return auditweb.Trail(sampleTrail(p)) }},
		{"audit", "audit-filtered", func(p ui.Page) templ.Component {
			page := sampleTrail(p)
			page.Filtered, page.Filter = true, auditweb.Filter{Action: "domain.add", By: "former", From: "2026-11-01", To: "2026-11-21"}
			page.Events, page.Pager = page.Events[1:2], ui.Pager{}
			return auditweb.Trail(page)
		}},
		{"audit", "audit-filtered-none", func(p ui.Page) templ.Component {
			page := sampleTrail(p)
			page.Filtered, page.Filter, page.Events = true, auditweb.Filter{By: "program"}, nil
			page.Nothing = ui.Nothing{Icon: "file-search", Title: "No change like this", Words: "Nothing that was recorded matches the filter.", Action: ui.Link{Text: "Show everything", Href: galleryPath + "audit"}}
			return auditweb.Trail(page)
		}},
		{"audit", "audit-empty", func(p ui.Page) templ.Component {
			page := sampleTrail(p)
			page.Headline, page.Events = "0 changes are recorded.", nil
			page.Nothing = ui.Nothing{Icon: "history", Title: "Nothing is recorded yet", Words: "Whoever adds a domain, connects a mailbox or changes a setting is listed here from then on."}
			return auditweb.Trail(page)
		}},
		{"audit", "activity", func(p ui.Page) templ.Component { return auditweb.Activity(sampleActivity(p)) }},
		{"audit", "activity-empty", func(p ui.Page) templ.Component {
			page := sampleActivity(p)
			page.Headline, page.Events, page.Pager = "0 events are recorded for your account.", nil, ui.Pager{}
			return auditweb.Activity(page)
		}},
	}
}

func sampleTrail(p ui.Page) auditweb.TrailPage {
	mailbox := []auditweb.Fact{{Name: "Domain", Value: "example.org"}, {Name: "Server", Value: "imap.mail.subsidiary-with-a-long-name.example.net"}}
	return auditweb.TrailPage{
		Page:     titled(p, ui.SettingsSection, "Audit trail", ui.Link{Text: "Settings", Href: galleryPath + "settings"}),
		Headline: "1\u202f482 changes are recorded.", Action: galleryPath + "audit-filtered", ClearHref: galleryPath + "audit", CSVHref: galleryPath + "nothing", AnchorHref: galleryPath + "nothing",
		Actions: []ui.Option{{Text: "Everything"}, {Value: "domain.add", Text: "Added a domain"}, {Value: "mailbox.delete", Text: "Deleted a mailbox with its password"}},
		People:  []ui.Option{{Text: "Anybody"}, {Value: "1", Text: "ada@example.org"}, {Value: "former", Text: "Former members"}, {Value: "program", Text: "Sendvery itself"}},
		Pager:   ui.Pager{Older: galleryPath + "audit"},
		Events: []auditweb.Event{
			{Number: "1482", What: "Deleted a mailbox with its password", Facts: mailbox, By: "ada@example.org", At: ago(4 * time.Minute)},
			{Number: "1481", What: "Added a domain", Subject: "a-domain-with-a-rather-long-name.example", By: "a former member", At: ago(3 * time.Hour)},
			{Number: "1480", What: "A mailbox was paused because it could not be read", Facts: append(mailbox, auditweb.Fact{Name: "Reason", Value: "wrong-password"}), By: "Sendvery", At: ago(26 * time.Hour)},
			{Number: "1479", What: "Renamed the organization", Subject: "Example Ltd", By: "grace.with-a-long-name@subsidiary.example.net", At: ago(8 * 24 * time.Hour)},
			{What: "Made the organization", By: "ada@example.org", At: ago(300 * 24 * time.Hour)},
		},
	}
}

func sampleActivity(p ui.Page) auditweb.ActivityPage {
	device := func(name, network string) []auditweb.Fact {
		return []auditweb.Fact{{Name: "Device", Value: name}, {Name: "Network", Value: network}}
	}
	p.Title = "Your activity"
	return auditweb.ActivityPage{
		Page: p, Headline: "214 events are recorded for your account.", Pager: ui.Pager{Older: galleryPath + "activity"}, Events: []auditweb.Event{
			{Number: "214", What: "Signed in", Facts: device("Firefox on Windows", "203.0.113.0/24"), At: ago(2 * time.Minute)},
			{Number: "213", What: "Signed out a device", Facts: device("Safari on iPhone", "2001:db8:17::/48"), At: ago(50 * time.Hour)},
			{Number: "212", What: "Signed in", Facts: device("Safari on iPhone", "2001:db8:17::/48"), At: ago(12 * 24 * time.Hour)},
		}}
}
