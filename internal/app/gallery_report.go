package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func reportGallery() []galleryPage {
	return append(overviewGallery(), append(append(domainGallery(), listGallery()...), receiptGallery()...)...)
}

func overviewGallery() []galleryPage {
	return []galleryPage{
		{"report", "overview", func(p ui.Page) templ.Component { return reportweb.Overview(sampleOverview(p)) }},
		{"report", "overview-doubted", func(p ui.Page) templ.Component {
			page := sampleOverview(p)
			page.Doubts = reportweb.Doubts{Href: galleryPath + "reports-filtered",
				Words: "20\u202f313 of 41\u202f203 messages came in report mails that are not authenticated: anybody could have written them. They are shown; verdicts and advice go by the other 20\u202f890."}
			page.Verdicts[0].Judged = "The verdict goes by the 10\u202f490 of them that came in authenticated reports."
			page.Verdicts[1].Sentence = "No verdict yet: none of 9\u202f932 messages was reported in an authenticated mail."
			page.Verdicts[1].Tone, page.Reports[1].Doubt = ui.Plain, "not authenticated"
			return reportweb.Overview(page)
		}},
		{"report", "overview-importing", func(p ui.Page) templ.Component {
			page := sampleOverview(p)
			page.Import = reportweb.ImportBanner{Running: true, Mailbox: "dmarc@example.org", Href: galleryPath + "mailbox-importing",
				Progress: ui.Progress{Done: 1412, Total: 2413, Rate: "about 120 mails a second", Left: "about 9\u00a0s left", Unit: "mails"}}
			page.FragmentHref, page.Suggestions = galleryPath+"nothing", nil
			return reportweb.Overview(page)
		}},
		{"report", "overview-no-mailbox", func(p ui.Page) templ.Component {
			return reportweb.Overview(reportweb.OverviewPage{Page: titled(p, ui.OverviewSection, "Overview"), State: reportweb.NoMailbox, Headline: "Who sends mail as you? Nothing is known yet.", ConnectHref: galleryPath + "connect"})
		}},
		{"report", "overview-no-reports", func(p ui.Page) templ.Component {
			return reportweb.Overview(reportweb.OverviewPage{Page: titled(p, ui.OverviewSection, "Overview"), State: reportweb.NoReports, Headline: "Connected. No report has arrived yet.",
				MailboxesHref: galleryPath + "mailboxes", Record: sampleRecord("overview-no-reports")})
		}},
		{"report", "overview-sender", func(p ui.Page) templ.Component {
			page := sampleOverview(p)
			page.Drawer = sampleSenderDrawer("overview")
			return reportweb.Overview(page)
		}},
		{"report", "overview-set-up", func(p ui.Page) templ.Component {
			page := sampleOverview(p)
			page.SetUp = sampleChecklist()
			page.GroupFilter = sampleGroupChoices()
			return reportweb.Overview(page)
		}},
		{"report", "overview-none-in-days", func(p ui.Page) templ.Component {
			page := sampleOverview(p)
			page.State, page.Headline, page.Advice, page.Action, page.Suggestions = reportweb.NoneInDays, "No messages were reported in these days.", "", ui.Link{}, nil
			return reportweb.Overview(page)
		}},
	}
}

func sampleOverview(p ui.Page) reportweb.OverviewPage {
	volume := sampleVolume("overview")
	return reportweb.OverviewPage{
		Page: titled(p, ui.OverviewSection, "Overview"), Headline: "98.7\u202f% of 41\u202f203 messages passed. 2\u00a0senders need you.",
		Advice: sampleAdvice,
		Action: ui.Link{Text: "Look at Mailchimp first", Href: galleryPath + "reports"}, Days: sampleDays(), DomainFilter: sampleDomainChoices(),
		Suggestions: []reportweb.Suggestion{{Domain: "shop.example.com", Reports: 12, Action: galleryPath + "overview"}},
		Verdicts: []reportweb.VerdictRow{
			{Domain: "example.org", Href: galleryPath + "domain", Tone: ui.Warning, Policy: "p=none", Sentence: "Not safe to enforce yet: 3.0\u202f% of 30\u202f803 messages, from 2 senders of yours, would be lost.",
				Split: ui.Split{Passing: 28310, Forwarded: 1911, Fix: 412, Unknown: 170}, Blockers: blockedVerdicts()[0].Blockers},
			{Domain: "example.net", Href: galleryPath + "domain", Tone: ui.Good, Policy: "p=quarantine", Sentence: "Safe to move to p=reject: nothing known as yours among 9\u202f932 messages would be lost; 0.0\u202f% come from strangers.", Split: ui.Split{Passing: 9812, Forwarded: 120}},
			{Domain: "example.com", Href: galleryPath + "domain", Tone: ui.Bad, Policy: "p=reject", Sentence: "Mail of yours is being stopped: 20.5\u202f% of 468 messages, from 3 senders of yours, fail under p=reject.", Split: ui.Split{Passing: 322, Fix: 96, Unknown: 50}, Blockers: []reportweb.BlockerRow{{Name: "app.example.com", Href: galleryPath + "reports", Lost: "96 of 96 messages fail"}}, Others: "and 2 other senders"},
			{Domain: "parked.example", Href: galleryPath + "domain-empty", Sentence: "No messages were reported in these days."},
		},
		Volume: volume, Span: volume.Since, Senders: sampleSenders(), SenderCount: 14, SendersHref: galleryPath + "senders",
		Reports: sampleReports()[:5], ReportCount: 2413, ReportsHref: galleryPath + "reports",
		Problems: sampleReceipts()[2:3], ProblemCount: 3, ProblemsHref: galleryPath + "receipts",
	}
}

