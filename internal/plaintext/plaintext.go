// Package plaintext makes text from outside safe to store and to show: one
// place, at the border, for everything that reports and mails say.
package plaintext

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Cleaning says what Append had to do.
type Cleaning uint8

// What may have been done.
const (
	Invisible Cleaning = 1 << iota // control, bidi or zero-width characters removed
	Invalid                        // invalid UTF-8 replaced
)

// Append appends v to dst as it may be stored and shown: without white
// space around it, line breaks and tabs as spaces, without control, bidi and
// zero-width characters, invalid UTF-8 as U+FFFD. This is the one place where
// text from a report is made safe for PostgreSQL (no NUL) and for terminals
// and logs; escaping for HTML and the like happens at output.
func Append(dst, v []byte) ([]byte, Cleaning) {
	v = trim(v)
	plain := true
	for _, c := range v {
		if c < 0x20 || c > 0x7e {
			plain = false
			break
		}
	}
	if plain {
		return append(dst, v...), 0
	}
	var done Cleaning
	start := len(dst)
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		switch {
		case r == utf8.RuneError && n == 1:
			done |= Invalid
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case n == 1 && space(v[0]):
			dst = append(dst, ' ')
		case invisible(r):
			done |= Invisible
		default:
			dst = append(dst, v[:n]...)
		}
		v = v[n:]
	}
	trimmed := bytes.TrimSpace(dst[start:])
	return append(dst[:start], trimmed...), done
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func trim(v []byte) []byte {
	for len(v) > 0 && space(v[0]) {
		v = v[1:]
	}
	for len(v) > 0 && space(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return v
}

// Visible reports whether Append leaves r as it is.
func Visible(r rune) bool { return !invisible(r) }

// invisible tells characters that change how text looks without being seen:
// controls (Cc), formats (Cf: zero width, bidi, BOM, tags), line and
// paragraph separators, and code points that are no characters.
func invisible(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x00ad, r == 0x034f, r == 0x115f, r == 0x1160,
		r == 0x2028, r == 0x2029, r == 0x3164, r == 0xffa0:
		return true
	case r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// String cleans s like Append does.
func String(s string) string {
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c > 0x7e {
			b, _ := Append(nil, []byte(s))
			return string(b)
		}
	}
	return s
}
