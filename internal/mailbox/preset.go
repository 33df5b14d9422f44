package mailbox

import (
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/mailfetch"
)

// Preset is what is known of a mail provider.
type Preset struct {
	Key      string
	Name     string
	Host     string // "" = to be typed
	Port     int
	Security mailfetch.Security
	POP3     string // server for POP3 by TLS on port 995; "" = not offered
	SignIn   SignIn // who can let us in without a password, where it is set up; "" = nobody
	Advice   string // what the provider asks for
	Authserv string // authserv-id of the provider's servers; "" = not known

	domains []string // of the provider's own addresses
	takesIn []string // how the names of its servers that take in mail end
}

// presets are the providers that we know.
var presets = []Preset{
	{
		Key: "gmail", Name: "Gmail", Host: "imap.gmail.com", POP3: "pop.gmail.com", SignIn: "google", Authserv: "mx.google.com",
		Advice:  "Gmail wants an app password, which needs 2-step verification." + createOne,
		domains: []string{"gmail.com", "googlemail.com"}, takesIn: []string{".google.com", ".googlemail.com"},
	},
	{
		Key: "microsoft", Name: "Microsoft 365", Host: "outlook.office365.com", POP3: "outlook.office365.com", SignIn: "microsoft",
		Advice:  "Many Microsoft 365 organizations refuse passwords for IMAP. If yours does, have reports delivered to another mailbox.",
		domains: []string{"outlook.com", "hotmail.com", "live.com", "msn.com"}, takesIn: []string{".mail.protection.outlook.com", ".mx.microsoft"},
	},
	{
		Key: "fastmail", Name: "Fastmail", Host: "imap.fastmail.com", POP3: "pop.fastmail.com",
		Advice:  "Fastmail wants an app password with access to IMAP.",
		domains: []string{"fastmail.com", "fastmail.fm"}, takesIn: []string{".messagingengine.com"},
	},
	{
		Key: "yahoo", Name: "Yahoo", Host: "imap.mail.yahoo.com", POP3: "pop.mail.yahoo.com",
		Advice: "Yahoo wants an app password." + createOne,
		domains: []string{
			"yahoo.com", "yahoo.ca", "yahoo.co.in", "yahoo.co.uk", "yahoo.com.au", "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.in", "yahoo.it",
			"ymail.com", "rocketmail.com",
		},
		takesIn: []string{".yahoodns.net"},
	},
	{
		Key: "icloud", Name: "iCloud", Host: "imap.mail.me.com",
		Advice:  "iCloud wants an app-specific password from your Apple account.",
		domains: []string{"icloud.com", "me.com", "mac.com"}, takesIn: []string{".mail.icloud.com"},
	},
	{
		Key: "zoho", Name: "Zoho", Host: "imap.zoho.com", POP3: "pop.zoho.com",
		Advice:  "Switch IMAP on in Zoho Mail's settings first. Accounts in the EU use imap.zoho.eu.",
		domains: []string{"zoho.com", "zohomail.com"}, takesIn: []string{".zoho.com"},
	},
	{
		Key: "gmx", Name: "GMX", Host: "imap.gmx.net", POP3: "pop.gmx.net",
		Advice:  "Switch IMAP on in GMX's settings first.",
		domains: []string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch"}, takesIn: []string{".gmx.net"},
	},
	{
		Key: "mailboxorg", Name: "mailbox.org", Host: "imap.mailbox.org", POP3: "pop3.mailbox.org",
		domains: []string{"mailbox.org"}, takesIn: []string{".mailbox.org"},
	},
	{
		Key: "seznam", Name: "Seznam", Host: "imap.seznam.cz", POP3: "pop3.seznam.cz",
		Advice:  "Switch IMAP on in Seznam's settings first.",
		domains: []string{"seznam.cz", "email.cz", "post.cz"}, takesIn: []string{".seznam.cz"},
	},
	{Name: "Other"},
}

const createOne = " Create an app password in your account's security settings and type that instead of your usual one."

// Presets lists the providers to choose from; the last one is any other.
func Presets() []Preset {
	list := slices.Clone(presets)
	for i := range list {
		list[i].Port, list[i].Security = 993, mailfetch.ImplicitTLS
	}
	return list
}

// presetOf returns the first preset for which fits holds.
func presetOf(fits func(Preset) bool) (Preset, bool) {
	for _, p := range Presets() {
		if p.Host != "" && fits(p) {
			return p, true
		}
	}
	return Preset{}, false
}

// at reports whether a mail server is the provider's.
func (p Preset) at(host string) bool { return host != "" && (host == p.Host || host == p.POP3) }

// holds reports whether the provider has mailboxes of a domain by itself.
func (p Preset) holds(domain string) bool { return slices.Contains(p.domains, domain) }

// takes reports whether a server that takes in mail is the provider's.
func (p Preset) takes(server string) bool {
	return slices.ContainsFunc(p.takesIn, func(end string) bool { return strings.HasSuffix(server, end) })
}

// trusted is the authserv-id whose word is taken in this mailbox: the one that
// its owner gave, else that of a provider we know, which lets nobody else
// write it.
func (m Mailbox) trusted() string {
	if m.Authserv != "" {
		return m.Authserv
	}
	p, _ := presetOf(func(p Preset) bool { return p.at(m.Host) })
	return p.Authserv
}
