package siteweb

import "sendvery.com/sendvery/web/ui"

// Terms is what the page about terms says.
func Terms(f Facts) Page {
	own := said("terms", "on what terms it can be used beyond what stands here", "")
	if f.TermsURL != "" {
		own = Claim{Promises: []string{"terms"}, By: Operator, Text: "The operator’s own terms hold beside what stands here:", More: ui.Link{Text: "Terms of the operator", Href: f.TermsURL}}
	}
	return Page{Heading: "Terms", Lead: "The program is free software. Whoever runs this installation offers it to you, on terms of their own.", Sections: []Section{
		{ID: "operator", Title: "Who offers it", Claims: []Claim{runBy(f), own}},
		{ID: "program", Title: "The program", Claims: []Claim{
			kept("agpl", "It is free software under AGPL-3.0, and comes without any warranty, as sections 15 and 16 of that licence say."),
			{Promises: []string{"quickstart"}, Text: "What the licence gives you, and where the source is:", More: openSourceLink},
		}},
		{ID: "use", Title: "Your part", Claims: []Claim{
			asked("", "Connect mailboxes, and watch domains, that are yours or that you look after for their owner."),
			asked("", "Tell the people whose mail is in a shared mailbox that its reports are read here."),
			asked("no-scanners", "Run no automated scanners against this installation."),
		}},
	}}
}
