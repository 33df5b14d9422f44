package siteweb

import (
	"strings"

	"sendvery.com/sendvery/web/ui"
)

// Facts are what the pages say of this one installation. Empty is what its
// operator has not said.
type Facts struct {
	Address  string // of the installation, without a slash at its end
	HTTPS    bool   // that address is an https one
	Operator string // who runs it
	Contact  string // for security problems: a mailto: or https: address
	Response string // what who reports one can expect
	Location string // where the data is
	Storage  string // how what is stored is encrypted below the database
	Backups  string // how backups are encrypted and kept
	TermsURL string
	Source   string // where the source of what runs can be had: an https address
	Version  string // of what runs

	TLS          string // who speaks it: "acme", "files", "proxy" or "off"
	Authority    string // host of the certificate authority; "" = none is asked
	SharedLimits bool   // rates are counted in Redis

	MailServer   string   // host that takes the program's own mail; "" = none is sent
	IPLookup     bool     // DNS is asked for names of sending addresses
	NetworkDNS   bool     // Team Cymru is asked for networks of sending addresses
	NetworkFiles bool     // networks or countries of those come from files
	DKIMLookup   bool     // DNS is asked for the keys of report mails
	Providers    []string // that let people connect a mailbox without a password
	Payments     bool     // organizations pay for plans, through Stripe
}

// contactLink leads to the contact; empty without one.
func (f Facts) contactLink() ui.Link {
	return ui.Link{Text: strings.TrimPrefix(f.Contact, "mailto:"), Href: f.Contact}
}

// asking is how to ask the operator for something.
func (f Facts) asking() string {
	switch {
	case f.Operator != "" && f.Contact != "":
		return "ask " + f.Operator + ", who runs it"
	case f.Contact != "":
		return "ask whoever runs it"
	case f.Operator != "":
		return "ask " + f.Operator + ", who runs it and has named no address here"
	}
	return "ask whoever gave you the address of this installation: its operator has named neither themselves nor a contact"
}
