package reportweb

import (
	"strings"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// UploadPage takes report files. Its form posts "file" as often as there are
// files; a script sends each by itself and puts the rows of the answer, or the
// sentence of an UploadRefused, into the page's table.
type UploadPage struct {
	ui.Page
	Action      string // path of the form, with the upload's id
	ResultsHref string // everything of this upload, in the list of mails
	EarlierHref string // all uploads there
	MostBytes   int64  // of one file
	TooLarge    string // sentence about a larger one
	Error       string // why the form was refused; empty = fine
	Some        bool   // something was read before that
}

// UploadResult is what became of one file.
type UploadResult struct {
	Receipts []ui.Receipt
	Verdicts map[report.Verdict]int // how many mails of the file have which
	More     string                 // "and 480 more mails of this file"; empty = that is all
	MoreHref string
}

// tallied are the verdicts in the order of a sum, each with its word behind a
// number.
var tallied = [...][2]string{
	{string(report.Accepted), "accepted"}, {string(report.Repaired), "repaired"}, {string(report.Known), "already known"}, {string(report.Conflict), "in conflict"},
	{string(report.Held), "held"}, {string(report.Refused), "refused"}, {string(report.NoReport), "without a report"},
}

// tally says how many have which verdict: "3 accepted, 1 refused".
func tally(counts map[report.Verdict]int64) string {
	var parts []string
	for _, t := range tallied {
		if n := counts[report.Verdict(t[0])]; n > 0 {
			parts = append(parts, format.Count(n)+" "+t[1])
		}
	}
	return strings.Join(parts, ", ")
}
