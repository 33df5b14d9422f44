package journey

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/reporttest"
)

// owner is somebody whose reports arrive in a mailbox on a real mail server,
// with a provider that lets programs in without a password.
type owner struct {
	journey
	server   *mailtest.Dovecot
	provider *mailtest.OAuth
	reports  int
}

// TestMailboxOwner connects mailboxes by POP3 and by a provider's leave, gets a
// password wrong, pauses, edits and deletes.
func TestMailboxOwner(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	cert := mailtest.NewCert(t)
	o := &owner{provider: mailtest.NewOAuth(t, mailtest.OAuthOptions{Redirect: p.base + "/oauth/callback", Rotate: true})}
	o.server = mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: o.provider.Dovecot(t)})
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, cert.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = []string{
		"CA_FILE=" + authority, "ALLOW_NETWORKS=127.0.0.0/8,::1/128", fmt.Sprintf("ALLOW_PORTS=%d,%d", o.server.IMAPS, o.server.POP3S),
		"GOOGLE_CLIENT_ID=" + o.provider.ClientID, "GOOGLE_CLIENT_SECRET=" + o.provider.ClientSecret, "GOOGLE_ENDPOINTS=" + o.provider.Endpoints(o.server.IMAPS, o.server.POP3S),
	}
	p.start()
	browser := startBrowser(t)
	o.journey = journey{tab: newTab(browser, t, p.base), program: p, browser: browser}
	o.deliversReport()
	o.server.Deliver(t, []byte("From: friend@example.net\r\nSubject: private matter\r\n\r\nhello\r\n"), time.Now(), "")
	o.signsIn()
	o.getsThePasswordWrong()
	o.importsAndDeletes()
	o.pausesAndResumes()
	o.changesToIMAP()
	o.connectsByLeave()
	o.deletes()
	if errors := p.complaints(); errors != "" {
		t.Errorf("the program logged errors:\n%s", errors)
	}
}

// deliversReport puts one more report into the mailbox.
func (o *owner) deliversReport() {
	o.Helper()
	o.reports++
	sample := reporttest.Sample{ID: fmt.Sprint("r", o.reports), Domain: "example.org", Day: -o.reports, Records: 2}
	o.server.Deliver(o.program.t, reporttest.Mail("application/gzip", "report.xml.gz", reporttest.Gzip(sample.XML())), time.Now(), "")
}

func (o *owner) signsIn() {
	o.open("/")
	o.asksForAMail(o.tab, ownerAddress)
	o.opensTheMail(o.tab, ownerAddress)
	o.follow("#mail-link")
	o.press("Sign in")
	o.org = strings.TrimSuffix(o.where(), "/welcome")
}

// into replaces what is in a field.
func (o *owner) into(field, text string) {
	o.Helper()
	o.do(chromedp.Steps(click("#field-"+field), chromedp.KeyEvent(kb.End+strings.Repeat(kb.Backspace, 40)+text)))
}

// picks chooses in a list that opens, by the keyboard.
func (o *owner) picks(field, key, value string) {
	o.Helper()
	o.do(chromedp.Steps(chromedp.Focus(chromedp.CSS("#field-"+field)), chromedp.KeyEvent(key)))
	if got := look[string](o.tab, `document.querySelector("#field-`+field+`").value`); got != value {
		o.Fatalf("%s is %q", field, got)
	}
}

// choosesAfter says what happens to report mails.
func (o *owner) choosesAfter(value string) {
	o.Helper()
	o.do(click(`input[name=after][value=` + value + `]`))
}

// getsThePasswordWrong is told so, and what to do, and keeps what was typed.
func (o *owner) getsThePasswordWrong() {
	o.press("Connect a mailbox")
	o.follow(`//main//nav//a[contains(., "Other")]`)
	o.picks("protocol", "P", "pop3")
	o.into("host", mailtest.Host)
	o.into("port", fmt.Sprint(o.server.POP3S))
	o.into("username", mailtest.User)
	o.into("password", "not the password")
	o.choosesAfter("delete")
	o.press("Test the connection")
	o.mailbox = strings.TrimSuffix(o.where(), "/test")
	o.await(`document.querySelector("#connection-test")?.innerText.includes("Edit and try again")`)
	o.reads("The connection did not work", "localhost did not accept the user name or the password.", "Check both.")
	o.picture("pop3-wrong-password")
	o.press("Edit and try again")
	if got := look[string](o.tab, `document.querySelector("#field-host").value + document.querySelector("#field-password").value`); got != mailtest.Host {
		o.Errorf("the form holds %q", got)
	}
}

