package mail

import "strings"

// MailboxPaused is the mail about a mailbox that is no longer read until
// somebody does something.
type MailboxPaused struct {
	Mailbox      string // "dmarc@example.org at imap.example.org"
	Organization string // its name
	Sentence     string // what happened
	Advice       string // what to do; may be empty
	Link         string // to the mailbox's page
	Host         string // of this installation
}

// Subject says the news.
func (m MailboxPaused) Subject() string { return "Reading stopped: " + m.Mailbox }

// Text is the text part.
func (m MailboxPaused) Text() string {
	lines := []string{"Sendvery has stopped reading the mailbox " + m.Mailbox + " of " + m.Organization + ".", "", m.Sentence}
	if m.Advice != "" {
		lines = append(lines, m.Advice)
	}
	lines = append(lines,
		"",
		m.keeps(),
		"",
		"See the mailbox and go on: "+m.Link,
		"",
		"You get this mail because you manage mailboxes of "+m.Organization+".",
		"",
		"-- ",
		"Sendvery at "+m.Host,
		"")
	return strings.Join(lines, "\r\n")
}

func (m MailboxPaused) keeps() string {
	return "Nothing is lost: new reports wait in the mailbox, and reading goes on where it stopped."
}
