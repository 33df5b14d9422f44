// Package finding holds what a report reader has to say about a document:
// the repairs it made to accept it, or the one reason why it refused it.
//
// Both carry a stable code, which is stored and counted, and a detail from
// the document. The sentence for a code belongs to the package that defines
// the code, so that an explanation can improve without rewriting what is stored.
package finding

import (
	"unicode/utf8"

	"sendvery.com/sendvery/internal/plaintext"
)

// Code names a repair or a refusal: lower case words joined by "_". Codes are
// stored; one that has been published keeps its meaning.
type Code string

// Repair is one kind of unusual thing that was accepted in a document.
type Repair struct {
	Code   Code
	Detail string // the first occurrence, see Detail; may be empty
	Count  int    // how often it occurred, at least 1
}

// Refusal is the reason why a document was not accepted. It is an error.
type Refusal struct { //nolint:errname // a verdict about a document first, an error only on its way

	Code   Code
	Detail string // from the document or the decoder, see Detail; may be empty
	// Sentence tells the owner of the domain what is wrong, in plain English,
	// without the detail.
	Sentence string
}

// Error gives the sentence and the detail.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return r.Sentence
	}
	return r.Sentence + " (" + r.Detail + ")"
}

// MaxDetail is the longest detail in bytes; more is cut.
const MaxDetail = 120

// MaxKinds is the greatest number of different repairs kept for a document.
// It is above the number of codes that exist, so nothing is lost in practice.
const MaxKinds = 64

// Repairs collects the repairs of one document, one entry a code. The zero
// value is ready for use.
type Repairs struct {
	list []Repair
}

// Add notes one occurrence. The detail of the first occurrence is kept.
func (rs *Repairs) Add(code Code, detail string) { rs.AddCount(code, detail, 1) }

// AddCount notes n occurrences at once.
func (rs *Repairs) AddCount(code Code, detail string, n int) {
	for i := range rs.list {
		if rs.list[i].Code == code {
			rs.list[i].Count += n
			return
		}
	}
	if len(rs.list) < MaxKinds {
		rs.list = append(rs.list, Repair{Code: code, Detail: Detail(detail), Count: n})
	}
}

// Has reports whether the code was noted.
func (rs *Repairs) Has(code Code) bool {
	for i := range rs.list {
		if rs.list[i].Code == code {
			return true
		}
	}
	return false
}

// List returns the repairs in the order in which they were first met. The
// caller must not change it.
func (rs *Repairs) List() []Repair { return rs.list }

// Detail makes text from a document fit to be a detail: cleaned of invisible
// characters and cut to MaxDetail bytes at a character boundary.
func Detail(s string) string {
	s = plaintext.String(s)
	if len(s) <= MaxDetail {
		return s
	}
	end := MaxDetail
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
