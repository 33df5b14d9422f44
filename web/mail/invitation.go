package mail

import "strings"

// Invitation is the mail to somebody who is invited to an organization.
type Invitation struct {
	Organization string // its name
	Inviter      string // address of who invites
	Role         string // "admin"
	Email        string // the invited address
	Link         string
	Until        string // "4 Dec 2026, 14:05:09 UTC"
	Host         string // of this installation
}

// Subject says the news.
func (m Invitation) Subject() string { return m.Inviter + " invites you to " + m.name() }

// name is the organization's, which anybody can choose: mail programs are kept
// from making links of what looks like the name of a server, by a character
// without width.
func (m Invitation) name() string { return strings.ReplaceAll(m.Organization, ".", "\u200b.") }

// Text is the text part.
func (m Invitation) Text() string {
	return strings.Join([]string{
		m.Inviter + " invites you to “" + m.name() + "” on Sendvery, which reads DMARC reports and shows who sends mail as a domain.",
		"",
		m.offer(),
		"",
		"See the invitation: " + m.Link,
		"",
		m.how(),
		"",
		"-- ",
		"Sendvery at " + m.Host,
		"",
	}, "\r\n")
}

func (m Invitation) offer() string {
	return "Your role will be " + m.Role + ". The invitation is valid until " + m.Until + "."
}

func (m Invitation) how() string {
	return "Sign in as " + m.Email + ": there is no password, you get a link by mail. If you do not know who this is, do nothing; nobody is told."
}
