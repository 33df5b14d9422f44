package siteweb

import "sendvery.com/sendvery/web/ui"

var openSourceLink = ui.Link{Text: "Open source", Href: "/open-source"}

// OpenSource is what the page about licence and source says.
func OpenSource(f Facts) Page {
	return Page{Heading: "Open source", Lead: "Sendvery is free software under AGPL-3.0: you may read it, change it and run it yourself.", Sections: []Section{
		{ID: "licence", Title: "The licence", Claims: []Claim{
			kept("agpl", "Sendvery is licensed under the GNU Affero General Public License, version 3 only (AGPL-3.0)."),
			kept("agpl", "You may run it for any purpose, read and change it, and pass it on. Whoever offers a changed one over a network must offer its users the changed source (section 13)."),
		}},
		{ID: "source", Title: "The source of what runs here", Claims: []Claim{source(f), kept("version-shown", "What runs here is Sendvery, "+f.Version+".")}},
		{ID: "quickstart", Title: "On your own machine", Claims: []Claim{
			kept("quickstart", "With Go 1.26 and Node.js 20 or newer, on Linux or macOS, this line in the folder of the source sets everything up and serves it at http://localhost:8080, with a demonstration mailbox:"),
		}, Commands: []string{"make run"}},
		{ID: "production", Title: "For others", Claims: []Claim{
			kept("self-hosting", "It is one program beside a PostgreSQL, with no limits and nothing to buy. How to run, back up and upgrade it stands in deploy/README.md of the source."),
		}},
	}}
}

// source says where the source is, or whom to ask for it.
func source(f Facts) Claim {
	if f.Source == "" {
		c := Claim{Promises: []string{"source-offered"}, By: Unsaid, Text: "The operator of this installation has not said where its source is. You have a right to it: " + f.asking() + "."}
		if f.Contact != "" {
			c.More = f.contactLink()
		}
		return c
	}
	return Claim{Promises: []string{"source-offered"}, By: Operator, Text: "The source of what runs here can be had, for nothing:", More: ui.Link{Text: f.Source, Href: f.Source}}
}
