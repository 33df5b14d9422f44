package reportweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// DownloadPage offers what a filter chooses as files.
type DownloadPage struct {
	ui.Page
	Headline string // "Take 41 203 messages with you"
	Chosen   string // the days and what else is chosen
	Offers   []Offer
	Nothing  ui.Nothing // without offers: why
	Made     MadeFiles
}

// Offer is one thing to take, as files of some formats.
type Offer struct {
	Icon  string
	Title string
	What  string // what it holds
	Count string // "1 904 rows"; "" = not counted
	Files []OfferedFile
}

// OfferedFile is a file: at Href at once, or, where that is empty, made by a job
// that a form asks Action for.
type OfferedFile struct {
	Text   string // "CSV"
	Href   string
	Action string
	Kind   string
	Format string
}

// MadeFiles are the files that jobs make or have made. While one is being made
// the part asks FragmentHref for itself anew.
type MadeFiles struct {
	Files        []MadeFile
	Running      bool
	FragmentHref string
}

// MadeFile is one of them.
type MadeFile struct {
	Name     string
	State    string // "running", "ready" or "failed"
	Href     string // the zip, when it is ready
	Size     string
	Asked    format.Time
	Until    format.Time
	Progress ui.Progress
}
