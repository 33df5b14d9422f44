package mimepart

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"sendvery.com/sendvery/internal/finding"
)

// Walker walks mails and files. It keeps its buffers from one walk to the
// next; it is not safe for concurrent use.
type Walker struct {
	limits  Limits
	in      lines
	parts   []part
	buffers []*bufio.Reader // not in use
	unzips  []*gzip.Reader  // not in use
	pieces  [][]byte        // not in use, see held

	budget  budget
	visitor Visitor
	outcome Outcome
	mail    *Envelope // of the mail that is being walked
	riddle  *place    // the first attachment of a report mail that is nothing we know
}

// NewWalker makes a Walker.
func NewWalker(limits Limits) *Walker { return &Walker{limits: limits} }

// place is where the walk is: what is needed to name a payload and to decide
// whether an unreadable one is worth telling about.
type place struct {
	label string
	name  string // of the innermost file
	// expected says that a name or media type promises a report here, or that
	// the user gave this very file.
	expected bool
	// evident says that there is evidence of a report here or around here;
	// all that is expected is evident.
	evident bool
	inside  bool // within gzip or zip
	media   string
	depth   int // of the MIME structure around
}

func (p place) enter(name string) place {
	p.name, p.media, p.inside = name, "", true
	p.expected = p.expected || reportName(name)
	p.evident = p.evident || p.expected
	if name != "" {
		p.label += " › " + name
	}
	return p
}

// opener starts a stream from its beginning.
type opener func() (io.Reader, error)

// stopped is what a visitor returned; it must not be taken for a refusal.
type stopped struct{ error }

func (e stopped) Unwrap() error { return e.error }

func stopping(err error) error {
	if err == nil {
		return nil
	}
	return stopped{err}
}

// Walk finds the payloads of src and hands them to v. An error is one of v, of
// ctx, or a failure to read src; everything that is wrong with the content is
// told to v. After an error nothing that was handed over is complete.
func (w *Walker) Walk(ctx context.Context, src Source, v Visitor) (Outcome, error) {
	w.budget = budget{ctx: ctx, limits: w.limits}
	w.visitor, w.outcome, w.mail, w.riddle = v, Outcome{}, nil, nil
	err := w.source(src)
	if err == nil && w.riddle != nil && w.outcome.NotReport() {
		// It must have been the report.
		err = w.refused(*w.riddle, true, refuse(RefusedNotXML, w.riddle.name))
	}
	w.visitor = nil
	if len(w.pieces) > sparePieces {
		w.pieces = nil // a walker that waits for its next source holds little
	}
	return w.outcome, err
}

func (w *Walker) source(src Source) error {
	at := place{label: label(src.Name), name: label(src.Name), expected: true, evident: true}
	head, err := peekAt(src, sniffed)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	kind := sniff(head)
	if kind == unknown && zipTail(src) {
		kind = zipped
	}
	if kind == feedback || kind == plainNotice {
		kind = wholeMail
	}
	if kind == wholeMail {
		w.outcome.Mail = true
		at.expected, at.evident = false, false
	}
	w.noted(at)
	if src.Size > w.limits.Raw && kind != aggregate && kind != tlsReport {
		// What is too large is not looked into, only the header of a mail.
		if kind == wholeMail {
			at.evident = w.headEvident(src)
		}
		return w.refused(at, at.evident, refuse(RefusedTooLarge, ""))
	}
	open := func() (io.Reader, error) {
		return charged{io.NewSectionReader(src, 0, src.Size), &w.budget}, nil
	}
	switch kind {
	case zipped:
		return w.unzip(src, src.Size, at)
	case wholeMail:
		return w.walkMail(src, src.Size, at)
	case gzipped:
		open = func() (io.Reader, error) { return io.NewSectionReader(src, 0, src.Size), nil }
	}
	r, err := open()
	if err != nil {
		return err
	}
	return w.content(open, r, at)
}

// headEvident looks for evidence in the header of a mail alone.
func (w *Walker) headEvident(src Source) bool {
	s := structure{in: &w.in, limits: &w.limits, budget: &w.budget}
	w.in.reset(w.budget.ctx, src, src.Size)
	skipFromLine(s.in)
	p := part{parent: -1}
	_, _ = s.headerBlock(&p.header) // one that is cut says what it says
	p.media, p.params = media(p.header.contentType)
	w.outcome.Failure = p.failure()
	return evident([]part{p}, 0)
}

func peekAt(src Source, n int) ([]byte, error) {
	head := make([]byte, min(int64(n), src.Size))
	got, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:got], nil
}

// content judges a stream and opens, hands over or reports it.
func (w *Walker) content(open opener, r io.Reader, at place) error {
	br := w.buffer(r)
	defer w.free(br)
	w.noted(at)
	head, err := br.Peek(sniffed)
	kind := sniff(head)
	if err != nil && !errors.Is(err, io.EOF) {
		at.evident = at.evident || kind == aggregate || kind == tlsReport
		return w.damage(at, err)
	}
	switch kind {
	case aggregate:
		return w.payload(XML, open, br, at)
	case tlsReport:
		return w.payload(JSON, open, br, at)
	case perhapsXML, perhapsJSON:
		switch {
		case !at.evident:
			return w.unknown(unknown, br, at)
		case kind == perhapsXML:
			return w.payload(XML, open, br, at)
		}
		return w.payload(JSON, open, br, at)
	case gzipped:
		return w.gunzip(open, br, at)
	case zipped, wholeMail:
		if kind == wholeMail && w.mail != nil && !w.passedOn(at) {
			return nil
		}
		return w.hold(kind, br, at)
	case unsupported:
		return w.unsupported(formatName(head), at)
	case encryptedPGP:
		return w.refused(at, at.evident, refuse(RefusedEncryptedMail, "OpenPGP"))
	default:
		return w.unknown(kind, br, at)
	}
}

