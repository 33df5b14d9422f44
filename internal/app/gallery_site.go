package app

import (
	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/site/siteweb"
	"sendvery.com/sendvery/web/ui"
)

func siteGallery() []galleryPage {
	var list []galleryPage
	for _, page := range []struct {
		name string
		draw func(siteweb.Facts) siteweb.Page
	}{
		{"security", siteweb.Security}, {"privacy", siteweb.Privacy}, {"terms", siteweb.Terms}, {"open-source", siteweb.OpenSource},
	} {
		draw := func(f siteweb.Facts) func(ui.Page) templ.Component {
			drawn := page.draw(f)
			return func(p ui.Page) templ.Component {
				drawn.Page = signedOut(p, drawn.Heading)
				return siteweb.Public(drawn)
			}
		}
		list = append(list, galleryPage{"site", page.name, draw(sampleFacts())},
			galleryPage{"site", page.name + "-unsaid", draw(siteweb.Facts{Address: "http://localhost:8080", Version: "development build"})})
	}
	return list
}

func sampleFacts() siteweb.Facts {
	return siteweb.Facts{
		Address: "https://sendvery.example", HTTPS: true, Operator: "Example Ltd", Contact: "mailto:security@example.org",
		Response: "We answer within 48 hours and mend what is critical within 14 days. We name you when you like.",
		Location: "Germany, in the European Union", Storage: "Disks are encrypted with LUKS.", Backups: "Encrypted before they leave the machine, kept for 30 days.",
		TermsURL: "https://example.org/terms", Source: "https://code.example.org/sendvery", Version: "v1.4.0",
		TLS: "acme", Authority: "acme.example.org", SharedLimits: true, MailServer: "mail.example.org", IPLookup: true, NetworkDNS: true, NetworkFiles: true, DKIMLookup: true, Providers: []string{"Google", "Microsoft"},
	}
}
