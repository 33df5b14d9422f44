package journey

import (
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/demo"
)

// readsTheOtherKinds compares the pages of TLS and failure reports with what
// the story has told, and goes down to one of each.
func (j *journey) readsTheOtherKinds() {
	_, told := j.program.story().Mails(j.program.began)
	var all demo.Sessions
	for _, s := range told.TLS {
		all.Reports, all.Successful, all.Failed = all.Reports+s.Reports, all.Successful+s.Successful, all.Failed+s.Failed
	}
	j.open(j.org + "/")
	j.follow(`//aside//nav//a[normalize-space(.)="TLS"]`)
	j.at(j.org + "/tls")
	j.open(j.org + "/tls?days=90")
	j.reads(fmt.Sprintf("of %d TLS sessions succeeded.", all.Successful+all.Failed), fmt.Sprintf("%d reports", all.Reports), "Certificate expired")
	org := told.TLS["example.org"]
	j.open(j.org + "/tls?days=90&domain=example.org")
	j.reads(fmt.Sprintf("of %d TLS sessions succeeded.", org.Successful+org.Failed), fmt.Sprintf("%d reports", org.Reports))
	j.tls = j.href(`[aria-label="TLS reports"] tbody a`)
	j.open(j.tls)
	j.reads("Policies and sessions", "MTA-STS", "Download as it came")
	j.open(j.org + "/tls?domain=example.net")
	j.reads("No TLS report has arrived yet.", "_smtp._tls.example.net")

	j.open(j.org + "/reports")
	j.press("Failure reports")
	j.reads(fmt.Sprintf("%d failure reports, kept for 30 days after reading", told.Failures), "deleted after 30 days")
	j.failure = j.href(`[aria-label="Failure reports"] tbody a`)
	j.open(j.failure)
	j.reads("failed DMARC.", "203.0.113.", "Deleted on")
	if text := j.text("main"); strings.Contains(text, "invoice") || strings.Contains(text, "accounts") || strings.Contains(text, "bounce@") {
		j.Errorf("the page of a failure report shows a person's mail:\n%s", text)
	}
}
