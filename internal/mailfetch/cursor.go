package mailfetch

import (
	"fmt"
	"strconv"
	"strings"
)

// Cursor marks how far a folder has been read. It is opaque: keep its String,
// come back with ParseCursor. The zero Cursor stands before the first mail.
//
// For IMAP it holds UIDVALIDITY and UID (RFC 9051 section 2.3.1.1: UIDs only
// grow while UIDVALIDITY stays). POP3 has no order to stand in.
type Cursor struct {
	validity, uid uint32
}

// IsZero reports whether the cursor stands before the first mail.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String returns the form to keep; "" for the zero Cursor.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return fmt.Sprintf("imap:%d:%d", c.validity, c.uid)
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	parts := strings.Split(s, ":")
	if len(parts) != 3 || parts[0] != "imap" {
		return Cursor{}, fmt.Errorf("parse cursor %q: unknown form", s)
	}
	validity, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil {
		return Cursor{}, fmt.Errorf("parse cursor %q: %w", s, err)
	}
	uid, err := strconv.ParseUint(parts[2], 10, 32)
	if err != nil {
		return Cursor{}, fmt.Errorf("parse cursor %q: %w", s, err)
	}
	return Cursor{validity: uint32(validity), uid: uint32(uid)}, nil
}
