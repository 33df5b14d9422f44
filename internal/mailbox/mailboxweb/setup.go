package mailboxweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// TestState says how far the connection test has come.
type TestState string

// The states of a connection test.
const (
	TestRunning TestState = "running"
	TestFailed  TestState = "failed"
	TestPassed  TestState = "passed"
)

// TestPage shows a connection test step by step. While it runs, the part drawn
// by TestFragment asks FragmentHref for itself anew every second.
type TestPage struct {
	ui.Page
	Mailbox      string // "dmarc@example.org at imap.example.org"
	State        TestState
	Steps        []ui.Step
	FragmentHref string  // answers TestFragment alone
	EditHref     string  // the form with the values kept
	Renew        Grant   // who can let us in anew; zero = it is signed in to with a password
	RetryAction  string  // POST runs the test once more
	DeleteHref   string  // asks whether to delete the mailbox
	Connected    bool    // it was connected before: its settings were changed
	Continue     ui.Link // passed: to the found domains, or back to a mailbox that was connected before
	Candidates   int64   // passed: mails that may hold a report; shown in the heading
}

// DomainsPage lists the domains found by the first scan, to confirm. While the
// scan runs, DomainsFragment asks FragmentHref for itself anew.
type DomainsPage struct {
	ui.Page
	Scanning     bool
	Scan         ui.Progress // of the scan; Unit "mails"
	FragmentHref string
	Action       string // POST with one "domain" per ticked name confirms and starts the import
	Domains      []FoundDomain
	Room         string    // how many of them the plan has room for; empty = for all
	Kept         string    // what the plan does not keep; empty = it keeps all
	Mails        int64     // mails that were looked at
	Record       ui.Record // when nothing was found: what to publish
	MailboxHref  string    // the mailbox's page, when nothing was found
	DeleteHref   string    // asks whether to delete the mailbox
	Error        string    // sentence about the choice; empty = none
}

// FoundDomain is one domain with reports in the mailbox.
type FoundDomain struct {
	Name    string
	Reports int64
	Ticked  bool
	Added   bool   // already a domain of the organization
	Remark  string // "1 204 messages reported"
}

func (p DomainsPage) reports() (n int64) {
	for _, d := range p.Domains {
		n += d.Reports
	}
	return n
}

func (p DomainsPage) empty() bool { return !p.Scanning && len(p.Domains) == 0 }

func (p TestPage) heading() string {
	switch p.State {
	case TestPassed:
		return "The connection works. " + format.Of(p.Candidates, "mail", "mails") + " may hold a report."
	case TestFailed:
		return "The connection did not work"
	default:
		return "Testing the connection"
	}
}

func (p DomainsPage) heading() string {
	switch {
	case p.Scanning:
		return "Looking for domains in your reports"
	case p.empty():
		return "No DMARC reports in this mailbox yet"
	default:
		return format.Of(len(p.Domains), "domain", "domains") + " found in " + format.Of(p.reports(), "report", "reports")
	}
}
