package reportweb

import (
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// ReportsPage lists reports, filtered by what the address says.
type ReportsPage struct {
	ui.Page
	Headline     string // "2 413 reports about 3 domains."
	Days         []ui.Choice
	GroupFilter  []ui.Choice
	DomainFilter []ui.Choice
	Filter       ui.FilterBar
	DownloadHref string
	Sections     []ui.Choice // "Reports", "Mails": the lists of this section
	UploadHref   string      // empty where the role may not
	Reports      []ReportRow
	Pager        ui.Pager
	Nothing      ui.Nothing // when Reports is empty
}

// ReportPage is one report.
type ReportPage struct {
	ui.Page
	Headline      string // "google.com saw 1 204 messages as example.org; 98.7 % passed."
	Reporter      string
	ReporterMail  string // contact address of the reporter; may be empty
	ReportID      string
	Domain        ui.Link
	DomainSent    string // as sent, where it is written otherwise
	Format        string // "RFC 9990"
	FormatWhy     string // "it names its generator; version 1.0 is stated"
	Generator     string
	Contact       ui.Link // extra contact information; Href only where it is safe to follow
	ContactLang   string
	Extensions    []Extension // what no standard knows
	Begin, End    string      // "20 Nov 2026, 00:00:00 UTC"
	Day           string      // the day it is counted on
	Long          bool        // the period is longer than two days
	Received      format.Time
	Receipt       ui.Link // the mail it came in
	Split         ui.Split
	Policy        []PolicyRow
	Findings      []Finding       // repairs made while reading
	Complaints    []dmarcrpt.Note // errors that the reporter itself wrote into the report
	Contest       ui.Contest      // with other versions of this report
	Classes       []ui.Choice
	Records       []Record
	Pager         ui.Pager
	Authenticated ui.Authenticated
	OriginalHref  string // download; empty = not kept, or the role may not
}

// Extension is an element or attribute of a report that no standard knows.
type Extension struct {
	Name  string
	Text  string
	Where string // "row 14"; empty = about the report as a whole
}

// Finding is one thing that was unusual in a report.
type Finding struct {
	What  string
	Note  string // what was found, in a sentence; may be empty
	Where string // the part of a mail that it is about; may be empty
}

// Record is one line of a report: a source with equal results.
type Record struct {
	ID           string // unique in the page; letters, digits, hyphen
	Source       string // IP address
	SourceName   string // confirmed host name; may be empty
	SourceHref   string // all reports with this source
	Count        int64
	Class        ui.Class
	HeaderFrom   string            // domain in the From line
	EnvelopeFrom string            // domain of the return path, or that it is empty; "" = not stated
	EnvelopeTo   string            // "" = not stated
	Disposition  string            // "delivered", "quarantined", "rejected"
	Evaluated    string            // "DKIM pass, SPF fail"
	Overrides    []report.Override // why the receiver did not follow the policy
	Explanation  []string          // sentences: why it passes or not
	Results      []AuthResult
}

// AuthResult is one check of SPF or DKIM.
type AuthResult struct {
	Kind      string // "SPF" or "DKIM"
	Domain    string // whose it is
	Detail    string // "selector s1", "return path"; may be empty
	Result    string // "pass", "fail", "softfail", …
	Passed    bool
	Aligned   bool
	Note      string // what alignment comes to: "your domain", "not your domain"
	HumanLang string // language of Human; may be empty
	Human     string // the receiver's own words; may be empty
}

// ReceiptsPage lists mails and files with what became of each; refused and held first.
type ReceiptsPage struct {
	ui.Page
	Headline   string // "3 of 2 496 mails and files are not counted."
	Sections   []ui.Choice
	UploadHref string      // empty where the role may not
	Verdicts   []ui.Choice // "Not counted", "All", then each verdict, with counts
	Sources    []ui.Choice // "All sources" first
	Again      Again
	Receipts   []ui.Receipt
	Pager      ui.Pager
	Nothing    ui.Nothing // when Receipts is empty
}

// Again is what can be done about refused mails and files, and how far it has
// come; nothing without Words.
type Again struct {
	Words        string
	Action       string // posts without fields; empty = not now, or the role may not
	Button       string
	Running      bool
	Done, Total  int64
	FragmentHref string // of AgainFragment, while it runs
	ResultHref   string // the list anew, once it has ended; may be empty
}

// ReceiptPage is one mail or file and what became of it.
type ReceiptPage struct {
	ui.Page
	Verdict       ui.Verdict
	Heading       string      // "The archive ends in the middle; the rest is missing."
	Explanation   string      // why, in a sentence or two; may be empty
	Advice        string      // what to do next; may be empty
	AdviceLink    ui.Link     // where to do it; may be empty
	Source        ui.Link     // its mailbox, or who uploaded it; Href may be empty
	Name          string      // of an uploaded or imported file; empty = a mail
	Received      format.Time // when Sendvery read it
	MailDate      format.Time // when the server took it in; zero for a file
	Size          string      // "4.2 kB"
	File          string      // the part of it that Heading is about; may be empty
	UID           string      // the mail's number in its folder
	Findings      []Finding   // repairs made, or what is wrong
	Reports       []ui.Link   // the reports that came out of it
	Authenticated ui.Authenticated
	First         ui.Link  // the receipt of the very same file, which was read before; empty = it was not
	Choices       []Choice // reports that another one is counted instead of
	Undos         []Undo   // choices that can be taken back
	OriginalHref  string   // the original mail; empty = not kept, or the role may not
	OriginalNote  string   // why there is none, or none for this role
	RetryAction   string   // posts without fields: read it again; empty = not refused, not kept, or the role may not
}
