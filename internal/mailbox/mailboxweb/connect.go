// Package mailboxweb draws the pages on which mailboxes are connected, tested,
// watched and deleted.
package mailboxweb

import (
	"slices"

	"sendvery.com/sendvery/web/ui"
)

// ConnectPage is the form of a new mailbox, or of one that is being changed.
// It posts to Action the fields of Form by their lower-case names ("host",
// "port", "security", "username", "password", "folder", "after", "since", "preset").
type ConnectPage struct {
	ui.Page
	Action       string
	CancelHref   string // where "cancel" leads
	Presets      []Preset
	Grants       []Grant // providers that let us in without a password
	Find         Finding // the settings by the mail address
	Form         Form
	Folders      []string          // that the server listed at the last test; empty = not known
	Errors       map[string]string // sentence by field name; empty = fine
	Editing      bool              // a stored mailbox is changed: the password may stay empty
	Mailbox      string            // name of the mailbox that is changed
	Granted      Grant             // who lets us into it without a password; zero = nobody
	PrivateHosts bool              // the operator allows hosts in private networks
}

// Preset is one provider to choose.
type Preset struct {
	Name     string // "Gmail"
	Href     string // this page with the preset chosen
	Chosen   bool
	Advice   string // what this provider asks for, in a sentence or two; shown when chosen
	Demo     bool   // the demonstration mailbox of development mode
	Complete bool   // host, port and security are given by the preset, so they are folded away
}

// Form holds the values as typed; the password is never among them.
type Form struct {
	Preset   string
	Protocol string // "imap" or "pop3"
	MoveTo   string // folder of the choice "move"
	Host     string
	Port     string
	Security string // "tls" or "starttls"
	Username string
	Folder   string // "INBOX"
	After    string // what happens to an imported report mail: "leave", "seen", "move" or "delete"
	Authserv string // "mx.example.org"
	Since    string // how far back to read first, in days: "30", "90", "365", or "all"
}

func (p ConnectPage) chosen() Preset {
	for _, preset := range p.Presets {
		if preset.Chosen {
			return preset
		}
	}
	return Preset{}
}

// folded tells whether the server's fields can stay out of sight.
func (p ConnectPage) folded() bool {
	return p.chosen().Complete && p.Errors["host"] == "" && p.Errors["port"] == "" && p.Errors["security"] == ""
}

// focus puts the cursor into the first field with an error, else the first to fill in.
func (p ConnectPage) focus(name string) bool {
	for _, field := range []string{"protocol", "host", "port", "security", "username", "password", "folder", "move"} {
		if p.Errors[field] != "" {
			return field == name
		}
	}
	if len(p.Errors) > 0 || p.Find.Error != "" || p.Find.Note != "" {
		return false // what was found is read first
	}
	if p.chosen().Complete {
		return name == "username"
	}
	return name == "host"
}

func (p ConnectPage) summary() string {
	switch len(p.Errors) {
	case 0:
		return ""
	case 1:
		return "Nothing was saved. One field needs a correction."
	default:
		return "Nothing was saved. Some fields need a correction."
	}
}

func (p ConnectPage) protocol() ui.Field {
	return ui.Field{Name: "protocol", Label: "Protocol", Value: p.Form.Protocol, Error: p.Errors["protocol"], Focus: p.focus("protocol"),
		Help:    "IMAP where your provider offers it. POP3 has no folders, dates or marks.",
		Options: []ui.Option{{Value: "imap", Text: "IMAP"}, {Value: "pop3", Text: "POP3"}}}
}

func (p ConnectPage) host() ui.Field {
	return ui.Field{Name: "host", Label: "Mail server", Value: p.Form.Host, Error: p.Errors["host"], Help: "For example imap.example.org.",
		Autocomplete: "off", InputMode: "url", Required: true, MaxLength: 253, Focus: p.focus("host")}
}

func (p ConnectPage) port() ui.Field {
	return ui.Field{Name: "port", Label: "Port", Value: p.Form.Port, Error: p.Errors["port"], Help: "IMAP: 993 with TLS, 143 with STARTTLS. POP3: 995 or 110.",
		Autocomplete: "off", InputMode: "numeric", Required: true, MaxLength: 5, Focus: p.focus("port")}
}

