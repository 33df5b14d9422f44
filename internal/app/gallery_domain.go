package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func domainGallery() []galleryPage {
	return []galleryPage{
		{"report", "domains", func(p ui.Page) templ.Component { return reportweb.Domains(sampleDomainList(p)) }},
		{"report", "domains-empty", func(p ui.Page) templ.Component {
			return reportweb.Domains(reportweb.DomainsPage{Page: titled(p, ui.DomainsSection, "Domains"), Headline: "Domains", ConnectHref: galleryPath + "connect"})
		}},
		{"report", "domain", func(p ui.Page) templ.Component { return reportweb.Domain(sampleDomain(p)) }},
		{"report", "domain-sender", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Drawer = sampleSenderDrawer("domain")
			return reportweb.Domain(page)
		}},
		{"report", "domain-filtered", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Headline, page.Advice, page.Action = "12.1 % of 412 messages like these passed.", "A verdict needs all mail of the domain: remove the filters to see it.", ui.Link{}
			page.Filter = sampleFilters(false)
			return reportweb.Domain(page)
		}},
		{"report", "domain-empty", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Headline, page.Advice, page.Action, page.Empty = "No messages were reported for example.org in these days.", "", ui.Link{}, true
			page.EmptyWhy = "The last report about it arrived on 2 Oct 2026. Choose a longer range above, or see whether its mailbox still works."
			page.Policy, page.Receivers, page.Countries = nil, ui.HeatMap{}, ui.Countries{}
			return reportweb.Domain(page)
		}},
		{"report", "senders", func(p ui.Page) templ.Component { return reportweb.Senders(sampleSenderList(p)) }},
		{"report", "senders-reviewed", func(p ui.Page) templ.Component {
			page := sampleSenderList(p)
			page.Undo = reportweb.UndoReview{Action: galleryPath + "senders", Value: "x", Words: "Saved what you say of 2 senders.", Back: galleryPath + "senders"}
			return reportweb.Senders(page)
		}},
		{"report", "senders-unknown", func(p ui.Page) templ.Component {
			page := sampleSenderList(p)
			page.Drawer = sampleStranger()
			return reportweb.Senders(page)
		}},
		{"report", "senders-empty", func(p ui.Page) templ.Component {
			page := sampleSenderList(p)
			page.Headline, page.Senders, page.EmptyWhy = "No sender needs fixing.", nil, "All mail that is yours passed in these days. That is the state to keep."
			return reportweb.Senders(page)
		}},
	}
}

func sampleDomainList(p ui.Page) reportweb.DomainsPage {
	return reportweb.DomainsPage{Page: titled(p, ui.DomainsSection, "Domains"), Headline: "2 of 4 domains need you.", Days: sampleDays(), Domains: []reportweb.DomainRow{
		{Name: "example.com", Href: galleryPath + "domain", Tone: ui.Bad, Sentence: "96 messages of yours were rejected.", Policy: "p=reject", Split: ui.Split{Passing: 322, Fix: 96, Unknown: 50}, LastReport: ago(8 * time.Hour)},
		{Name: "example.org", Href: galleryPath + "domain", Tone: ui.Warning, Sentence: "2 senders to fix before enforcing.", Policy: "p=none", Split: ui.Split{Passing: 28310, Forwarded: 1911, Fix: 412, Unknown: 170}, LastReport: ago(2 * time.Hour)},
		{Name: "example.net", Href: galleryPath + "domain", Tone: ui.Good, Sentence: "Safe to enforce.", Policy: "p=quarantine", Split: ui.Split{Passing: 9812, Forwarded: 120}, LastReport: ago(6 * time.Hour)},
		{Name: "parked-with-a-rather-long-name.example", Href: galleryPath + "domain-empty", Sentence: "No messages in these days."},
	}}
}

func sampleDomain(p ui.Page) reportweb.DomainPage {
	volume := sampleVolume("domain")
	return reportweb.DomainPage{
		Page: titled(p, ui.DomainsSection, "example.org", ui.Link{Text: "Domains", Href: galleryPath + "domains"}), Name: "example.org",
		Headline: "91.9\u202f% of 30\u202f803 messages passed. Not safe to enforce yet.",
		Advice:   "A newsletter service and the office printer send real mail of yours without a signature of example.org.",
		Action:   ui.Link{Text: "Look at news.example.com first", Href: galleryPath + "reports"}, Days: sampleDays(), Span: volume.Since,
		Policy: samplePolicy(), PolicyFrom: "As google.com saw it on 20 Nov 2026.", Volume: volume, Senders: sampleSenders(), SenderCount: 9, SendersHref: galleryPath + "senders",
		Suggestions: []reportweb.Suggestion{{Domain: "news.example.org", Reports: 31, Action: galleryPath + "domain"}},
		Filter:      ui.FilterBar{Action: galleryPath + "domain", Fields: sampleFilters(false).Fields},
		Flow:        sampleFlow(), Receivers: sampleHeat(), Countries: sampleCountries(),
		ReportsHref: galleryPath + "reports",
	}
}

func samplePolicy() []reportweb.PolicyLine {
	return []reportweb.PolicyLine{
		{Tag: "p", Value: "none", Words: "Receivers deliver failing mail as usual and only report it."},
		{Tag: "sp", Value: "none", Words: "The same holds for subdomains."},
		{Tag: "adkim", Value: "r", Words: "A DKIM signature of a subdomain counts too (relaxed)."},
		{Tag: "aspf", Value: "r", Words: "A return path in a subdomain counts too (relaxed)."},
	}
}

func sampleSenderList(p ui.Page) reportweb.SendersPage {
	return reportweb.SendersPage{Page: titled(p, ui.SendersSection, "Senders"), Headline: "14 senders, 2 of them need you.", Advice: "Those that need attention come first, then by messages.",
		Days: sampleDays(), DomainFilter: sampleDomainChoices(), Senders: sampleSenders(), ReviewAction: galleryPath + "senders-reviewed", Pager: ui.Pager{Older: galleryPath + "senders", Text: "1 – 6 of 14"},
		Classes: []ui.Choice{{Text: "All", Href: galleryPath + "senders", Chosen: true, Count: "14"}, {Text: "Passing", Href: galleryPath + "senders", Count: "8"}, {Text: "Forwarded", Href: galleryPath + "senders", Count: "2"},
			{Text: "Needs fixing", Href: galleryPath + "senders", Count: "2"}, {Text: "Unknown", Href: galleryPath + "senders-empty", Count: "2"}}}
}
