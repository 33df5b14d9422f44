package app

import (
	"net/url"
	"strings"
	"unicode"

	"sendvery.com/sendvery/internal/mailaddr"
)

// OperatorConfig is what whoever runs an installation says about it. The
// public pages repeat it as theirs, and say so where something is left out.
type OperatorConfig struct {
	Name     string `name:"operator-name" cfg:"OPERATOR_NAME" help:"Who runs this installation, as the public pages name them: a person or a firm."`
	Emails   string `name:"operator-emails" cfg:"OPERATOR_EMAILS" help:"Addresses, comma separated, whose owners see /operator once they are signed in: how the installation is, without anything of customers. Empty: nobody."`
	Contact  string `name:"security-contact" cfg:"SECURITY_CONTACT" help:"Where security problems are reported: mailto:security@example.org, or an https address. /security shows it, and /.well-known/security.txt is served."`
	Response string `name:"security-response" cfg:"SECURITY_RESPONSE" help:"What to expect after a report, for /security: how soon you answer and mend, whom you credit."`
	Location string `name:"data-location" cfg:"DATA_LOCATION" help:"Where the data is, for the public pages: a country, a provider."`
	Storage  string `name:"storage-encryption" cfg:"STORAGE_ENCRYPTION" help:"How the storage below the database is encrypted, for /security."`
	Backups  string `name:"backups" cfg:"BACKUPS" help:"How backups are encrypted and how long they are kept, for the public pages."`
	Source   string `name:"source-url" cfg:"SOURCE_URL" help:"Where the source of exactly what runs here can be had: an https address, for /open-source. The AGPL asks it of whoever runs a changed Sendvery for others."`
	Terms    string `name:"terms-url" cfg:"TERMS_URL" help:"Your own terms of use: an https address, for /terms."`
}

// operator checks what the operator says of the installation.
func (p *problems) operator(c OperatorConfig) {
	for _, email := range fields(c.Emails) {
		if _, err := mailaddr.Parse(email); err != nil {
			p.add("OPERATOR_EMAILS", "holds something that is not a whole e-mail address")
			break
		}
	}
	if c.Contact != "" && !isContact(c.Contact) {
		p.add("SECURITY_CONTACT", "is neither mailto: with an address nor an https address")
	}
	for _, o := range []struct{ name, value string }{{"SOURCE_URL", c.Source}, {"TERMS_URL", c.Terms}} {
		if o.value != "" && !isHTTPS(o.value) {
			p.add(o.name, "is not an https address")
		}
	}
}

func isContact(s string) bool {
	address, mail := strings.CutPrefix(s, "mailto:")
	if !mail {
		return isHTTPS(s)
	}
	_, err := mailaddr.Parse(address)
	return err == nil && !strings.ContainsFunc(s, unicode.IsSpace)
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsFunc(s, unicode.IsSpace)
}
