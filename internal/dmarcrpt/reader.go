package dmarcrpt

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"sendvery.com/sendvery/internal/finding"
)

// Reader reads streams of aggregate reports. It keeps its buffers from one
// stream to the next; it is not safe for concurrent use.
type Reader struct {
	limits Limits
	scan   scanner
	doc    document
	hash   hash.Hash
}

// NewReader makes a Reader.
func NewReader(limits Limits) *Reader { return &Reader{limits: limits, hash: sha256.New()} }

// Options belong to one stream.
type Options struct {
	// Now, seconds since 1970, is compared with the period to note reports
	// from the future; 0 leaves that out.
	Now int64
	// Verify is called once, before the first End, when a document is followed
	// by another one in the same stream. The source is not at its end then, so
	// damage that only shows there (a wrong checksum) is not known yet: Verify
	// reads the source a second time to its end and returns what went wrong.
	// It may be nil.
	Verify func() error
}

// Read reads all reports in src and hands them to h. Damage, also a
// *finding.Refusal returned by src, is handed over as Refused and is not an
// error of Read; any other error of src, and any error of h, is returned.
func (d *Reader) Read(src io.Reader, h Handler, opts Options) error {
	in, encoding := transcode(src)
	d.scan.reset(in, d.limits.Token)
	d.doc.prepare(d, h, opts, encoding)
	for n := 0; ; n++ {
		more, err := d.document(n)
		if err == nil && more {
			continue
		}
		if _, ours := errors.AsType[handlerError](err); ours {
			return err
		}
		if refusal, ok := errors.AsType[*finding.Refusal](err); ok {
			return handled(h.Refused(d.doc.report, d.doc.firstRefusal(refusal)))
		}
		return err
	}
}

// handlerError marks what a handler returned, so that a *finding.Refusal from
// there is not taken for one about the document.
type handlerError struct{ error }

func (e handlerError) Unwrap() error { return e.error }

func handled(err error) error {
	if err == nil {
		return nil
	}
	return handlerError{fmt.Errorf("report handler: %w", err)}
}

// document reads one document and hands over its end. more says that another
// one follows. n counts the documents before.
func (d *Reader) document(n int) (more bool, err error) {
	doc := &d.doc
	doc.begin()
	if n == 0 {
		found, err := d.root()
		if err != nil {
			return false, err
		}
		if !found {
			return false, refuse(RefusedNotXML, "")
		}
	} else if err := doc.openRoot(&d.doc.next); err != nil {
		return false, err
	}
	for len(doc.frames) > 0 {
		if err := d.step(); err != nil {
			return false, err
		}
	}
	if !doc.givenUp() {
		doc.complete()
	}
	more, err = d.after()
	if err != nil {
		return false, err
	}
	if more && n+1 >= d.limits.Documents {
		return false, refuse(RefusedManyReports, "")
	}
	if more && n == 0 && doc.opts.Verify != nil {
		if err := doc.opts.Verify(); err != nil {
			return false, err
		}
	}
	return more, doc.end()
}

// step handles one token inside the root.
func (d *Reader) step() error {
	doc, t := &d.doc, &d.doc.tok
	if !doc.frames[len(doc.frames)-1].el.isValue() {
		for d.scan.skipSpace() && d.scan.fill() {
			continue // white space of any length
		}
		if name := doc.openName(); d.scan.closes(d.scan.r, name) {
			d.scan.r += len(name) + 3
			return doc.pop()
		}
	}
	if err := d.scan.next(t); err != nil {
		return err
	}
	switch t.kind {
	case tokStart:
		return doc.start(t)
	case tokText, tokCDATA:
		return doc.text(t)
	case tokEnd:
		if t.selfClose && (len(doc.frames) != 1 || string(t.name) != string(doc.openName())) {
			return refuse(RefusedTruncated, "")
		}
		if t.selfClose {
			doc.repairs.Add(RepairFinalBracket, "")
		}
		return doc.endElement(t)
	}
	return refuse(RefusedTruncated, "")
}

// root skips what stands before the root element and opens it.
func (d *Reader) root() (found bool, err error) {
	doc, t := &d.doc, &d.doc.tok
	for {
		if text, err := d.scan.skipText(); err != nil {
			return false, err
		} else if text != "" {
			doc.repairs.Add(RepairTextBefore, text)
		}
		if err := d.scan.next(t); err != nil {
			return false, err
		}
		switch t.kind {
		case tokEOF:
			return false, nil
		case tokText, tokCDATA:
			if text := trimSpace(t.raw); len(text) > 0 {
				doc.repairs.Add(RepairTextBefore, string(text[:min(len(text), 40)]))
			}
		case tokStart, tokEnd:
			_, local := splitName(t.name)
			if t.kind == tokStart && string(local) == "feedback" {
				return true, doc.openRoot(t)
			}
			if string(local) != "schema" {
				return false, refuse(RefusedNotReport, string(t.name))
			}
			doc.repairs.Add(RepairStrayTag, string(t.name))
		}
	}
}

// after skips what follows a document, up to the next root or the end. The
// tag of the next root is kept in doc.next.
func (d *Reader) after() (more bool, err error) {
	doc, t := &d.doc, &d.doc.tok
	for {
		text, err := d.scan.skipText()
		if err != nil {
			return false, err
		}
		if text != "" {
			doc.repairs.Add(RepairTextAfter, text)
		}
		if d.scan.r == d.scan.w {
			return false, nil
		}
		if err := d.scan.next(t); err != nil {
			return false, d.trailing(err)
		}
		if t.kind == tokStart {
			if _, local := splitName(t.name); string(local) == "feedback" {
				doc.next = token{kind: tokStart, selfClose: t.selfClose,
					name: append([]byte(nil), t.name...), raw: append([]byte(nil), t.raw...)}
				return true, nil
			}
		}
		if t.kind == tokStart || t.kind == tokEnd {
			doc.repairs.Add(RepairTextAfter, string(t.name[:min(len(t.name), 40)]))
		} else if text := trimSpace(t.raw); t.kind != tokEOF && len(text) > 0 {
			doc.repairs.Add(RepairTextAfter, string(text[:min(len(text), 40)]))
		}
	}
}

// trailing decides about damage behind a complete document: rubbish there is
// ignored like text is, but a failing source is not.
func (d *Reader) trailing(err error) error {
	if failed := d.scan.failed(); failed != nil {
		return failed
	}
	if refusal, ok := errors.AsType[*finding.Refusal](err); ok && refusal.Code != RefusedDTD {
		d.doc.repairs.Add(RepairTextAfter, "")
		d.scan.r = d.scan.w
		return d.scan.drain()
	}
	return err
}
