package dmarcrpt

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/finding"
)

// appendText decodes the character and predefined entity references of raw
// into dst. An "&" that begins none is kept as it stands.
func appendText(dst, raw []byte, repairs *finding.Repairs) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i:]
		r, n := reference(raw)
		if n == 0 {
			repairs.Add(RepairAmpersand, string(raw[:min(len(raw), 20)]))
			dst = append(dst, '&')
			raw = raw[1:]
			continue
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[n:]
	}
}

// reference reads "&amp;", "&#65;", "&#x41;" and the like; n is its length,
// 0 when raw does not begin with one.
func reference(raw []byte) (r rune, n int) {
	end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
	if end < 2 {
		return 0, 0
	}
	name := raw[1:end]
	if name[0] == '#' {
		if r, ok := numericReference(name[1:]); ok {
			return r, end + 1
		}
		return 0, 0
	}
	switch string(name) {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	}
	return 0, 0
}

func numericReference(digits []byte) (rune, bool) {
	base := rune(10)
	if len(digits) > 0 && digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	var r rune
	for _, c := range digits {
		v := rune(99)
		switch {
		case c >= '0' && c <= '9':
			v = rune(c - '0')
		case c >= 'a' && c <= 'f':
			v = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			v = rune(c-'A') + 10
		}
		if v >= base {
			return 0, false
		}
		if r = r*base + v; r > unicode.MaxRune {
			return 0, false
		}
	}
	if !utf8.ValidRune(r) {
		return 0, false
	}
	return r, true
}
