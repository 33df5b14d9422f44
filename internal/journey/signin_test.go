package journey

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"
)

var linkPattern = regexp.MustCompile(`http://localhost:\d+/signin/link/\S+`)

// signsInByLink is a newcomer's first minute.
func (j *journey) signsInByLink() {
	j.open("/")
	j.at("/signin?next=%2F")
	j.picture("signin")
	j.asksForAMail(j.tab, ownerAddress)
	j.reads("Check your mail", ownerAddress)
	j.picture("signin-sent")

	link := j.opensTheMail(j.tab, ownerAddress)
	if printed := j.program.terminal.newest(j.T, linkPattern, j.mails); printed != link {
		j.Errorf("the terminal printed %s, the outbox has %s", printed, link)
	}
	j.picture("outbox")
	j.follow("#mail-link")
	j.at(strings.TrimPrefix(link, j.base))
	j.reads("Sign in as "+ownerAddress+"?", "This link was asked for in this browser.", "Chrome", "this computer")
	j.picture("signin-confirm")
	j.press("Sign in")

	at := j.where()
	org, ok := strings.CutSuffix(at, "/welcome")
	if !ok || !strings.HasPrefix(org, "/o/") {
		j.Fatalf("a newcomer lands on %s", at)
	}
	j.org = org
	j.reads("Where do your DMARC reports arrive?", "example.org")
	j.picture("welcome")
}

// asksForAMail types the address on the sign-in page and presses Enter.
func (j *journey) asksForAMail(b *tab, address string) {
	b.Helper()
	if status := b.arrive(typeInto("#field-email", address), enter()); status != 200 {
		b.Fatalf("asking for a link answers %d", status)
	}
	b.at("/signin/sent")
	j.mails++
	// The mail is sent by a job; the outbox shows it only once it is there.
	j.program.terminal.newest(b.T, linkPattern, j.mails)
}

// opensTheMail goes to the newest mail of the development outbox, which must
// be to the address, and returns its link.
func (j *journey) opensTheMail(b *tab, address string) string {
	b.Helper()
	b.follow(`//a[normalize-space(.)="Open the outbox"]`)
	b.follow(`main ul li a`)
	if to := b.text("main dd"); to != address {
		b.Fatalf("the newest mail is to %s, want %s", to, address)
	}
	return look[string](b, `document.getElementById("mail-link").href`)
}

// signsOutAndInByCode leaves by the menu's button and comes back with the six
// digits of the mail, after typing wrong ones.
func (j *journey) signsOutAndInByCode() {
	j.open(j.org + "/domains")
	j.do(click(`#nav details.menu-pop:has(form[action="/signout"]) summary`))
	j.follow(`#nav form[action="/signout"] button`)
	j.at("/signin")
	j.open(j.report)
	if !strings.HasPrefix(j.where(), "/signin?next=") {
		j.Fatalf("after signing out, a report opens at %s", j.where())
	}
	j.asksForAMail(j.tab, ownerAddress)
	j.opensTheMail(j.tab, ownerAddress)
	code := strings.ReplaceAll(j.text("#mail-code"), " ", "")
	j.open("/signin/sent")
	j.typesCode(j.tab, otherCode(code), 422)
	j.reads("That is not the code from the newest mail.")
	j.picture("signin-wrong-code")
	j.do(chromedp.Clear(chromedp.ID("field-code")))
	j.typesCode(j.tab, code, 200)
	j.at(j.report) // where the person wanted to go
}

// typesCode sends the code by Enter.
func (j *journey) typesCode(b *tab, code string, status int) {
	b.Helper()
	b.mind.expect(b.whole("/signin/code"))
	if got := b.arrive(typeInto("#field-code", code), enter()); got != status {
		b.Fatalf("the code %s answers %d, want %d", code, got, status)
	}
}

func otherCode(code string) string {
	other := fmt.Sprintf("%06d", 123456)
	if other == code {
		return "654321"
	}
	return other
}

// comesBackAfterARestart stops the program as Ctrl-C does and starts it again.
func (j *journey) comesBackAfterARestart() {
	j.open(j.org + "/?days=90")
	before := j.text("h1")
	j.program.stop()
	j.program.start()
	j.open(j.org + "/?days=90")
	if after := j.text("h1"); after != before {
		j.Errorf("after a restart the overview says %q, before %q", after, before)
	}
	j.open(j.report)
	j.open(j.mailbox)
	j.reads("Works.")
}
