package mailboxweb

import "sendvery.com/sendvery/web/ui"

// Grant is a provider that lets us into a mailbox without its password, and
// where that begins.
type Grant struct {
	Name string // "Google"
	Href string
}

// GrantPage asks for what a provider does not know, before the browser is sent
// there. It posts to Action the fields of Form by their lower-case names
// ("protocol", "folder", "since", "after", "move").
type GrantPage struct {
	ui.Page
	Provider   string // "Google"
	Action     string
	CancelHref string
	Renewed    string // the mailbox whose access is renewed: there is nothing to choose; empty = a new one
	Form       Form
	Errors     map[string]string // sentence by field name; empty = fine
}

// GrantFailedPage says why a provider did not let us in.
type GrantFailedPage struct {
	ui.Page
	Sentence  string
	RetryHref string
	BackHref  string
}

// fields are those of the page on which everything is typed.
func (p GrantPage) fields() ConnectPage { return ConnectPage{Form: p.Form, Errors: p.Errors} }

// Finding is the look-up of settings by a mail address, and what came of it.
type Finding struct {
	Action  string // GET asks with "address"
	Address string
	Error   string // what is wrong with the address; empty = fine
	Tone    ui.Tone
	Note    string    // where the settings come from, or why there are none; empty = nothing was asked
	Ignored []string  // a sentence for each server that cannot be used
	Others  []ui.Link // further servers that were found
	Grant   Grant     // who lets us into this mailbox without a password; zero = nobody
}

func (f Finding) field() ui.Field {
	return ui.Field{Name: "address", Label: "Your mail address", Value: f.Address, Error: f.Error, Type: "email", Autocomplete: "email", InputMode: "email", MaxLength: 254,
		Help: "Its provider or its domain often says which server to use.", Focus: f.Error != ""}
}
