// Package mail writes the mails that Sendvery sends: each one struct, drawn as
// HTML for most readers and as a text twin that says the same.
package mail

import "strings"

// SignIn is the mail with the magic link.
type SignIn struct {
	Link     string // whole address, https
	Code     string // six digits
	Lifetime string // how long the link lives: "15 minutes"
	Email    string // whom it signs in
	Device   string // of the asking browser: "Firefox on Windows"
	Network  string // of the asking browser: "203.0.113.0/24"
	Asked    string // when, in UTC: "7 Nov 2026, 14:05 UTC"
	Host     string // of this installation, to tell it from others: "sendvery.example"
}

// Subject says the news. It does not carry the code, which a locked screen would show.
func (m SignIn) Subject() string { return "Your sign-in link for Sendvery" }

// Text is the text part.
func (m SignIn) Text() string {
	lines := []string{
		"Sign in to Sendvery as " + m.Email + ":",
		"",
		m.Link,
		"",
		"The link works once, within " + m.Lifetime + ".",
		"",
		"Or type this code in the browser that asked: " + m.spaced(),
		"",
		"Asked from " + m.Device + ", network " + m.Network + ", on " + m.Asked + ".",
		"If that was not you, delete this mail. Nobody can sign in without it.",
		"",
		"-- ",
		"Sendvery at " + m.Host,
		"",
	}
	return strings.Join(lines, "\r\n")
}

func (m SignIn) spaced() string {
	if len(m.Code) != 6 {
		return m.Code
	}
	return m.Code[:3] + " " + m.Code[3:]
}
