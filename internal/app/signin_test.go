package app_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/mailer"
)

func codeIn(m mailer.Message) string {
	return strings.ReplaceAll(regexp.MustCompile(`\b\d{3} ?\d{3}\b`).FindString(m.Text), " ", "")
}

// holds fails unless the page shows all of the texts.
func holds(t *testing.T, what string, p apptest.Page, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("%s: status %d, want %d", what, p.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("%s: the page does not say %q", what, text)
		}
	}
}

func TestConfirmPageNamesWhoAskedAndUsesNothingUp(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	asking := a.Browser(t)
	asking.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	link := asking.Link(t, "ada@first.example")
	for range 3 { // a mail scanner, and another one
		holds(t, "opened by a scanner", a.Browser(t).Get(t, link), 200, "ada@first.example", "Firefox on Linux", "198.51.100.0/24")
	}
	p := a.Browser(t).Post(t, link)
	if p.Status != 303 || p.Location != "/o/first-example/" {
		t.Errorf("confirming: %d to %q", p.Status, p.Location)
	}
	holds(t, "the link once more", asking.Post(t, link), 422, "already used")
	holds(t, "opened once more", asking.Get(t, link), 422, "already used")
}

func TestLinksThatDoNotWorkSayWhy(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	link := b.Link(t, "ada@first.example")
	holds(t, "cut", b.Get(t, link[:len(link)-9]), 422, "not complete")
	a.Clock.Advance(15 * time.Minute)
	holds(t, "too late", b.Get(t, link), 422, "has expired", "15 minutes")
	holds(t, "confirmed too late", b.Post(t, link), 422, "has expired")
}

func TestStrangersLinkDoesNotSilentlyReplaceASession(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	link := a.Browser(t).Link(t, "mallory@second.example")
	holds(t, "a stranger's link", b.Get(t, link), 200, "mallory@second.example", "ada@first.example")
	if p := b.Get(t, b.Home+"welcome"); p.Status != 200 {
		t.Errorf("the session has gone by looking: %d", p.Status)
	}
	if p := b.Post(t, link); p.Location != "/o/second-example/" {
		t.Errorf("confirming leads to %q", p.Location)
	}
	var n int
	query(t, a, `SELECT count(*) FROM sessions`).into(&n)
	if n != 1 {
		t.Errorf("%d sessions, want the older one ended", n)
	}
}

func TestCodeSignsInTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	b.Post(t, "/signin", "email", "Ada@First.example", "next", "/o/first-example/settings")
	code := codeIn(a.Mail(t, "ada@first.example"))
	holds(t, "waiting", b.Get(t, "/signin/sent"), 200, "Ada@First.example")
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	holds(t, "a wrong code", b.Post(t, "/signin/code", "code", wrong), 422, "not the code")
	if p := a.Browser(t).Post(t, "/signin/code", "code", code); p.Location != "/signin" {
		t.Errorf("in another browser: %d to %q", p.Status, p.Location)
	}
	if p := b.Post(t, "/signin/code", "code", code[:3]+" "+code[3:]); p.Status != 303 || p.Location != "/o/first-example/settings" {
		t.Errorf("the code: %d to %q", p.Status, p.Location)
	}
	holds(t, "signed in", b.Get(t, "/o/first-example/settings"), 200)
}

func TestTooManyAskingsSayHowLongToWait(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	link := b.Link(t, "ada@first.example")
	for range 4 {
		b.Link(t, "ada@first.example")
	}
	holds(t, "the sixth", b.Post(t, "/signin", "email", "ada@first.example"), 429, "min")
	if p := b.Post(t, link); p.Status != 303 {
		t.Errorf("the first link: %d", p.Status)
	}
}

func TestWrongAddressKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := apptest.New(t).Browser(t)
	holds(t, "no address", b.Post(t, "/signin", "email", "ada@"), 422, "Type a whole e-mail address", `value="ada@"`)
}

func TestSignedInDevicesAreEndedFromTheList(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second, third := a.SignIn(t, "ada@first.example"), a.SignIn(t, "ada@first.example"), a.SignIn(t, "ada@first.example")
	stranger := a.SignIn(t, "bob@second.example")
	var theirs string
	query(t, a, `SELECT session_id FROM sessions s JOIN people p USING (person_id) WHERE p.email = 'bob@second.example'`).into(&theirs)
	first.Post(t, "/account/sessions", "session", theirs)
	alive := func(b *apptest.Browser) bool { return b.Get(t, "/account/sessions").Status == 200 }
	if !alive(stranger) {
		t.Error("a stranger's session was ended")
	}
	first.Post(t, "/account/sessions", "session", "others")
	if !alive(first) || alive(second) || alive(third) || !alive(stranger) {
		t.Error("ending the others did not end exactly these")
	}
	if p := first.Get(t, "/signout"); p.Status != 404 || !alive(first) {
		t.Errorf("signing out by a link: %d", p.Status)
	}
	if p := first.Post(t, "/signout"); p.Location != "/signin" || alive(first) {
		t.Errorf("signing out: %d to %q", p.Status, p.Location)
	}
	again := a.SignIn(t, "ada@first.example")
	if again.Home != first.Home {
		t.Errorf("signing in again leads to %s, not %s", again.Home, first.Home)
	}
}
