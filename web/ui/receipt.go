package ui

import "sendvery.com/sendvery/web/format"

// Verdict says what became of one mail, by the name that report.Verdict has
// for it. Its words are defined here only.
type Verdict string

// The verdicts of a receipt.
const (
	Accepted Verdict = "accepted"
	Repaired Verdict = "repaired"
	Known    Verdict = "known"
	Held     Verdict = "held"
	Conflict Verdict = "conflict"
	Replaced Verdict = "replaced"
	Refused  Verdict = "refused"
	NoReport Verdict = "no_report"
)

type verdictLook struct {
	Word string
	Tone Tone
	Mean string
}

var verdictLooks = map[Verdict]verdictLook{
	Accepted: {"Accepted", Good, "It was read without a fault."},
	Repaired: {"Repaired", Good, "It had small faults and was read all the same."},
	Known:    {"Already known", Plain, "The same report or file had arrived before. Nothing counts twice."},
	Held:     {"Held", Warning, "The report is kept and not counted."},
	Conflict: {"Conflict", Warning, "Another report with the same reporter, name and period says something else, and counts until you choose."},
	Replaced: {"Replaced", Plain, "Another report with the same reporter, name and period counts instead. This one is kept."},
	Refused:  {"Refused", Bad, "It could not be read, so nothing of it is counted."},
	NoReport: {"No report", Plain, "It holds no report. Nothing of what it says is kept."},
}

// Word returns the verdict's name for people.
func (v Verdict) Word() string { return verdictLooks[v].Word }

// Meaning explains the verdict in one or two sentences.
func (v Verdict) Meaning() string { return verdictLooks[v].Mean }

// Receipt is one mail or file and what became of it, as a line in a list.
type Receipt struct {
	Href     string
	Verdict  Verdict
	What     string // "google.com about example.org", or "A mail without a report"
	File     string // name of an uploaded or imported file; empty where What is it
	Reason   string // why it was refused or held, or what was repaired; may be empty
	Source   string // "dmarc@example.org", "uploaded by ada@example.org"; empty where all have the same
	Size     string // "4.2 kB"
	Received format.Time
	Messages int64 // messages that its reports count; 0 = none
	Reports  Link  // to what came out of it; empty = no report is stored
}

// sourced reports whether the list says where its lines came from.
func sourced(receipts []Receipt) bool {
	for _, r := range receipts {
		if r.Source != "" {
			return true
		}
	}
	return false
}
