package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

// planGallery shows what is not counted because of the plan.
func planGallery() []galleryPage {
	return []galleryPage{
		{"report", "domains-aside", func(p ui.Page) templ.Component {
			page := sampleDomainList(p)
			page.Domains[3].Aside = true
			page.Aside = reportweb.PlanNote{Text: "1 domain is set aside, because your plan watches fewer domains. All that was counted can be read as before. New reports wait and are not counted.", Link: ui.Link{Text: "Choose which domains stay active", Href: galleryPath + "settings"}}
			return reportweb.Domains(page)
		}},
		{"report", "domain-waits", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Waiting = reportweb.PlanNote{Text: "32 reports about this domain wait, because all that your plan counts in a month are counted. As soon as there is room the newest come first; none is lost.", Link: ui.Link{Text: "See your plan", Href: galleryPath + "settings"}}
			return reportweb.Domain(page)
		}},
		{"report", "domain-aside-empty", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Headline, page.Advice, page.Action = "No messages were reported for example.org in these days.", "", ui.Link{}
			page.Aside = reportweb.PlanNote{Text: "This domain is set aside, because your plan watches fewer domains. All that was counted can be read as before. New reports wait and are not counted.", Link: ui.Link{Text: "Choose which domains stay active", Href: galleryPath + "settings"}}
			page.Empty = ui.Nothing{Icon: "calendar-x", Title: "Set aside", Words: "12 reports wait and will be counted once this domain is active.", Action: page.Aside.Link}
			page.Policy, page.Receivers, page.Countries = nil, ui.HeatMap{}, ui.Countries{}
			return reportweb.Domain(page)
		}},
	}
}

func domainGallery() []galleryPage {
	return append(planGallery(), []galleryPage{
		{"report", "domains", func(p ui.Page) templ.Component { return reportweb.Domains(sampleDomainList(p)) }},
		{"report", "domains-empty", func(p ui.Page) templ.Component {
			return reportweb.Domains(reportweb.DomainsPage{Page: titled(p, ui.DomainsSection, "Domains"), Headline: "No domains here", Empty: ui.Nothing{Icon: "globe", Title: "No domains yet",
				Words: "Domains appear by themselves: connect the mailbox your reports arrive in, and choose among those that are found.", Action: ui.Link{Text: "Connect a mailbox", Href: galleryPath + "connect"}}})
		}},
		{"report", "domains-add", func(p ui.Page) templ.Component { return reportweb.AddDomains(sampleAdd(p)) }},
		{"report", "domains-added", func(p ui.Page) templ.Component {
			page := sampleAdd(p)
			page.Headline, page.Names = "1 of 4 domains was added.", "not a name\n"
			page.Outcomes = []reportweb.AddedName{
				{Name: "example.org", Href: galleryPath + "domain", Tone: ui.Good, Words: "Added. Reports that waited for it are being counted."},
				{Name: "example.net", Href: galleryPath + "domain", Words: "Watched already."},
				{Name: "not_a_name", Tone: ui.Bad, Words: "Not a domain name. It should look like example.org."},
				{Name: "example.com", Tone: ui.Warning, Words: "Not added: your plan watches up to 5 domains."},
			}
			return reportweb.AddDomains(page)
		}},
		{"report", "domains-add-error", func(p ui.Page) templ.Component {
			page := sampleAdd(p)
			page.Error = "Paste at least one domain name, such as example.org."
			return reportweb.AddDomains(page)
		}},
		{"report", "search", func(p ui.Page) templ.Component { return reportweb.Search(sampleSearch(p, "example", sampleHits())) }},
		{"report", "search-nothing", func(p ui.Page) templ.Component { return reportweb.Search(sampleSearch(p, "nobody", nil)) }},
		{"report", "search-begin", func(p ui.Page) templ.Component { return reportweb.Search(sampleSearch(p, "", nil)) }},
		{"report", "domain-groups", func(p ui.Page) templ.Component { return reportweb.Groups(sampleGroups(p)) }},
		{"report", "domain-groups-error", func(p ui.Page) templ.Component {
			page := sampleGroups(p)
			page.Groups[1].Error = "There is a group of this name already."
			page.Name.Value, page.Name.Error = "Shops", "There is a group of this name already."
			return reportweb.Groups(page)
		}},
		{"report", "domain-groups-empty", func(p ui.Page) templ.Component {
			page := sampleGroups(p)
			page.Headline, page.Groups = "0 groups of domains", nil
			return reportweb.Groups(page)
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
			page.Verdict = nil
			page.Filter = sampleFilters(false)
			return reportweb.Domain(page)
		}},
		{"report", "domain-empty", func(p ui.Page) templ.Component {
			page := sampleDomain(p)
			page.Headline, page.Advice, page.Action = "No messages were reported for example.org in these days.", "", ui.Link{}
			page.Empty = ui.Nothing{Icon: "calendar-x", Title: "No messages in these days", Words: "The last report about it arrived on 2 Oct 2026. Choose a longer range above, or see whether its mailbox still works."}
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
			page.Headline, page.Advice, page.Senders = "12 senders, none needs you.", "", nil
			page.Classes[0].Chosen, page.Classes[0].Count, page.Classes[3].Chosen, page.Classes[3].Count = false, "12", true, "0"
			page.Nothing = ui.Nothing{Icon: "circle-check", Title: "No sender needs fixing", Words: "None of yours fails more than now and then in these days.", Action: ui.Link{Text: "Show all senders", Href: galleryPath + "senders"}}
			return reportweb.Senders(page)
		}},
		{"report", "senders-none", func(p ui.Page) templ.Component {
			page := sampleSenderList(p)
			page.Headline, page.Advice, page.Senders, page.Classes = "No senders in these days", "", nil, nil
			page.Nothing = ui.Unfed(p.Org, false, false, true)
			return reportweb.Senders(page)
		}},
	}...)
}

