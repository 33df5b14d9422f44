package journey

import "strings"

// readsTheOverview looks for what the first page promises.
func (j *journey) readsTheOverview() {
	j.open(j.org + "/?days=90")
	verdicts := strings.Join(j.texts("main section:nth-of-type(1) li"), "\n")
	for _, want := range []string{"example.org", "example.com", "example.net", "messages", "In the way of p=reject", "newsletter.example", "office-1.example.org", "Have it sign its mail as example.org"} {
		if !strings.Contains(verdicts, want) {
			j.Errorf("the verdicts lack %q:\n%s", want, verdicts)
		}
	}
	j.seesTheChart()
	j.reads("Who sends as you", "Latest reports", "Mails that are not counted", "The archive ends in the middle", "senders need you.")
	for _, table := range []string{"Senders", "Reports", "Refused and held mails"} {
		if n := len(j.texts(`[aria-label="` + table + `"] tbody tr`)); n == 0 {
			j.Errorf("the table %q is empty", table)
		}
	}
	j.do(click(`[aria-label="Senders"] tbody a`))
	j.await(shownDrawer)
	j.do(click("#drawer [aria-label=Close]"))
	j.await(`!document.querySelector("dialog[data-drawer]")`)
	j.at(j.org + "/?days=90")
	j.report = j.href(`[aria-label="Reports"] tbody a`)
	j.refusal = j.href(`[aria-label="Refused and held mails"] tbody a`)
}

// readsADomain goes down from its verdict.
func (j *journey) readsADomain() {
	j.open(j.org + "/")
	j.follow(`main section a[href$="/domains/example.org"]`)
	j.at(j.org + "/domains/example.org")
	j.seesTheChart()
	j.reads("Published policy", "p=quarantine", "Who sends as example.org", "Who reports", "google.com")
}

// readsAReport goes down from the overview's list.
func (j *journey) readsAReport() {
	j.open(j.org + "/?days=90")
	j.follow(`[aria-label="Reports"] tbody a`)
	j.at(j.report)
	j.reads("Policy that the receiver saw", "What was seen", "Report ID")
	records := j.texts("main li[id^=row-]")
	if len(records) == 0 {
		j.Fatalf("the report has no rows:\n%s", j.text("main"))
	}
	if !strings.Contains(strings.Join(records, "\n"), "DMARC") {
		j.Errorf("no row explains itself:\n%s", strings.Join(records, "\n"))
	}
	j.do(click("main li[id^=row-] summary"))
	j.await(`document.querySelector("main li[id^=row-] details[open] dl")?.innerText.includes("From line")`)
}

// readsARefusedMail goes down to a mail that is not counted.
func (j *journey) readsARefusedMail() {
	j.open(j.org + "/")
	j.follow(`[aria-label="Refused and held mails"] tbody a`)
	j.at(j.refusal)
	j.reads("Refused", "The archive ends in the middle", "Download as it came", "dmarc@example.org")
}
