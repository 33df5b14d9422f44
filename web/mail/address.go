package mail

import "strings"

// AddressChange is the mail to one of the two addresses that confirm a change.
type AddressChange struct {
	Old, New string
	ToNew    bool   // this mail goes to the new address
	Device   string // of the asking browser
	Network  string
	Asked    string // "21 Nov 2026, 14:05:09 UTC"
	Lifetime string // "1 h"
	Link     string
	Host     string // of this installation
}

// Subject says the news.
func (m AddressChange) Subject() string {
	if m.ToNew {
		return "Confirm your new address for Sendvery"
	}
	return "Confirm that your address for Sendvery changes"
}

// Text is the text part.
func (m AddressChange) Text() string {
	return strings.Join([]string{
		m.news(),
		"",
		m.both(),
		"",
		"See and confirm it: " + m.Link,
		"",
		m.asked(),
		"",
		"-- ",
		"Sendvery at " + m.Host,
		"",
	}, "\r\n")
}

func (m AddressChange) news() string {
	return "Somebody who is signed in as " + m.Old + " asks to sign in as " + m.New + " from now on."
}

func (m AddressChange) both() string {
	return "The change is made once both addresses have confirmed it, within " + m.Lifetime + "."
}

func (m AddressChange) asked() string {
	return "Asked for on " + m.Asked + " by " + m.Device + ", network " + m.Network + ". If that was not you, open the link and stop the change."
}
