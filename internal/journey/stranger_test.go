package journey

import "strings"

// hidesFromStrangers has a second person with an account of their own try
// everything that belongs to the first one's organization.
func (j *journey) hidesFromStrangers() {
	b := newTab(j.browser, j.T, j.base)
	b.open("/signin")
	j.asksForAMail(b, strangerAddress)
	link := j.opensTheMail(b, strangerAddress)
	b.open(link)
	b.press("Sign in")
	if at := b.where(); !strings.HasSuffix(at, "/welcome") || strings.HasPrefix(at, j.org+"/") {
		b.Fatalf("the stranger lands on %s", at)
	}
	for _, path := range []string{
		j.org + "/", j.org + "/welcome", j.org + "/settings", j.org + "/domains", j.org + "/domains/example.org", j.org + "/senders",
		j.org + "/reports", j.report, j.tls, j.failure, j.org + "/failures", j.org + "/receipts", j.refusal, j.refusal + "/original",
		j.org + "/mailboxes", j.mailbox, j.mailbox + "/domains", j.mailbox + "/delete",
	} {
		b.refused(path, 404)
		if text := b.text("body"); strings.Contains(text, "google.com") || strings.Contains(text, "dmarc@example.org") {
			b.Errorf("%s tells a stranger:\n%s", path, text)
		}
	}
	// The same things below the stranger's own organization.
	own := "/o/" + strings.Split(b.home(), "/")[2]
	for _, path := range []string{j.report, j.tls, j.failure, j.refusal, j.refusal + "/original", j.mailbox, j.org + "/domains/example.org"} {
		b.refused(own+strings.TrimPrefix(path, j.org), 404)
	}

	b.refused(link, 422)
	b.reads("This link was already used")
	mangled := link[:len(link)-7]
	b.refused(mangled, 422)
	b.reads("This link is not complete")
}

// home is the person's first page.
func (b *tab) home() string {
	b.Helper()
	b.open("/")
	return b.where()
}
