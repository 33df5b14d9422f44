// Package uid makes the identifiers that appear in URLs: UUID version 7
// (RFC 9562 section 5.7), one Go type per thing identified.
package uid

import (
	"database/sql/driver"
	"fmt"

	"github.com/google/uuid"
)

// ID is a UUIDv7 that identifies a K. K is a phantom: an ID of one thing does
// not compile where an ID of another is wanted.
type ID[K any] uuid.UUID

// New returns a fresh identifier. Later ones sort after earlier ones.
func New[K any]() ID[K] { return ID[K](uuid.Must(uuid.NewV7())) }

// Parse reads the 36-character form; any other form is an error.
func Parse[K any](s string) (ID[K], error) {
	if len(s) != 36 {
		return ID[K]{}, fmt.Errorf("identifier of %d characters", len(s))
	}
	u, err := uuid.Parse(s)
	return ID[K](u), err
}

// IsZero reports whether the identifier was never set.
func (id ID[K]) IsZero() bool { return id == ID[K]{} }

// String returns the 36-character form.
func (id ID[K]) String() string { return uuid.UUID(id).String() }

// MarshalText implements encoding.TextMarshaler.
func (id ID[K]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID[K]) UnmarshalText(b []byte) error {
	v, err := Parse[K](string(b))
	if err == nil {
		*id = v
	}
	return err
}

// Scan implements sql.Scanner.
func (id *ID[K]) Scan(v any) error { return (*uuid.UUID)(id).Scan(v) }

// Value implements driver.Valuer.
func (id ID[K]) Value() (driver.Value, error) { return id.String(), nil }