func sampleDomainList(p ui.Page) reportweb.DomainsPage {
	return reportweb.DomainsPage{Page: titled(p, ui.DomainsSection, "Domains"), Headline: "2 of 5 domains need you.", Days: sampleDays(),
		AddHref: galleryPath + "domains-add", GroupsHref: galleryPath + "domain-groups", Search: reportweb.DomainSearch{Action: galleryPath + "domains"},
		Groups:    []ui.Choice{{Text: "All groups", Href: galleryPath + "domains", Chosen: true}, {Text: "Shops", Href: galleryPath + "domains"}},
		Standings: []ui.Choice{{Text: "All", Href: galleryPath + "domains", Chosen: true, Count: "5"}, {Text: "Need you", Href: galleryPath + "domains", Count: "2"}, {Text: "Safe to move", Href: galleryPath + "domains", Count: "1"}, {Text: "Enforced", Href: galleryPath + "domains", Count: "1"}, {Text: "No messages", Href: galleryPath + "domains", Count: "1"}},
		Assign:    reportweb.Assign{Action: galleryPath + "domains", Groups: []ui.Option{{Value: "1", Text: "Shops"}, {Value: "none", Text: "No group"}}},
		Pager:     ui.Pager{Older: galleryPath + "domains", Text: "1 – 5 of 300"},
		Domains: []reportweb.DomainRow{
			{Name: "example.com", Group: "Shops", Href: galleryPath + "domain", Tone: ui.Bad, Sentence: "Mail of yours is being stopped: 20.5\u202f% of 468 messages, from 3 senders of yours, fail under p=reject.", Policy: "p=reject", Split: ui.Split{Passing: 322, Fix: 96, Unknown: 50}, LastReport: ago(8 * time.Hour)},
			{Name: "example.org", Href: galleryPath + "domain", Tone: ui.Warning, Sentence: "Not safe to enforce yet: 3.0\u202f% of 30\u202f803 messages, from 2 senders of yours, would be lost.", Policy: "p=none", Split: ui.Split{Passing: 28310, Forwarded: 1911, Fix: 412, Unknown: 170}, LastReport: ago(2 * time.Hour)},
			{Name: "example.net", Href: galleryPath + "domain", Tone: ui.Good, Sentence: "Safe to move to p=reject: nothing known as yours among 9\u202f932 messages would be lost; 0.0\u202f% come from strangers.", Policy: "p=quarantine", Split: ui.Split{Passing: 9812, Forwarded: 120}, LastReport: ago(6 * time.Hour)},
			{Name: "brand.example", Href: galleryPath + "domain", Tone: ui.Good, Sentence: "None of 382 messages is known as yours, and p=reject stops them: right for a domain that sends no mail.", Policy: "p=reject", Split: ui.Split{Unknown: 382}, LastReport: ago(7 * time.Hour)},
			{Name: "parked-with-a-rather-long-name.example", Href: galleryPath + "domain-empty", Sentence: "No messages were reported in these days."},
		}}
}

