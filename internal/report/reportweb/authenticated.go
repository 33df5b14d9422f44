package reportweb

import (
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/ui"
)

// noAdvice is what becomes of an aggregate report that nobody vouches for.
const noAdvice = "It is shown, and no advice stands on it."

// authenticationOf puts into words who a mail comes from, and whether that is
// who the report in it names; head is nil where no single report is meant.
// Without authentication the consequence follows; it may be empty.
func authenticationOf(source report.Source, v *mailauth.Verdict, head *dmarcrpt.Report, consequence string) ui.Authenticated {
	if !source.ByMail() {
		return ui.Authenticated{Word: "by whoever handed it in", Words: "It came as a file, not by mail.", Tone: ui.Plain}
	}
	if v == nil {
		return ui.Authenticated{Word: "not checked", Words: "Report mails are not authenticated on this installation.", Tone: ui.Plain}
	}
	how := "by a signature that we verified"
	if v.Method == mailauth.ByHeader {
		how = "by your incoming mail server"
	}
	if v.Result == mailauth.Pass {
		a := ui.Authenticated{Word: "as " + v.Domain.String(), Words: "Found out " + how + ".", Tone: ui.Good}
		if head != nil && !report.NamesReporter(v.Domain, head.EmailDomain(), head.OrgName) {
			a.Tone = ui.Warning
			a.Words += fmt.Sprintf(" But the report names %s as its reporter, so nobody who can be known vouches for it. %s", head.Reporter(), consequence)
		}
		return a
	}
	why := "No signature of the sender's own domain holds, so anybody could have written it."
	switch v.Result {
	case mailauth.None:
		why = "The mail carries no signature, so anybody could have written it."
	case mailauth.TempError:
		why = "The key of its signature could not be looked up when it was read."
	}
	return ui.Authenticated{Word: "no", Words: strings.TrimSpace(why + " " + consequence), Tone: ui.Warning}
}
