// Package fault is the vocabulary of failures that a person may be told about.
//
// A fault carries a kind, which decides status code and retry, and a sentence
// for the user. Everything else in an error chain is for the log only.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of failure it is; it decides the HTTP status and
// whether background work tries again.
type Kind uint8

// The kinds. Internal is the zero value: an error that is no fault at all.
const (
	Internal Kind = iota
	NotFound
	Invalid
	Conflict
	Denied
	Unauthenticated
	LimitReached
	Temporary
)

var kindNames = [...]string{"internal", "not found", "invalid", "conflict", "denied", "unauthenticated", "limit reached", "temporary"}

// String names the kind for logs.
func (k Kind) String() string { return kindNames[k] }

// Fields maps a form field's name to the sentence shown beside it.
type Fields map[string]string

// Error is a failure with a sentence for the user.
type Error struct {
	Kind     Kind
	Sentence string        // what the user reads: what happened, and what to do next
	Fields   Fields        // for Invalid: one sentence per field
	Wait     time.Duration // for LimitReached: how long until it is worth trying again; 0 = not a matter of time
	Upgrade  bool          // for LimitReached: a larger plan would allow it
	Cause    error         // for the log, never shown
}

// Error describes the fault for the log: kind, sentence, fields, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Sentence != "" {
		fmt.Fprintf(&b, ": %s", e.Sentence)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, " [%s: %s]", name, e.Fields[name])
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of a kind with a sentence for the user.
func New(kind Kind, sentence string) *Error { return &Error{Kind: kind, Sentence: sentence} }

// Wrap makes a fault that keeps cause for the log.
func Wrap(kind Kind, sentence string, cause error) *Error {
	return &Error{Kind: kind, Sentence: sentence, Cause: cause}
}

// InvalidFields makes an Invalid fault from field sentences, or returns nil
// when there are none, so that a validator can end with it.
func InvalidFields(f Fields) error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Fields: f}
}

// KindOf returns the kind of the first fault in err's chain, Internal without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Sentence returns the user's sentence of the first fault in err's chain, or
// a general apology when there is none.
func Sentence(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Sentence != "" {
		return e.Sentence
	}
	return "Something went wrong on our side. Nothing was lost; please try again in a minute."
}

// Upgrades reports whether a larger plan would allow what err refuses.
func Upgrades(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Upgrade
}

// FieldsOf returns the field sentences of an Invalid fault, nil without one.
func FieldsOf(err error) Fields {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}
