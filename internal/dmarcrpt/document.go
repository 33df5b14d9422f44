package dmarcrpt

import (
	"bytes"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/plaintext"
)

// frame is one open element.
type frame struct {
	el   element
	name int // where its name begins in document.names
}

// document is the state of the report being read.
type document struct {
	d       *Reader
	h       Handler
	opts    Options
	unknown string // declared encoding that does not exist

	tok    token
	next   token // the root tag of the following document
	frames []frame
	names  []byte // names of the open elements, one after the other
	attrs  []attribute
	ns     namespaces
	value  []byte // text of the open value element
	clean  []byte // the value of report_metadata or policy_published just read
	lang   []byte // lang attribute of the open value element

	report  *Report
	repairs finding.Repairs
	refusal *finding.Refusal // the report is refused; the rest is only read to its end
	meta    metadata
	sum     Summary
	ext     extensions
	rec     recordBuilder
	early   []earlyRecord
	earlyN  int // bytes held back in early
	begun   bool
}

func (doc *document) prepare(d *Reader, h Handler, opts Options, encoding string) {
	doc.d, doc.h, doc.opts, doc.unknown = d, h, opts, encoding
	doc.report = new(Report)
	d.scan.repairs = &doc.repairs
}

// begin makes ready for a new document in the same stream.
func (doc *document) begin() {
	doc.frames, doc.names = doc.frames[:0], doc.names[:0]
	doc.ns.reset()
	doc.report = new(Report)
	doc.repairs = finding.Repairs{}
	doc.refusal = nil
	doc.meta = metadata{}
	doc.sum = Summary{}
	doc.ext = extensions{}
	doc.rec.reset()
	doc.early, doc.earlyN = nil, 0
	doc.begun = false
	doc.d.hash.Reset()
	if doc.unknown != "" {
		doc.repairs.Add(RepairEncoding, doc.unknown)
	}
}

// openRoot takes the start tag of the root element.
func (doc *document) openRoot(t *token) error {
	if t.raw != nil {
		var err error
		if doc.attrs, err = attributes(doc.attrs, t.raw, doc.d.limits.Attributes); err != nil {
			return err
		}
		doc.ns.declare(doc.attrs, 1)
	}
	prefix, _ := splitName(t.name)
	uri, _ := doc.ns.lookup(prefix)
	doc.ns.root, doc.ns.rootPrefix = uri, string(prefix)
	if !dmarcNamespace(uri) {
		doc.repairs.Add(RepairNamespace, uri)
	}
	cleaned, _ := plaintext.Append(nil, []byte(uri))
	doc.report.Namespace = string(cleaned)
	if !t.selfClose {
		doc.push(elFeedback, t)
	}
	return nil
}

func (doc *document) push(e element, t *token) {
	doc.frames = append(doc.frames, frame{e, len(doc.names)})
	doc.names = append(doc.names, t.name...)
}

func (doc *document) openName() []byte { return doc.names[doc.frames[len(doc.frames)-1].name:] }

// start opens an element inside the root.
func (doc *document) start(t *token) error {
	if len(doc.frames) >= doc.d.limits.Depth {
		return refuse(RefusedTooDeep, "")
	}
	parent := doc.frames[len(doc.frames)-1].el
	doc.lang = doc.lang[:0]
	if t.raw != nil {
		if err := doc.attributes(t.raw); err != nil {
			return err
		}
	}
	local := t.name
	e := child(parent, local)
	// A name that is found as it stands has no prefix: most need no more.
	if e == elUnknown || e == elForeign || len(doc.ns.list) > 0 {
		var prefix []byte
		prefix, local = splitName(t.name)
		if e = child(parent, local); doc.ns.foreign(prefix) {
			e = elForeign
		}
	}
	switch {
	case e.beside():
		return doc.startBeside(e, t)
	case e.isValue():
		doc.value = doc.value[:0]
		if t.raw == nil && !t.selfClose {
			if text, ok := doc.d.scan.simpleValue(t.name); ok {
				return doc.simpleValue(e, text)
			}
		}
	default:
		doc.opened(e, local)
	}
	if !t.selfClose {
		doc.push(e, t)
		return nil
	}
	doc.ns.leave(len(doc.frames) + 1)
	return doc.closed(e)
}

// startBeside opens an element that is not one of the format's.
func (doc *document) startBeside(e element, t *token) error {
	switch parent := doc.frames[len(doc.frames)-1].el; {
	case e == elUnknown && parent.isValue():
		doc.repairs.Add(RepairNested, string(t.name))
	case e == elUnknown && parent != elUnknown:
		doc.repairs.Add(RepairUnknownElement, string(t.name))
	}
	doc.push(e, t)
	if t.raw == nil {
		doc.besideStart(nil)
	} else {
		doc.besideStart(doc.attrs)
	}
	if t.selfClose {
		return doc.pop()
	}
	return nil
}