func (p ConnectPage) security() ui.Field {
	return ui.Field{Name: "security", Label: "Security", Value: p.Form.Security, Error: p.Errors["security"],
		Help: "A connection without encryption is never made.", Focus: p.focus("security"),
		Options: []ui.Option{{Value: "tls", Text: "TLS from the start"}, {Value: "starttls", Text: "STARTTLS"}}}
}

func (p ConnectPage) username() ui.Field {
	return ui.Field{Name: "username", Label: "User name", Value: p.Form.Username, Error: p.Errors["username"], Help: "Most often the whole mail address.",
		Autocomplete: "off", Required: true, MaxLength: 254, Focus: p.focus("username")}
}

func (p ConnectPage) password() ui.Field {
	help := "Sealed before it is stored, and never shown again."
	if p.Editing {
		help = "Leave it empty to keep the stored password."
	}
	return ui.Field{Name: "password", Label: "Password", Type: "password", Error: p.Errors["password"], Help: help,
		Autocomplete: "new-password", Required: !p.Editing, MaxLength: 1000, Focus: p.focus("password")}
}

// folder is a choice where the server's list is known, else a field to type in.
func (p ConnectPage) folder() ui.Field {
	if len(p.Folders) > 0 {
		f := ui.Field{Name: "folder", Label: "Folder", Value: p.Form.Folder, Error: p.Errors["folder"], Help: "What your server lists. INBOX, unless a rule moves your reports elsewhere.", Focus: p.focus("folder")}
		if !slices.Contains(p.Folders, p.Form.Folder) {
			f.Options = []ui.Option{{Value: p.Form.Folder, Text: p.Form.Folder}}
		}
		for _, name := range p.Folders {
			f.Options = append(f.Options, ui.Option{Value: name, Text: name})
		}
		return f
	}
	return ui.Field{Name: "folder", Label: "Folder", Value: p.Form.Folder, Error: p.Errors["folder"],
		Help: "INBOX, unless a rule moves your reports elsewhere.", Autocomplete: "off", Required: true, MaxLength: 200, Focus: p.focus("folder")}
}

func (p ConnectPage) after() ui.Field {
	return ui.Field{Name: "after", Label: "A report mail that was imported", Value: p.Form.After, Error: p.Errors["after"],
		Help: "Mail that is no report is never touched.",
		Options: []ui.Option{
			{Value: "leave", Text: "stays exactly as it is"},
			{Value: "seen", Text: "is marked as read"},
			{Value: "move", Text: "is moved to another folder"},
			{Value: "delete", Text: "is deleted; its report and its original stay here"},
		}}
}

func (p ConnectPage) move() ui.Field {
	return ui.Field{Name: "move", Label: "Folder for imported report mails", Value: p.Form.MoveTo, Error: p.Errors["move"],
		Help: "It is created if it does not exist.", Placeholder: "DMARC", Autocomplete: "off", MaxLength: 200, Focus: p.focus("move")}
}

func (p ConnectPage) authserv() ui.Field {
	return ui.Field{Name: "authserv", Label: "Name of your incoming mail server", Value: p.Form.Authserv, Error: p.Errors["authserv"],
		Help:        "Optional. Open the source of any mail you received and look for “Authentication-Results:”. Copy the name right after it. Sendvery then trusts that server's check of who sent a report. For Microsoft 365, which writes no name, type a hyphen. Without a name, Sendvery verifies the DKIM signature of the report mail and asks DNS for its key, unless the operator of this installation has switched that off.",
		Placeholder: "mx.example.org", Autocomplete: "off", MaxLength: 200, Focus: p.focus("authserv")}
}

func (p ConnectPage) since() ui.Field {
	return ui.Field{Name: "since", Label: "Read back", Value: p.Form.Since, Error: p.Errors["since"],
		Help: "How old the mails of the first import may be. POP3 does not tell dates: there everything is read.",
		Options: []ui.Option{
			{Value: "30", Text: "30 days"},
			{Value: "90", Text: "90 days"},
			{Value: "365", Text: "One year"},
			{Value: "all", Text: "Everything there is"},
		}}
}