// passedOn tells a mail that somebody passed on from text that quotes one, and
// from the sample of a failure report, however that is attached.
func (w *Walker) passedOn(at place) bool {
	switch {
	case at.media == "message/rfc822", at.media == "message/global":
		return true
	case w.outcome.Failure:
		return false
	}
	return at.inside || !strings.HasPrefix(at.media, "text/") || strings.HasSuffix(strings.ToLower(at.name), ".eml")
}

// payload hands a stream to the visitor.
func (w *Walker) payload(kind Kind, open opener, body io.Reader, at place) error {
	w.outcome.Payloads++
	return stopping(w.visitor.Payload(&Payload{Kind: kind, Label: at.label, Mail: w.mail, Body: body, Reopen: open}))
}

// unknown reports content that is no report, when one was to be expected. An
// archive is read to its end first, so that a bomb or damage is named as such.
func (w *Walker) unknown(kind content, r io.Reader, at place) error {
	if at.inside {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return w.damage(at, err)
		}
	}
	promised := at.expected || tlsMedia(at.media)
	lower := strings.ToLower(at.name)
	switch {
	case w.mail == nil && !at.inside:
		w.notice(refuse(RefusedNotReport, ""))
	case at.inside && kind == unknown && (strings.HasSuffix(lower, ".xml") || strings.HasSuffix(lower, ".json")):
		return w.refused(at, at.evident, refuse(RefusedNotXML, at.name))
	case promised && kind == nothing:
		return w.refused(at, w.mail != nil, refuse(RefusedEmpty, at.name))
	case promised:
		return w.refused(at, w.mail != nil, refuse(RefusedNotXML, at.name))
	case w.mail != nil && at.evident && w.riddle == nil && attached(at):
		w.riddle = &at
	}
	return nil
}

// attached tells what a reporter may have attached from what surrounds it:
// prose, pictures and signatures.
func attached(at place) bool {
	return at.inside || reportEnding(at.name) ||
		strings.HasPrefix(at.media, "application/") && !strings.HasSuffix(at.media, "-signature")
}

func (w *Walker) unsupported(format string, at place) error {
	if strings.HasSuffix(at.media, "-signature") {
		return nil // beside what it signs
	}
	code := RefusedFormat
	if format == "encrypted S/MIME" {
		code = RefusedEncryptedMail
	}
	return w.refused(at, at.evident, refuse(code, format))
}

// hold reads an inner archive or mail into memory, because both need random
// access, and walks it.
func (w *Walker) hold(kind content, r io.Reader, at place) error {
	data, err := w.holdAll(r)
	defer w.letGo(data)
	if err != nil {
		return w.damage(at, err)
	}
	if kind == zipped {
		return w.unzip(data, data.size, at)
	}
	outer := w.mail
	defer func() { w.mail = outer }()
	at.depth++
	for m, err := range Messages(Source{ReaderAt: data, Size: data.size}) {
		if err != nil {
			return err
		}
		if err := w.walkMail(m, m.Size, at); err != nil {
			return err
		}
	}
	return nil
}

// damage sorts an error met while reading content: a refusal is told to the
// visitor where there is evidence of a report, anything else ends the walk.
func (w *Walker) damage(at place, err error) error {
	if _, theirs := errors.AsType[stopped](err); theirs {
		return err
	}
	if r, ok := errors.AsType[*finding.Refusal](err); ok {
		return w.refused(at, at.evident, r)
	}
	return err
}

// noted remembers that there was evidence, in case the walk has to stop before
// anything is found.
func (w *Walker) noted(at place) { w.outcome.Evident = w.outcome.Evident || at.evident }

// refused tells the visitor, or only makes a note when nothing says that the
// part is a report.
func (w *Walker) refused(at place, looked bool, r *finding.Refusal) error {
	if !looked {
		w.notice(r)
		return nil
	}
	w.outcome.Refusals++
	return stopping(w.visitor.Refused(Spot{Label: at.label, Failure: w.outcome.Failure}, r))
}

func (w *Walker) notice(r *finding.Refusal) {
	if w.outcome.Noticed == nil {
		w.outcome.Noticed = r
	}
}

func (w *Walker) buffer(r io.Reader) *bufio.Reader {
	if n := len(w.buffers); n > 0 {
		br := w.buffers[n-1]
		w.buffers = w.buffers[:n-1]
		br.Reset(r)
		return br
	}
	// Not NewReaderSize(r): it hands r back when r is a buffer itself, which
	// would then be freed twice.
	br := bufio.NewReaderSize(nil, 32<<10)
	br.Reset(r)
	return br
}

func (w *Walker) free(br *bufio.Reader) {
	br.Reset(nil)
	w.buffers = append(w.buffers, br)
}