// simpleValue takes a value element with nothing but text in it.
func (doc *document) simpleValue(e element, text []byte) error {
	if bytes.IndexByte(text, '&') >= 0 {
		doc.value = appendText(doc.value, text, &doc.repairs)
		text = doc.value
	}
	return doc.closedValue(e, text)
}

func (doc *document) attributes(raw []byte) error {
	var err error
	if doc.attrs, err = attributes(doc.attrs, raw, doc.d.limits.Attributes); err != nil {
		return err
	}
	doc.ns.declare(doc.attrs, len(doc.frames)+1)
	for _, a := range doc.attrs {
		if string(a.name) == "lang" || string(a.name) == "xml:lang" {
			doc.lang = append(doc.lang[:0], a.value[:min(len(a.value), 35)]...)
		}
	}
	return nil
}

// text takes character data.
func (doc *document) text(t *token) error {
	e := doc.frames[len(doc.frames)-1].el
	if !e.isValue() {
		doc.textBetween(e, t)
		return nil
	}
	if t.kind == tokCDATA {
		doc.value = append(doc.value, t.raw...)
	} else {
		doc.value = appendText(doc.value, t.raw, &doc.repairs)
	}
	if len(doc.value) > doc.d.limits.Token {
		return refuse(RefusedTooLong, "")
	}
	return nil
}

// textBetween takes text of an element that should have none, or of which no
// more is known than its text.
func (doc *document) textBetween(e element, t *token) {
	text := trimSpace(t.raw)
	switch {
	case len(text) == 0 || e == elIgnored:
	case e.beside() && t.kind == tokCDATA:
		doc.besideText(text)
	case e.beside():
		doc.besideText(appendText(nil, text, &doc.repairs))
	default:
		doc.repairs.Add(RepairStrayText, string(text[:min(len(text), 40)]))
	}
}

func (doc *document) endElement(t *token) error {
	f := doc.frames[len(doc.frames)-1]
	if string(t.name) != string(doc.names[f.name:]) {
		return refuse(RefusedMalformed, string(doc.names[f.name:])+" closed by "+string(t.name))
	}
	return doc.pop()
}

// pop closes the innermost open element.
func (doc *document) pop() error {
	f := doc.frames[len(doc.frames)-1]
	doc.names = doc.names[:f.name]
	doc.frames = doc.frames[:len(doc.frames)-1]
	if f.el.beside() {
		doc.ext.open = 0
	}
	if len(doc.ns.list) > 0 {
		doc.ns.leave(len(doc.frames) + 1)
	}
	return doc.closed(f.el)
}

// opened reacts to the start of a container.
func (doc *document) opened(e element, local []byte) {
	switch e {
	case elRecord:
		doc.rec.reset()
	case elIdentifiers:
		if string(local) == "identities" {
			doc.repairs.Add(RepairIdentities, "")
		}
	}
	if e >= elRow && e <= elSPF {
		doc.rec.open(e)
	}
}

// closed reacts to the end of an element.
func (doc *document) closed(e element) error {
	switch {
	case e.isValue():
		return doc.closedValue(e, doc.value)
	case e == elMetadata:
		doc.meta.closedMetadata = true
		return doc.ready()
	case e == elPolicy:
		doc.meta.closedPolicy = true
		return doc.ready()
	case e == elRecord:
		return doc.recordEnd()
	case e >= elRow && e <= elSPF:
		return doc.rec.close(e, doc.d.limits.Results)
	}
	return nil
}

func (doc *document) closedValue(e element, text []byte) error {
	if e < elSourceIP {
		doc.reportValue(e, text)
		return nil
	}
	if len(doc.rec.buf)+len(text) > doc.d.limits.RecordBytes {
		return refuse(RefusedTooLong, "record")
	}
	done, repeated := doc.rec.value(e, text)
	if done != 0 {
		doc.cleaned(done)
	}
	if repeated {
		doc.repairs.Add(RepairRepeated, e.String())
	}
	if len(doc.lang) > 0 && !repeated && (e == elReasonComment || e == elDKIMHuman || e == elSPFHuman) {
		doc.rec.language(doc.lang)
	}
	return nil
}

func (doc *document) cleaned(done plaintext.Cleaning) {
	if done&plaintext.Invalid != 0 {
		doc.repairs.Add(RepairInvalidUTF8, "")
	}
	if done&plaintext.Invisible != 0 {
		doc.repairs.Add(RepairCleaned, "")
	}
}

// givenUp reports whether the report is refused already.
func (doc *document) givenUp() bool { return doc.refusal != nil }

// firstRefusal prefers the reason found first.
func (doc *document) firstRefusal(later *finding.Refusal) *finding.Refusal {
	if doc.refusal != nil {
		return doc.refusal
	}
	return later
}
