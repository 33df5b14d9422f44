package mailbox

import "sendvery.com/sendvery/internal/mailfetch"

// Preset is what is known of a mail provider.
type Preset struct {
	Key      string
	Name     string
	Host     string // "" = to be typed
	Port     int
	Security mailfetch.Security
	Advice   string // what the provider asks for
	Authserv string // authserv-id of the provider's servers; "" = not known
}

// Presets lists the providers to choose from; the last one is any other.
func Presets() []Preset {
	tls := func(key, name, host, advice string) Preset {
		return Preset{Key: key, Name: name, Host: host, Port: 993, Security: mailfetch.ImplicitTLS, Advice: advice}
	}
	const app = " Create an app password in your account's security settings and type that instead of your usual one."
	list := []Preset{
		tls("gmail", "Gmail", "imap.gmail.com", "Gmail wants an app password, which needs 2-step verification."+app),
		tls("microsoft", "Microsoft 365", "outlook.office365.com", "Many Microsoft 365 organizations refuse passwords for IMAP. If yours does, have reports delivered to another mailbox."),
		tls("fastmail", "Fastmail", "imap.fastmail.com", "Fastmail wants an app password with access to IMAP."),
		tls("yahoo", "Yahoo", "imap.mail.yahoo.com", "Yahoo wants an app password."+app),
		tls("icloud", "iCloud", "imap.mail.me.com", "iCloud wants an app-specific password from your Apple account."),
		tls("zoho", "Zoho", "imap.zoho.com", "Switch IMAP on in Zoho Mail's settings first. Accounts in the EU use imap.zoho.eu."),
		tls("gmx", "GMX", "imap.gmx.net", "Switch IMAP on in GMX's settings first."),
		tls("mailboxorg", "mailbox.org", "imap.mailbox.org", ""),
		tls("seznam", "Seznam", "imap.seznam.cz", "Switch IMAP on in Seznam's settings first."),
		{Key: "", Name: "Other", Port: 993, Security: mailfetch.ImplicitTLS},
	}
	list[0].Authserv = "mx.google.com"
	return list
}

// trusted is the authserv-id whose word is taken in this mailbox: the one that
// its owner gave, else that of a provider we know, which lets nobody else
// write it.
func (m Mailbox) trusted() string {
	if m.Authserv != "" {
		return m.Authserv
	}
	for _, p := range Presets() {
		if p.Host != "" && p.Host == m.Host {
			return p.Authserv
		}
	}
	return ""
}
