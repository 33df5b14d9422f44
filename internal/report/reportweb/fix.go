package reportweb

import (
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/ui"
)

// Fix is one way to make mail pass.
type Fix struct {
	By    string // "DKIM", "SPF"
	Words string
}

// fixes says how mail of a sender is made to pass as a domain, and where that
// is from: the catalogue, or general advice without a source. partly says that
// some of its mail is signed as it should be.
func fixes(key, domain string, partly bool) (list []Fix, source ui.Link) {
	p, _ := sender.Provider(key)
	for _, f := range []Fix{{"DKIM", p.DKIM}, {"SPF", p.SPF}} {
		if f.Words != "" {
			list = append(list, f)
		}
	}
	if len(list) > 0 {
		return list, ui.Link{Text: p.Source + ", read in " + p.Checked, Href: p.Address}
	}
	if partly {
		return []Fix{{"DKIM", "Some of its mail is signed so that it counts for " + domain + ". Find the machines or settings whose signature is missing or does not verify, and have them sign as the others do."}}, ui.Link{}
	}
	return []Fix{
		{"DKIM", "Have it sign with d=" + domain + ": make a key there and publish it below _domainkey." + domain + ". That survives forwarding, so it is the better one of the two."},
		{"SPF", "Or have its return path lie in " + domain + ", and name its servers in the SPF record there."},
	}, ui.Link{}
}
