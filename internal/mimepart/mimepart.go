// Package mimepart finds report payloads in a raw mail or a bare file: it
// walks MIME structure, undoes transfer encodings, and opens gzip and zip,
// all within one budget for the mail.
//
// The structure is read by a walker of our own over bytes, because real
// reporters break rules that the standard readers insist on (a part header
// line without a colon loses the whole mail there), and because hostile
// nesting costs those readers seconds to minutes. Content decides what a part
// is; names and media types only decide whether an unreadable part is worth
// telling about.
package mimepart

import (
	"io"

	"sendvery.com/sendvery/internal/finding"
)

// Source is a mail or a file.
type Source struct {
	io.ReaderAt
	Size int64
	Name string // for labels only; may be empty
}

// Kind says what a payload claims to be by its content.
type Kind uint8

// The kinds of payload.
const (
	XML      Kind = iota + 1 // a DMARC aggregate report, or XML that should be one
	JSON                     // a TLS report
	Feedback                 // the message/feedback-report part of a failure report
)

// Payload is one report, or several in one stream, as found.
type Payload struct {
	Kind Kind
	// Label says where in the source the payload was found, as names joined by
	// " › ", clean enough to show. It is a label, never a path.
	Label string
	// Mail is the head of the mail that carries the payload; nil for a file.
	Mail *Envelope
	// Body streams the payload. It is valid during the visitor's call, and
	// fails with a *finding.Refusal when the payload turns out damaged or
	// beyond a limit. A payload is intact only when Body has reached io.EOF.
	Body io.Reader
	// Reopen streams the payload again from its start, charged to the same
	// budget.
	Reopen func() (io.Reader, error)
	// Sample streams the header fields of the reported mail; Feedback only,
	// nil when there is none. The sample's body is never handed over.
	Sample io.Reader
}

// Envelope is what is kept of a mail's header, unfolded and as sent, but
// without invisible characters.
type Envelope struct {
	From, Subject, Date, MessageID string
	TLSReportDomain                string // RFC 8460 section 5.3
	TLSReportSubmitter             string
}

// Visitor takes what a walk finds, in the order of the mail. An error stops
// the walk and is returned by Walk.
type Visitor interface {
	Payload(*Payload) error
	// Refused tells of a part that looked like a report and cannot be read.
	Refused(at Spot, r *finding.Refusal) error
}

// Spot is where something was refused.
type Spot struct {
	Label string // as in Payload
	// Failure says that it is, or lies in, the mail of a failure report.
	Failure bool
}

// Outcome sums up a walk.
type Outcome struct {
	Mail     bool // the source is a mail, not a bare file
	Payloads int
	Refusals int
	// Evident says that something promised a report, found or not: a bare
	// file, which somebody says is one, or the form of a mail or of a name.
	Evident bool
	// Failure says that there is a failure report in the source, read or not,
	// and with it parts of other people's mail.
	Failure bool
	// Noticed is why there may be no payload although there is nothing that
	// looked like a report either ("the mail is encrypted"). It is for
	// display and does not make the mail a refused one.
	Noticed *finding.Refusal
}

// NotReport reports whether the source holds nothing that is or should be a
// report: it is then none of our business.
func (o Outcome) NotReport() bool { return o.Payloads == 0 && o.Refusals == 0 }

// Limits bounds one walk; all layers and parts of the mail share them. Bytes
// are counted as they are read, whatever sizes are declared. A zero field
// allows nothing; package reading has the defaults.
type Limits struct {
	Raw         int64 // bytes of the mail or archive
	Inflated    int64 // bytes decompressed, or read from a bare report file
	Held        int64 // bytes of archives and mails inside others, held in memory
	Parts       int   // MIME parts
	Depth       int   // nesting of multipart and message parts
	Containers  int   // nesting of gzip and zip
	Entries     int   // files in all archives together
	HeaderBytes int   // one header block
	HeaderLines int   // lines of one header block
}
