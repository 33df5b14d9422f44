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
	for _, f := range []Fix{{"SPF", p.SPF}, {"DKIM", p.DKIM}} { // what is said of DKIM may go on from there
		if f.Words != "" {
			list = append(list, f)
		}
	}
	if len(list) > 0 {
		return list, ui.Link{Text: p.Source + ", read in " + p.Checked, Href: p.Address}
	}
	if partly {
		return []Fix{{"DKIM", "Only part of its mail carries a valid signature of " + domain + ". Have the machines or settings that send the rest sign in the same way."}}, ui.Link{}
	}
	return []Fix{
		{"DKIM", "Have it sign its mail as " + domain + ": make a DKIM key in its settings, and publish its public half in your DNS below _domainkey." + domain + ". A signature survives forwarding, so it is the better one of the two."},
		{"SPF", "Or have bounces of its mail go to an address in " + domain + " (the return path), and name its servers in the SPF record of " + domain + "."},
	}, ui.Link{}
}