func sampleDomain(p ui.Page) reportweb.DomainPage {
	volume, verdict := sampleVolume("domain"), blockedVerdicts()[0]
	return reportweb.DomainPage{
		Page: titled(p, ui.DomainsSection, "example.org", ui.Link{Text: "Domains", Href: galleryPath + "domains"}), Name: "example.org",
		Headline: verdict.Sentence,
		Advice:   sampleAdvice, Verdict: &verdict,
		Action: ui.Link{Text: "Look at Mailchimp first", Href: galleryPath + "reports"}, Days: sampleDays(), Span: volume.Since,
		Policy: samplePolicy(), PolicyFrom: "As google.com saw it on 20 Nov 2026.", Volume: volume, Senders: sampleSenders(), SenderCount: 9, SendersHref: galleryPath + "senders",
		Suggestions: []reportweb.Suggestion{{Domain: "news.example.org", Reports: 31, Action: galleryPath + "domain"}},
		Filter:      ui.FilterBar{Action: galleryPath + "domain", Fields: sampleFilters(false).Fields},
		Reporters: []reportweb.ReporterRow{
			{Name: "google.com", Href: galleryPath + "reports", Reports: 28, Messages: 21040, Passing: 20411, Last: ago(2 * time.Hour)},
			{Name: "Yahoo", Href: galleryPath + "reports", Reports: 25, Messages: 3011, Passing: 2507, Last: ago(20 * time.Hour)},
		},
		Flow: sampleFlow(), Receivers: sampleHeat(), Countries: sampleCountries(),
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
			{Text: "Needs fixing", Href: galleryPath + "senders-empty", Count: "2"}, {Text: "Unknown", Href: galleryPath + "senders", Count: "2"}}}
}

func sampleAdd(p ui.Page) reportweb.AddDomainsPage {
	return reportweb.AddDomainsPage{Page: titled(p, ui.DomainsSection, "Add domains", ui.Link{Text: "Domains", Href: galleryPath + "domains"}),
		Action: galleryPath + "domains-added", Cancel: ui.Link{Text: "Back to your domains", Href: galleryPath + "domains"}}
}

func sampleGroups(p ui.Page) reportweb.GroupsPage {
	row := func(id, name, domains string) reportweb.GroupRow {
		return reportweb.GroupRow{ID: id, Name: name, Typed: name, Domains: domains, Href: galleryPath + "domains", OverviewHref: galleryPath + "overview",
			RenameAction: galleryPath + "domain-groups", DeleteHref: galleryPath + "domain-groups"}
	}
	return reportweb.GroupsPage{
		Page: titled(p, ui.DomainsSection, "Groups", ui.Link{Text: "Domains", Href: galleryPath + "domains"}), Headline: "2 groups of domains", Action: galleryPath + "domain-groups",
		Name:   ui.Field{Name: "name", Label: "New group", Help: "A customer, a brand or a region. A domain is in one group at most.", MaxLength: 60, Required: true, Autocomplete: "off"},
		Groups: []reportweb.GroupRow{row("1", "Shops", "12 domains"), row("2", "A customer with a rather long name in the north", "188 domains")},
	}
}

func sampleSearch(p ui.Page, q string, hits []ui.Hit) reportweb.SearchPage {
	return reportweb.SearchPage{Page: titled(p, ui.NoSection, "Search"), Action: galleryPath + "search", Q: q, Hits: hits}
}
