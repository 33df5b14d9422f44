// Package authweb draws the pages of signing in and of signed-in devices, and
// the development outbox.
package authweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// SignInPage asks for the address. The form posts "email" and "next" to /signin.
type SignInPage struct {
	ui.Page
	Email string // as typed, kept after an error
	Error string // sentence about the address; empty = none
	Wait  string // how long until another link can be sent ("12 min"); empty = not limited
	Next  string // path to go to afterwards; may be empty
}

// SentPage says that the mail is on its way and takes the code. The form posts
// "code" to /signin/code. It looks the same whether or not the address is known.
type SentPage struct {
	ui.Page
	Email     string
	Lifetime  string // how long the link lives: "15 minutes"
	CodeError string // sentence about the code; empty = none
	SignedIn  string // address of the session that this browser already has and that the code would end; empty = none
}

// ConfirmPage is behind the link: it names who is asking, and its button posts
// to Action.
type ConfirmPage struct {
	ui.Page
	Action   string // the link's own path
	Email    string // whom the button signs in
	Device   string // of the asking browser: "Firefox on Windows"
	Network  string // of the asking browser: "203.0.113.0/24"
	Asked    format.Time
	Here     bool   // the link was asked for by this very browser
	SignedIn string // address of the session that this browser already has and that would end; empty = none
}

// LinkProblem says why a link does not sign in.
type LinkProblem string

// The problems, each with words of its own.
const (
	LinkExpired LinkProblem = "expired"
	LinkUsed    LinkProblem = "used"
	LinkMangled LinkProblem = "mangled"
)

// LinkProblemPage explains a link that does not work and offers the next step.
type LinkProblemPage struct {
	ui.Page
	Problem  LinkProblem
	Lifetime string // how long links live: "15 minutes"
	SignedIn bool   // this browser has a session: it can simply go on
}

// SessionsPage lists the person's signed-in devices.
type SessionsPage struct {
	ui.Page
	Sessions []Session // the present one first, then by last use
}

// Session is one signed-in browser. Its button posts "session" with the ID to
// /account/sessions; "session=others" ends all but the present one.
type Session struct {
	ID       string
	Device   string // "Firefox on Windows"
	Network  string // "203.0.113.0/24"
	Since    format.Time
	LastSeen format.Time
	Current  bool
}

// OutboxPage lists the mails that development mode has not sent.
type OutboxPage struct {
	ui.Page
	Mails []OutboxMail // newest first
}

// OutboxMail is one captured mail in the list.
type OutboxMail struct {
	Href    string
	To      string
	Subject string
	At      format.Time
}

// OutboxMailPage shows one captured mail.
type OutboxMailPage struct {
	ui.Page
	To      string
	Subject string
	At      format.Time
	Text    string   // the text part
	Links   []string // the addresses in the text part, to click
	Code    string   // the six digits where the mail carries some; may be empty
	HTML    string   // address that serves the HTML part; may be empty
}

func (p SignInPage) field() ui.Field {
	return ui.Field{
		Name: "email", Label: "E-mail address", Type: "email", Value: p.Email, Error: p.Error, MaxLength: 254,
		Autocomplete: "email", InputMode: "email", Required: true, Focus: true, Placeholder: "you@example.org",
	}
}

func (p SentPage) field() ui.Field {
	return ui.Field{
		Name: "code", Label: "Six-digit code from the mail", Error: p.CodeError, MaxLength: 7,
		Help:         "The code works in this browser only.",
		Autocomplete: "one-time-code", InputMode: "numeric", Pattern: "[0-9]{3} ?[0-9]{3}", Required: true, Focus: true,
	}
}

type problemWords struct{ Heading, Sentence string }

func (p LinkProblemPage) words() problemWords {
	switch p.Problem {
	case LinkExpired:
		return problemWords{"This link has expired", "A sign-in link lives for " + p.Lifetime + ". Ask for a new one; it takes a few seconds to arrive."}
	case LinkUsed:
		return problemWords{"This link was already used", "Each link signs in once. If it was not you who used it, sign in and look at your signed-in devices."}
	default:
		return problemWords{"This link is not complete", "Part of the address is missing or changed, which happens when a mail program breaks a long line. Copy the whole link out of the mail, or ask for a new one."}
	}
}

func (p SessionsPage) others() int { return max(len(p.Sessions)-1, 0) }
