package app

import (
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

// sampleSenderDrawer is a sender of the owner's that fails.
func sampleSenderDrawer(page string) reportweb.SenderDrawer {
	here := galleryPath + page
	return reportweb.SenderDrawer{
		Drawer: ui.Drawer{Title: "Example Campaigns", CloseHref: here}, Domain: "example.org", Kind: "sender of campaigns", Class: ui.NeedsFixing,
		Words: "4\u202f120 messages as example.org from 25 Oct – 21 Nov 2026, 4.0\u202f% of them passed.",
		Basis: "Its mail is signed with news.example.com, which belongs to Example Campaigns, and was not passed on.", Sure: "high",
		Fix: []reportweb.Fix{
			{By: "DKIM", Words: "Publish the two CNAME records that its settings show for example.org, then switch its signature for the domain on."},
			{By: "SPF", Words: "Give it a return path within example.org, such as bounces.example.org."},
		},
		FixSource: ui.Link{Text: "Authenticate your domain, read in 2026-11", Href: "https://example.com/"},
		Addresses: []reportweb.AddressRow{
			{Address: "198.51.100.31", Href: here, Name: "mta14.news.example.com", Network: "AS64500 Example Networks, DE"},
			{Address: "2001:db8:4::17", Href: here},
		},
		More: "and 14 more addresses", Href: here, Trend: ui.Trend{PerDay: []float64{120, 140, 90, 0, 0, 160, 155, 150, 149, 20, 0, 130, 170, 166}},
		Results: []reportweb.ResultRow{
			{DKIM: "does not pass", SPF: "does not pass", Did: "delivered", Messages: 3955},
			{DKIM: "passes, aligned", SPF: "does not pass", Did: "delivered", Messages: 165},
		},
		Receivers: []reportweb.ReporterRow{{Name: "google.com", Href: here, Messages: 3100, Passing: 120}, {Name: "Outlook.com", Href: here, Messages: 1020, Passing: 45}},
		Samples:   sampleRecords()[:1],
		Review:    reportweb.ReviewForm{Action: here, Key: "example-campaigns", Domain: "example.org", Back: here, Chosen: report.Authorised, Note: "Set up by marketing.", By: "Said by ada@example.org on 20 Nov 2026."},
	}
}

// sampleStranger is a sender that nobody knows and whose mail passes all the same.
func sampleStranger() reportweb.SenderDrawer {
	here := galleryPath + "senders"
	return reportweb.SenderDrawer{
		Drawer: ui.Drawer{Title: "203.0.113.77", CloseHref: here}, Domain: "example.org", Class: ui.Passing,
		Words:   "12 messages as example.org from 25 Oct – 21 Nov 2026, 100.0\u202f% of them passed.",
		Warning: "You say it is not yours, but mail of it passes as example.org: somebody lets it. Look at your SPF record and DKIM keys.",
		Basis:   "Nothing is known of it.", Sure: "low", Addresses: []reportweb.AddressRow{{Address: "203.0.113.77", Href: here}}, Href: here,
		Results: []reportweb.ResultRow{{DKIM: "not stated", SPF: "passes, aligned", Did: "delivered", Messages: 12}},
		Review:  reportweb.ReviewForm{Action: here, Key: "203.0.113.77", Domain: "example.org", Back: here, Chosen: report.NotMine},
	}
}
