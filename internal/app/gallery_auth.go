package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/mail"
	"sendvery.com/sendvery/web/ui"
)

// sampleNow is the moment at which all samples are looked at.
func sampleNow() time.Time { return time.Date(2026, 11, 21, 14, 5, 9, 0, time.UTC) }

func ago(d time.Duration) format.Time { return format.When(sampleNow().Add(-d), sampleNow()) }

func ahead(d time.Duration) format.Time { return format.When(sampleNow().Add(d), sampleNow()) }

func signedOut(p ui.Page, title string) ui.Page {
	p.Title, p.Org, p.Orgs, p.Person = title, ui.Org{}, nil, ui.Person{}
	return p
}

func titled(p ui.Page, section ui.Section, title string, crumbs ...ui.Link) ui.Page {
	p.Title = title
	return p.In(section, crumbs...)
}

func authGallery() []galleryPage {
	return append([]galleryPage{
		{"auth", "signin", func(p ui.Page) templ.Component {
			return authweb.SignIn(authweb.SignInPage{Page: signedOut(p, "Sign in")})
		}},
		{"auth", "signin-error", func(p ui.Page) templ.Component {
			return authweb.SignIn(authweb.SignInPage{Page: signedOut(p, "Sign in"), Email: "ada@example", Error: "This is not a whole e-mail address. It needs a name, an @ and a domain such as example.org."})
		}},
		{"auth", "signin-limited", func(p ui.Page) templ.Component {
			return authweb.SignIn(authweb.SignInPage{Page: signedOut(p, "Sign in"), Email: "ada@example.org", Wait: "12\u00a0min"})
		}},
		{"auth", "signin-sent", func(p ui.Page) templ.Component {
			return authweb.Sent(authweb.SentPage{Page: signedOut(p, "Check your mail"), Email: "ada@example.org", Lifetime: "15 minutes"})
		}},
		{"auth", "signin-sent-other-account", func(p ui.Page) templ.Component {
			return authweb.Sent(authweb.SentPage{Page: signedOut(p, "Check your mail"), Email: "ada@example.org", Lifetime: "15 minutes", SignedIn: "grace@example.net"})
		}},
		{"auth", "signin-code-wrong", func(p ui.Page) templ.Component {
			return authweb.Sent(authweb.SentPage{Page: signedOut(p, "Check your mail"), Email: "ada@example.org", Lifetime: "15 minutes", CodeError: "That is not the code from the newest mail. Check the six digits and try again."})
		}},
		{"auth", "confirm", func(p ui.Page) templ.Component { return authweb.Confirm(sampleConfirm(p, true, "")) }},
		{"auth", "confirm-elsewhere", func(p ui.Page) templ.Component { return authweb.Confirm(sampleConfirm(p, false, "")) }},
		{"auth", "confirm-other-account", func(p ui.Page) templ.Component {
			return authweb.Confirm(sampleConfirm(p, true, "grace@example.net"))
		}},
		linkProblem(authweb.LinkExpired),
		linkProblem(authweb.LinkUsed),
		linkProblem(authweb.LinkMangled),
	}, accountGallery()...)
}

func sampleConfirm(p ui.Page, here bool, other string) authweb.ConfirmPage {
	return authweb.ConfirmPage{Page: signedOut(p, "Sign in"), Action: "/signin/link/sample", Email: "ada@example.org",
		Device: "Firefox on Windows", Network: "203.0.113.0/24", Asked: ago(40 * time.Second), Here: here, SignedIn: other}
}

func linkProblem(problem authweb.LinkProblem) galleryPage {
	return galleryPage{"auth", "link-" + string(problem), func(p ui.Page) templ.Component {
		return authweb.ProblemWithLink(authweb.LinkProblemPage{Page: signedOut(p, "Sign in"), Problem: problem, Lifetime: "15 minutes"})
	}}
}

func accountGallery() []galleryPage {
	sent := sampleSignIn()
	return []galleryPage{
		{"auth", "sessions", func(p ui.Page) templ.Component {
			p.Title = "Signed-in devices"
			return authweb.Sessions(authweb.SessionsPage{Page: p, Sessions: []authweb.Session{
				{ID: "1", Device: "Firefox on Windows", Network: "203.0.113.0/24", Since: ago(49 * time.Hour), LastSeen: ago(0), Current: true},
				{ID: "2", Device: "Safari on iPhone", Network: "198.51.100.0/24", Since: ago(12 * 24 * time.Hour), LastSeen: ago(3 * time.Hour)},
				{ID: "3", Device: "Chrome on macOS", Network: "2001:db8:17::/48", Since: ago(25 * 24 * time.Hour), LastSeen: ago(9 * 24 * time.Hour)},
			}})
		}},
		{"auth", "outbox", func(p ui.Page) templ.Component {
			return authweb.Outbox(authweb.OutboxPage{Page: signedOut(p, "Development outbox"), Mails: []authweb.OutboxMail{
				{Href: "/dev/gallery/outbox-mail", To: sent.Email, Subject: sent.Subject(), At: ago(30 * time.Second)},
				{Href: "/dev/gallery/outbox-mail", To: "grace@example.net", Subject: sent.Subject(), At: ago(20 * time.Minute)},
			}})
		}},
		{"auth", "outbox-empty", func(p ui.Page) templ.Component {
			return authweb.Outbox(authweb.OutboxPage{Page: signedOut(p, "Development outbox")})
		}},
		{"auth", "outbox-mail", func(p ui.Page) templ.Component {
			return authweb.OutboxMailView(authweb.OutboxMailPage{Page: signedOut(p, sent.Subject()), To: sent.Email,
				Subject: sent.Subject(), At: ago(30 * time.Second), Text: sent.Text(), Links: []string{sent.Link}, Code: sent.Code, HTML: "/dev/gallery/mail-signin"})
		}},
		{"mail", "mail-signin", func(ui.Page) templ.Component { return sent.HTML() }},
	}
}

func sampleSignIn() mail.SignIn {
	return mail.SignIn{Link: "https://sendvery.example/signin/link/pX0Jm3uCqV8hQz5Wb1Yt7Rk2Nf9Ls4Ad6Ge0Uo8Ii", Code: "482915", Lifetime: "15 minutes", Email: "ada@example.org",
		Device: "Firefox on Windows", Network: "203.0.113.0/24", Asked: "21 Nov 2026, 14:04 UTC", Host: "sendvery.example"}
}