const sampleAdvice = "Mailchimp and 203.0.113.24 send mail of yours that does not pass; p=reject would refuse it. What to do about each stands below."

func sampleDays() []ui.Choice {
	return []ui.Choice{{Text: "Last 7 days", Href: galleryPath + "overview"}, {Text: "Last 28 days", Href: galleryPath + "overview", Chosen: true}, {Text: "Last 90 days", Href: galleryPath + "overview"}}
}

func sampleGroupChoices() []ui.Choice {
	return []ui.Choice{{Text: "All groups", Href: galleryPath + "overview", Chosen: true}, {Text: "Shops", Href: galleryPath + "overview"}}
}

func sampleDomainChoices() []ui.Choice {
	return []ui.Choice{{Text: "All domains", Href: galleryPath + "overview", Chosen: true}, {Text: "example.org", Href: galleryPath + "domain"}, {Text: "example.net", Href: galleryPath + "domain"}, {Text: "example.com", Href: galleryPath + "domain"}}
}

// sampleVolume draws four weeks with quieter weekends, a source that is mended
// on the way, and two days that are still open.
func sampleVolume(id string) ui.Volume {
	v := ui.Volume{ID: id, Since: "25 Oct – 21 Nov 2026", Marks: []ui.VolumeMark{{Day: "2026-11-06", Text: "p=quarantine"}}}
	for i := range 28 {
		day := sampleNow().AddDate(0, 0, i-27)
		n := int64(1500 + (i*37)%290)
		if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
			n = int64(720 + (i*13)%60)
		}
		d := ui.VolumeDay{Day: day.Format(time.DateOnly), Href: galleryPath + "reports", Passing: n, Forwarded: n / 21, Fix: n / 10, Unknown: int64(i*7%23) + 4, Open: i > 25}
		if i > 16 {
			d.Fix = n / 30
		}
		if i == 9 {
			d.Long = 3
		}
		if d.Open {
			d.Passing, d.Fix, d.Forwarded, d.Unknown = n/int64(i-24), 12, 9, 3
		}
		v.Days = append(v.Days, d)
	}
	return v
}

func sampleSenders() []reportweb.SenderRow {
	line := func(base int64) (t ui.Trend) {
		for i := range int64(28) {
			t.PerDay = append(t.PerDay, float64(base+(i*i*7+i*13)%(base/2+5)))
		}
		return t
	}
	return []reportweb.SenderRow{
		{Href: galleryPath + "reports", Name: "Mailchimp", Detail: "7 addresses", Class: ui.NeedsFixing, Messages: 812, SPF: "not aligned", DKIM: "not aligned", Trend: line(30)},
		{Href: galleryPath + "reports", Name: "203.0.113.24", Detail: "no confirmed name", Class: ui.NeedsFixing, Messages: 96, SPF: "not aligned", DKIM: "not aligned", Trend: line(4)},
		{Href: galleryPath + "reports", Name: "mail-lf1-f41.outbound.example.net", Detail: "192.0.2.41 and 38 more", Class: ui.Passing, Messages: 30012, Passing: 30012, SPF: "aligned", DKIM: "aligned", Trend: line(900)},
		{Href: galleryPath + "reports", Name: "o365-eur05.mail.example", Detail: "192.0.2.96", Class: ui.Passing, Messages: 8298, Passing: 8290, SPF: "aligned", DKIM: "aligned", Trend: line(300)},
		{Href: galleryPath + "reports", Name: "lists.university.example", Detail: "2001:db8:4::17", Class: ui.Forwarded, Messages: 1911, Passing: 0, SPF: "not aligned", DKIM: "not aligned", Trend: line(60)},
		{Href: galleryPath + "reports", Name: "198.51.100.77", Detail: "no confirmed name", Class: ui.Unknown, Messages: 170, SPF: "not aligned", DKIM: "not aligned", Trend: line(6)},
	}
}

func sampleReports() []reportweb.ReportRow {
	return []reportweb.ReportRow{
		{Href: galleryPath + "report", Reporter: "google.com", Domain: "example.org", Days: "20 Nov 2026", Messages: 1204, Passing: 1188, Received: ago(2 * time.Hour)},
		{Href: galleryPath + "report", Reporter: "Seznam.cz", Domain: "example.org", Days: "20 Nov 2026", Messages: 18, Passing: 18, Received: ago(3 * time.Hour), Remark: "2 repairs"},
		{Href: galleryPath + "report", Reporter: "Outlook.com", Domain: "example.net", Days: "20 Nov 2026", Messages: 88, Passing: 88, Received: ago(6 * time.Hour)},
		{Href: galleryPath + "report", Reporter: "Yahoo", Domain: "example.com", Days: "19 – 20 Nov 2026", Messages: 41, Passing: 12, Received: ago(8 * time.Hour)},
		{Href: galleryPath + "report", Reporter: "GMX", Domain: "a-very-long-subdomain-of-a-campaign.example.org", Days: "19 Nov 2026", Messages: 7, Passing: 7, Received: ago(26 * time.Hour)},
		{Href: galleryPath + "report", Reporter: "Mail.Ru", Domain: "example.org", Days: "19 Nov 2026", Messages: 2, Passing: 0, Received: ago(27 * time.Hour)},
	}
}
