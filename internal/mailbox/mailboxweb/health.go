package mailboxweb

import (
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// counts are the mails of a mailbox in the last 30 days by verdict.
type counts map[report.Verdict]int64

func (c counts) counted() int64 { return c[report.Accepted] + c[report.Repaired] }

// uncounted are report mails that ask somebody for something.
func (c counts) uncounted() int64 { return c[report.Refused] + c[report.Held] + c[report.Conflict] }

// silence is how long no report may come before that is worth a word. Most
// reporters send once a day; some skip days without traffic.
const silence = 3 * 24 * time.Hour

// health is a mailbox's state in words.
type health struct {
	tone             ui.Tone
	word             string // for a list
	sentence, advice string
}

// healthOf puts a mailbox's state into words: first what keeps it from being
// read, then what its mails say.
func healthOf(m mailbox.Mailbox, c counts, now time.Time) health {
	switch {
	case m.State == mailbox.Paused && m.Failure == nil:
		return health{ui.Warning, "Paused", "Paused. Nothing is read until somebody resumes it.", "New reports wait in the mailbox meanwhile."}
	case m.State == mailbox.Paused:
		return health{ui.Bad, "Stopped", *m.Failure + " Reading has stopped until you change something.", adviceOf(m)}
	case m.Failure != nil:
		return health{ui.Warning, "Retrying", *m.Failure, adviceOf(m)}
	}
	switch m.State {
	case mailbox.Testing:
		return health{ui.Info, "Not connected", "The connection test has not passed yet.", ""}
	case mailbox.Scanning:
		return health{ui.Info, "Looking", "Its newest mails are being looked through for domains.", ""}
	case mailbox.Choosing:
		return health{ui.Warning, "Waiting for you", "Choose the domains whose reports are imported.", ""}
	case mailbox.Importing:
		return health{ui.Info, "Importing", "Everything up to now is being read.", ""}
	}
	if m.FinishFailure != nil {
		return health{ui.Warning, "Mails left", *m.FinishFailure, *m.FinishAdvice}
	}
	return quality(m, c, now)
}

// healthOf is the health of any mailbox, also of one that is being connected:
// a test that failed waits for somebody.
func (h *Web) healthOf(r *http.Request, a org.Access, m mailbox.Mailbox, c counts) (health, error) {
	hl := healthOf(m, c, h.now())
	if m.State != mailbox.Testing {
		return hl, nil
	}
	test, _, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.TestRun)
	if test.State == mailbox.RunFailed {
		hl = health{ui.Warning, "Not connected", "The connection test failed. Nothing is read until it passes.", ""}
	}
	return hl, err
}

func adviceOf(m mailbox.Mailbox) string {
	if m.Advice == nil {
		return ""
	}
	return *m.Advice
}

// quality judges a mailbox that is read without trouble by what is in it.
func quality(m mailbox.Mailbox, c counts, now time.Time) health {
	switch {
	case c.counted() == 0 && c.uncounted() > 0:
		return health{ui.Warning, "Nothing counted", "Works, but none of the " + format.Of(c.uncounted(), "report mail", "report mails") + " of the last 30 days is counted.",
			"Open one in the list below: it says what is missing. Most often the domain is not added yet, or the mails are no reports."}
	case m.LastReportAt == nil && now.Sub(m.CreatedAt) > silence:
		return health{ui.Warning, "No reports", "Works, but no report has arrived since it was connected.",
			"Check that the DMARC record of your domain names this mailbox in rua, and that no rule moves the reports to another folder."}
	case m.LastReportAt == nil:
		return health{ui.Good, "Working", "Works. No report has arrived yet.", "Most reporters send once a day; expect the first within 24 to 48 hours."}
	case now.Sub(*m.LastReportAt) > silence:
		return health{ui.Warning, "Silent", "Works, but the last report came " + format.When(*m.LastReportAt, now).Relative + ".",
			"Check that your domain's DMARC record still names this mailbox in rua. A domain that sends no mail gets no reports."}
	}
	return health{ui.Good, "Working", "Works. " + format.Of(c.counted(), "report", "reports") + " in 30 days, the last one " + format.When(*m.LastReportAt, now).Relative + ".", ""}
}
