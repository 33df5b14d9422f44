package dmarcrpt

import (
	"strings"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/plaintext"
)

// Extension is something that a report says beside the format: an element or
// an attribute of another vocabulary, below "extension" or not (RFC 9990
// sections 3.1.1.3 and 4), or an element that nobody knows.
type Extension struct {
	Record int    `json:",omitempty"` // the record it stands in; 0 for the report itself
	Name   string // names from the outermost such element on, joined by "/"; attributes begin with "@"
	Text   string // its own text
}

// What is kept of extensions: as many in a report, so much text of each, in
// bytes. Summary.MoreExtensions counts the others.
const (
	maxExtensions    = 100
	maxExtensionText = 500
)

// extensions gathers those of one document.
type extensions struct {
	list []Extension
	more int
	open int // place of the entry of the innermost open element, from 1; 0 after a child of it, -1 without room
}

// note adds an entry; -1 when there is no room for it.
func (x *extensions) note(record int, name string, text []byte) (place int) {
	if x.full() {
		return -1
	}
	x.list = append(x.list, Extension{Record: record, Name: finding.Detail(name)})
	x.say(len(x.list), text)
	return len(x.list)
}

// full reports whether there is no room for another entry, and counts it then.
func (x *extensions) full() bool {
	if len(x.list) < maxExtensions {
		return false
	}
	x.more++
	return true
}

// say adds text to the entry at place.
func (x *extensions) say(place int, text []byte) {
	e := &x.list[place-1]
	cleaned, _ := plaintext.Append(nil, text)
	if room := maxExtensionText - len(e.Text); room > 0 {
		cut := strings.ToValidUTF8(string(cleaned[:min(len(cleaned), room)]), "")
		e.Text = strings.TrimSpace(e.Text + " " + cut)
	}
}

// beside reports whether e belongs to an extension.
func (e element) beside() bool { return e == elForeign || e == elUnknown }

// besidePath names the innermost open element, from its outermost one that
// belongs to an extension, and the record it stands in.
func (doc *document) besidePath() (record int, path string) {
	for i, f := range doc.frames {
		if f.el.beside() {
			end := len(doc.names)
			if i+1 < len(doc.frames) {
				end = doc.frames[i+1].name
			}
			path += "/" + string(doc.names[f.name:end])
		}
	}
	if len(doc.frames) > 1 && doc.frames[1].el == elRecord {
		record = doc.sum.Records + 1
	}
	return record, strings.TrimPrefix(path, "/")
}

// besideStart notes an element that has just been opened, and its attributes.
// One that said nothing itself stands in the name of its child only.
func (doc *document) besideStart(attrs []attribute) {
	x := &doc.ext
	parent := x.open
	if x.open = -1; parent <= 0 && x.full() {
		return
	}
	record, path := doc.besidePath()
	if parent > 0 && x.list[parent-1].Text == "" {
		x.open, x.list[parent-1].Name = parent, finding.Detail(path)
	} else {
		x.open = x.note(record, path, nil)
	}
	for _, a := range attrs {
		if name := string(a.name); name != "xmlns" && !strings.HasPrefix(name, "xmlns:") {
			x.note(record, path+"/@"+name, appendText(nil, a.value, &doc.repairs))
		}
	}
}

// besideText notes text of the innermost open element.
func (doc *document) besideText(text []byte) {
	switch x := &doc.ext; {
	case x.open > 0:
		x.say(x.open, text)
	case x.open == 0 && !x.full():
		record, path := doc.besidePath()
		x.open = x.note(record, path, text)
	}
}
