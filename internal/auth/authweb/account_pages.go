package authweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// AccountPage shows what belongs to the person alone. The form posts "email" to
// /account/address.
type AccountPage struct {
	ui.Page
	Email      string
	NewEmail   string // as typed, kept after an error
	EmailError string
	Waiting    *WaitingAddress // nil: no change of address waits
}

// WaitingAddress is a change of address that waits to be confirmed.
type WaitingAddress struct {
	New                    string
	OldSaidYes, NewSaidYes bool
	Until                  format.Time
}

func (w WaitingAddress) sentence() string {
	switch {
	case w.OldSaidYes:
		return "The change to " + w.New + " waits for the link in the mail to that address."
	case w.NewSaidYes:
		return w.New + " has confirmed. The change waits for the link in the mail to your present address."
	}
	return "The change to " + w.New + " waits for the links in the mails to both addresses."
}

func (p AccountPage) emailField() ui.Field {
	return ui.Field{Name: "email", Label: "New e-mail address", Type: "email", Value: p.NewEmail, Error: p.EmailError, MaxLength: 254,
		Help:         "Both addresses get a link. Once both have confirmed, you are signed out everywhere and sign in with the new one.",
		Autocomplete: "email", InputMode: "email", Required: true, Focus: p.EmailError != ""}
}

// AddressPage is behind the link of one side. Its form posts "answer" to Action.
type AddressPage struct {
	ui.Page
	Action       string
	Old, New     string
	ToNew        bool // this is the link of the new address
	SaidYes      bool // this side has confirmed already
	OtherSaidYes bool
	Device       string
	Network      string
	Asked        format.Time
}

func (p AddressPage) heading() string {
	if p.SaidYes {
		return "This address has confirmed"
	}
	return "Change the address?"
}

func (p AddressPage) sentence() string {
	switch {
	case p.SaidYes:
		return "The change is made when the other address confirms it, too."
	case p.OtherSaidYes:
		return "The other address has confirmed. With your word the change is made, and every device is signed out."
	}
	return "The change is made once both addresses have confirmed it."
}

// AddressDonePage says what became of a change.
type AddressDonePage struct {
	ui.Page
	Heading, Sentence string
}

// RestorePage offers to take the deletion of the account back.
type RestorePage struct {
	ui.Page
	Email string
	Until format.Time // when it is erased
}
