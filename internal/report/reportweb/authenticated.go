package reportweb

import (
	"fmt"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/ui"
)

// authenticationOf puts into words who a mail comes from, and whether that is
// who the report in it names; head is nil where no single report is meant.
func authenticationOf(source report.Source, v *mailauth.Verdict, head *dmarcrpt.Report) ui.Authenticated {
	if source != report.FromMailbox {
		return ui.Authenticated{Word: "by whoever handed it in", Words: "It came as a file, not by mail.", Tone: ui.Plain}
	}
	if v == nil {
		return ui.Authenticated{Word: "not checked", Words: "Report mails are not authenticated on this installation.", Tone: ui.Plain}
	}
	how := "by a signature that we verified"
	if v.Method == mailauth.ByHeader {
		how = "by your incoming mail server"
	}
	switch v.Result {
	case mailauth.Pass:
		a := ui.Authenticated{Word: "as " + v.Domain.String(), Words: "Found out " + how + ".", Tone: ui.Good}
		if head != nil && !report.NamesReporter(v.Domain, head.EmailDomain(), head.OrgName) {
			a.Tone = ui.Warning
			a.Words += fmt.Sprintf(" But the report names %s as its reporter, so nobody who can be known vouches for it. It is shown, and no advice stands on it.", head.Reporter())
		}
		return a
	case mailauth.None:
		return ui.Authenticated{Word: "no", Words: "The mail carries no signature, so anybody could have written it. It is shown, and no advice stands on it.", Tone: ui.Warning}
	case mailauth.TempError:
		return ui.Authenticated{Word: "no", Words: "The key of its signature could not be looked up when it was read. It is shown, and no advice stands on it.", Tone: ui.Warning}
	}
	return ui.Authenticated{Word: "no", Words: "No signature of the sender's own domain holds, so anybody could have written it. It is shown, and no advice stands on it.", Tone: ui.Warning}
}