func (o *owner) importsAndDeletes() {
	o.into("password", mailtest.Password)
	o.press("Test the connection")
	o.await(`document.querySelector("#connection-test a.btn-primary")?.innerText.trim() === "Find my domains"`)
	o.press("Find my domains")
	o.await(`document.querySelectorAll("#found-domains input[name=domain]").length > 0`)
	o.press("Add the ticked domains and import")
	o.works("1 report in 30 days")
	o.picture("pop3-works")
	o.holds("private matter")
}

// works waits until the mailbox's page says so and stays as it is: while an
// import ends, what is below it moves away from under the pointer.
func (o *owner) works(what string) {
	o.Helper()
	within(o.T, time.Minute, "the mailbox does not say "+what, func() bool {
		o.open(o.mailbox)
		return look[bool](o.tab, `document.querySelector("#mailbox-state:not([hx-get])")?.innerText.includes("Works. `+what+`") ?? false`)
	})
}

// holds waits until INBOX holds the mails with these subjects.
func (o *owner) holds(subjects ...string) {
	o.Helper()
	var got []string
	within(o.T, patience, "INBOX does not hold what it should", func() bool {
		got = nil
		for name, content := range o.server.Snapshot(o.program.t) {
			if strings.HasPrefix(name, "cur/") || strings.HasPrefix(name, "new/") {
				_, after, _ := strings.Cut(content, "Subject: ")
				subject, _, _ := strings.Cut(after, "\r\n")
				got = append(got, subject)
			}
		}
		slices.Sort(got)
		return slices.Equal(got, subjects)
	})
}

func (o *owner) pausesAndResumes() {
	o.press("Pause")
	o.reads("The mailbox is paused.", "Paused. Nothing is read until somebody resumes it.")
	o.picture("mailbox-paused")
	o.deliversReport()
	o.press("Resume")
	o.works("2 reports in 30 days")
	o.holds("private matter")
}

// changesToIMAP keeps server, user and password.
func (o *owner) changesToIMAP() {
	o.deliversReport()
	o.press("Edit")
	o.picks("protocol", "I", "imap")
	o.into("port", fmt.Sprint(o.server.IMAPS))
	o.choosesAfter("move")
	o.into("move", "DMARC")
	o.press("Test the connection")
	o.await(`document.querySelector("#connection-test a.btn-primary")?.innerText.trim() === "Go to the mailbox"`)
	o.press("Go to the mailbox")
	o.works("3 reports in 30 days")
	o.reads("is moved to DMARC")
	o.holds("private matter")
	o.press("Edit")
	if got := look[string](o.tab, `[...document.querySelectorAll("#field-folder option")].map((o) => o.value).join(" ")`); !strings.Contains(got, "INBOX") {
		o.Errorf("the folders to choose from are %q", got)
	}
	o.picture("mailbox-edit")
}

// connectsByLeave has the provider let us in, after a first refusal.
func (o *owner) connectsByLeave() {
	o.deliversReport()
	for _, answer := range []string{"deny", "allow"} {
		o.open(o.org + "/mailboxes/new")
		o.press("Continue with Google")
		o.picture("grant")
		o.mind.expect(o.base + "/oauth/callback")
		o.mind.expect(o.provider.URL + "/favicon.ico") // it has none
		o.press("Continue with Google")
		within(o.T, patience, "the browser does not go on to the provider", func() bool { return strings.HasPrefix(o.where(), o.provider.URL) })
		o.arrive(click(`button[value=` + answer + `]`))
		if answer == "deny" {
			o.reads("The mailbox is not connected", "Access was not allowed at Google")
		}
	}
	o.mailbox = strings.TrimSuffix(o.where(), "/test")
	o.await(`document.querySelector("#connection-test a.btn-primary")?.innerText.trim() === "Find my domains"`)
	o.picture("grant-test")
	o.press("Find my domains")
	o.await(`document.querySelectorAll("#found-domains input[name=domain]").length > 0`)
	o.press("Add the ticked domains and import")
	o.works("1 report in 30 days")
}

func (o *owner) deletes() {
	o.do(click(`//a[normalize-space(.)="Delete this mailbox…"]`))
	o.await(`document.querySelector("#delete-mailbox").open`)
	o.picture("mailbox-delete")
	o.press("Delete mailbox and its password")
	o.at(o.org + "/mailboxes")
	o.reads("The mailbox and its password are deleted. Its reports stay.", mailtest.User)
	if n := len(o.texts("main ul > li")); n != 1 {
		o.Errorf("%d mailboxes are left", n)
	}
}
