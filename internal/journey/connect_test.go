package journey

import (
	"strings"
	"time"
)

// connectsTheDemonstration goes from the welcome page to the confirmed domains.
func (j *journey) connectsTheDemonstration() {
	j.press("Connect a mailbox")
	j.at(j.org + "/mailboxes/new")
	j.follow(`//main//nav//a[contains(., "Demonstration mailbox")]`)
	j.picture("connect")
	j.press("Test the connection")
	j.mailbox = strings.TrimSuffix(j.where(), "/test")
	if !strings.HasPrefix(j.mailbox, j.org+"/mailboxes/") {
		j.Fatalf("the test is at %s", j.where())
	}
	// The page brings itself up to date: no reload here.
	j.await(`document.querySelectorAll("#connection-test li").length > 0`)
	j.await(`document.querySelector("#connection-test a.btn-primary")?.innerText.trim() === "Find my domains"`)
	for _, step := range j.texts("#connection-test li") {
		if !strings.HasPrefix(step, "Done: ") {
			j.Errorf("a step of the passed test says %q", step)
		}
	}
	j.picture("connect-test")
	j.press("Find my domains")
	j.at(j.mailbox + "/domains")
	j.await(`document.querySelectorAll("#found-domains input[name=domain]").length > 0`)
	names := look[[]string](j.tab, `[...document.querySelectorAll("#found-domains input[name=domain]:checked")].map((i) => i.value).sort()`)
	if got := strings.Join(names, " "); got != "example.com example.net example.org" {
		j.Fatalf("ticked are %q:\n%s", got, j.text("main"))
	}
	j.picture("found-domains")
	j.press("Add the ticked domains and import")
	j.at(j.org + "/")
	j.reads("Importing from dmarc@example.org")
}

// watchesTheImport sees the numbers grow, also across a reload.
func (j *journey) watchesTheImport() {
	running := `document.querySelector("[aria-label='Import under way']")`
	j.open(j.org + "/?days=90") // at once: the import takes seconds only
	if !look[bool](j.tab, running+` !== null`) {
		j.Fatalf("the import is gone after a reload:\n%s", j.text("main"))
	}
	messages := j.counted()
	j.picture("import-90-days")
	within(j.T, time.Minute, "the import does not end", func() bool { return look[bool](j.tab, running+` === null`) })
	if now := j.counted(); now <= messages {
		j.Errorf("the numbers did not grow: %d messages, after a reload %d", now, messages)
	}
	j.open(j.mailbox)
	j.reads("Works.", "reports in 30 days")
}

// savesTheMailboxUnchanged opens the settings and saves them as they are.
func (j *journey) savesTheMailboxUnchanged() {
	const settings = "main dl.facts"
	j.open(j.mailbox)
	before := j.text(settings)
	if !strings.Contains(before, "dmarc@example.org") {
		j.Fatalf("the settings are %q", before)
	}
	j.press("Edit")
	j.at(j.mailbox + "/edit")
	j.press("Test the connection")
	j.at(j.mailbox + "/test")
	j.await(`document.querySelector("#connection-test a.btn-primary")?.innerText.trim() === "Go to the mailbox"`)
	j.press("Go to the mailbox")
	j.at(j.mailbox)
	if after := j.text(settings); after != before {
		j.Errorf("the settings were %q and are %q", before, after)
	}
	j.reads("Works.", "reports in 30 days")
}

// learnsTheNames waits for the names of the senders, which are looked up in
// the background and tell which of them are the owner's.
func (j *journey) learnsTheNames() {
	within(j.T, time.Minute, "newsletter.example and office-1.example.org are not found to need the owner", func() bool {
		j.open(j.org + "/?days=90")
		return strings.Contains(j.text("h1"), "2 senders need you.")
	})
}

// counted is the number of messages in the overview's first sentence.
func (j *journey) counted() int {
	return look[int](j.tab, `Number((document.querySelector("h1")?.innerText.match(/of ([\d\s]+) messages/)?.[1] ?? "0").replace(/\s/g, ""))`)
}
