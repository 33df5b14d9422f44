package reportweb

import "sendvery.com/sendvery/web/ui"

// UploadPage takes report files. Its form posts "file" as often as there are
// files; a script sends each by itself and puts the rows of the answer, or the
// sentence of an UploadRefused, into the page's table.
type UploadPage struct {
	ui.Page
	Action      string // path of the form, with the upload's id
	ResultsHref string // everything of this upload, in the list of mails
	MostBytes   int64  // of one file
	TooLarge    string // sentence about a larger one
	Error       string // why the form was refused; empty = fine
	Some        bool   // something was read before that
}

// UploadResult is what became of one file.
type UploadResult struct {
	Receipts []ui.Receipt
	More     string // "and 480 more mails of this file"; empty = that is all
	MoreHref string
}
