package mailboxweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// ListPage lists the organization's mailboxes with their health.
type ListPage struct {
	ui.Page
	ConnectHref string // empty = the person's role may not connect one
	Mailboxes   []Row  // those that need attention first
}

// Row is one mailbox in the list.
type Row struct {
	Href       string
	Name       string  // "dmarc@example.org"
	Host       string  // "imap.example.org"
	Tone       ui.Tone // ui.Good works, ui.Warning retries, ui.Bad needs you, ui.Info is busy
	Health     string  // one or two words: "Working", "Sign-in refused", "Importing"
	Sentence   string  // the state in a sentence; may be empty when it works
	LastPoll   format.Time
	LastReport format.Time
	Reports    int64 // reports accepted in the last 30 days
	Refused    int64 // mails refused or held in the last 30 days
}

// MailboxPage is one mailbox: state, import, counts, and its last mails.
// While something runs, StateFragment asks FragmentHref for itself anew.
type MailboxPage struct {
	ui.Page
	Name          string
	Tone          ui.Tone
	Sentence      string // the state in one line: "Works. 412 reports in 30 days, the last one 2 h ago."
	Advice        string // what to do, when Tone is a warning or worse; may be empty
	Busy          bool   // a check or an import runs
	FragmentHref  string
	Import        Import
	LastPoll      format.Time
	NextPoll      format.Time
	LastReport    format.Time
	Settings      []Setting      // what was configured, without secrets
	Verdicts      []VerdictCount // of the last 30 days, in the order to show
	Receipts      []ui.Receipt   // the last 50
	ReceiptsHref  string         // all receipts of this mailbox
	OnlyMarked    bool           // the server could only mark report mails as deleted
	CheckAction   string         // POST checks now; empty = the role may not
	Resume        bool           // checking now resumes a paused mailbox
	PauseAction   string         // POST pauses; empty = the role may not, or it is paused
	ReadAgainHref string         // asks whether to read from the start; empty = the role may not
	Renew         Grant          // where lost access is renewed; zero = it is not lost, or the role may not
	EditHref      string         // empty = the role may not
	Delete        DeletePage     // drawn as a dialog; Action empty = the role may not
	DeleteHref    string         // the same question as a page of its own
}

// Import is the first import, or a catching-up after a pause.
type Import struct {
	Running  bool
	Progress ui.Progress
	Accepted int64
	Known    int64
	Refused  int64  // refused or held
	Kept     string // what the plan does not keep; empty = it keeps all
}

// Setting is one line of configuration.
type Setting struct {
	Name  string
	Value string
}

// VerdictCount is how many mails had a verdict.
type VerdictCount struct {
	Verdict ui.Verdict
	Count   int64
	Href    string // the receipts with this verdict
}

// DeletePage asks before a mailbox is deleted. The form posts to Action.
type DeletePage struct {
	ui.Page
	Action     string
	CancelHref string
	Mailbox    string // its name
	Reports    int64  // reports that came out of it, which stay
}

// ReadAgainPage asks before a mailbox is read from its start. The form posts
// "since" to Action.
type ReadAgainPage struct {
	ui.Page
	Action     string
	CancelHref string
	Mailbox    string // its name
	Ordered    bool   // its mails have dates, so that there is a choice
	Since      string // as in Form
	After      bool   // report mails are marked, moved or deleted
	Error      string // sentence about the choice; empty = fine
}

func (p ReadAgainPage) since() ui.Field {
	f := ConnectPage{Form: Form{Since: p.Since}}.since()
	f.Help, f.Error = "How old the mails may be.", p.Error
	return f
}

func (p ListPage) heading() string {
	bad := 0
	for _, m := range p.Mailboxes {
		if m.Tone == ui.Bad || m.Tone == ui.Warning {
			bad++
		}
	}
	switch {
	case len(p.Mailboxes) == 0:
		return "Mailboxes"
	case bad == 0 && len(p.Mailboxes) == 1:
		return "Your mailbox works."
	case bad == 0:
		return "All " + format.Count(len(p.Mailboxes)) + " mailboxes work."
	case bad == 1:
		return "1 of " + format.Of(len(p.Mailboxes), "mailbox", "mailboxes") + " needs you."
	default:
		return format.Count(bad) + " of " + format.Of(len(p.Mailboxes), "mailbox", "mailboxes") + " need you."
	}
}

func lastMails(n int) string {
	if n == 0 {
		return ""
	}
	return "the last " + format.Count(n)
}
