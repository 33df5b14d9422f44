package app

import "sendvery.com/sendvery/web/ui"

func sampleFilters(open bool) ui.FilterBar {
	here := galleryPath + "filters"
	bar := ui.FilterBar{
		ClearHref: here, Action: galleryPath + "filters-open", Open: open, Kept: []ui.FilterValue{{Name: "days", Value: "28"}},
		Chips: []ui.FilterChip{
			{Label: "Receiver", Value: "google.com", Href: here}, {Label: "Sender", Value: "mail-lf1-f41.with-a-rather-long-name.outbound.example.net", Href: here}, {Label: "Network", Value: "192.0.2.0/24", Href: here},
		},
		Fields: []ui.Field{
			{Name: "class", Label: "Verdict", Options: []ui.Option{{Text: "All"}, {Value: "passing", Text: "Passing"}, {Value: "fix", Text: "Needs fixing"}}},
			{Name: "disposition", Label: "What the receiver did", Options: []ui.Option{{Text: "Anything"}, {Value: "none", Text: "Delivered"}, {Value: "reject", Text: "Rejected"}}},
			{Name: "spf", Label: "SPF", Options: []ui.Option{{Text: "Any result"}, {Value: "aligned", Text: "Pass, aligned"}, {Value: "fail", Text: "Fail"}}},
			{Name: "dkim", Label: "DKIM", Options: []ui.Option{{Text: "Any result"}, {Value: "aligned", Text: "Pass, aligned"}, {Value: "fail", Text: "Fail"}}},
			{Name: "receiver", Label: "Receiver", Options: []ui.Option{{Text: "All receivers"}, {Value: "google.com", Text: "google.com"}}, Value: "google.com"},
			{Name: "country", Label: "Country", Options: []ui.Option{{Text: "All countries"}, {Value: "DE", Text: "Germany"}}},
			{Name: "sender", Label: "Sender", Value: "outbound.example.net"},
			{Name: "ip", Label: "IP address or network", Value: "192.0.2.0/24"},
		},
	}
	if open {
		bar.Chips = nil
		bar.Fields[7].Value, bar.Fields[7].Error, bar.Fields[7].Focus = "192.0.2.999", "This is neither an address nor a network. Write it like 192.0.2.1 or 192.0.2.0/24.", true
	}
	return bar
}

func sampleChecklist() ui.Checklist {
	return ui.Checklist{Items: []ui.ChecklistItem{
		{Text: "Connect the mailbox that reports arrive in", Detail: "dmarc@example.org is read every 15 minutes.", Done: true},
		{Text: "Choose your domains", Detail: "example.org and 2 more are watched.", Done: true},
		{Text: "Say which senders are yours", Detail: "4 senders wait for your word.", Href: galleryPath + "senders"},
		{Text: "Invite a colleague", Detail: "Somebody else should know where to look.", Href: galleryPath + "members"},
		{Text: "Wait for a week of reports", Detail: "Advice needs seven days. 3 are here."},
	}}
}

func sampleHits() []ui.Hit {
	return []ui.Hit{
		{Icon: "globe", Title: "example.org", Detail: "28 310 messages in 28 days", Kind: "Domain", Href: galleryPath + "domain"},
		{Icon: "globe", Title: "a-very-long-subdomain-of-a-campaign.example.org", Kind: "Domain", Href: galleryPath + "domain"},
		{Icon: "send", Title: "mta14.news.example.com", Detail: "198.51.100.31 and 6 more, needs fixing", Kind: "Sender", Href: galleryPath + "senders"},
		{Icon: "file-text", Title: "google.com about example.org", Detail: "20 Nov 2026, 1 204 messages", Kind: "Report", Href: galleryPath + "report"},
	}
}
