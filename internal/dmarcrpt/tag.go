package dmarcrpt

import (
	"bytes"
	"errors"
	"io"
)

// nameByte says whether b may stand in an XML name. All bytes of multi-byte
// characters are let through; no element that matters has one.
func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		b == '_' || b == '-' || b == '.' || b == ':' || b >= 0x80
}

func nameStart(b byte) bool {
	return nameByte(b) && b != '-' && b != '.' && (b < '0' || b > '9')
}

func spaceByte(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// startTag reads "<name attributes>" at the front of the window. A "<" that
// cannot begin a tag is handed over as text, see literal.
func (s *scanner) startTag(t *token) error {
	if !nameStart(s.buf[s.r+1]) {
		return s.literal(t, 1)
	}
	n := 2
	for {
		run := s.buf[s.r:s.w]
		for n < len(run) && nameByte(run[n]) {
			n++
		}
		if n < len(run) {
			break
		}
		if !s.fill() {
			return s.ended()
		}
	}
	name := n
	switch c := s.buf[s.r+n]; {
	case c == '>':
		t.kind, t.name, t.raw, t.selfClose = tokStart, s.buf[s.r+1:s.r+n], nil, false
		s.r += n + 1
		return nil
	case c == '/' || spaceByte(c):
	case c == '<':
		return s.literal(t, 1)
	default:
		// "<someone@example.com>": the whole bracket is text.
		if end := s.indexFrom(n, '>'); end > 0 && bytes.IndexByte(s.buf[s.r+1:s.r+end], '<') < 0 {
			return s.literal(t, end+1)
		}
		return s.literal(t, 1)
	}
	end, err := s.tagEnd(n)
	if err != nil {
		return err
	}
	if end < 0 {
		return s.literal(t, 1)
	}
	t.kind, t.name, t.raw, t.selfClose = tokStart, s.buf[s.r+1:s.r+name], s.buf[s.r+name:s.r+end], false
	if i := len(t.raw) - 1; i >= 0 && t.raw[i] == '/' {
		t.raw, t.selfClose = t.raw[:i], true
	}
	t.raw = trimSpace(t.raw)
	if len(t.raw) == 0 {
		t.raw = nil
	}
	s.r += end + 1
	return nil
}

// tagEnd returns the distance of the ">" that closes the tag, minding quoted
// attribute values, or -1 when a "<" comes first: then it was no tag.
func (s *scanner) tagEnd(n int) (int, error) {
	quote := byte(0)
	for {
		for ; s.r+n < s.w; n++ {
			c := s.buf[s.r+n]
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return n, nil
			case c == '<':
				return -1, nil
			}
		}
		if !s.fill() {
			return 0, s.ended()
		}
	}
}

// skipSpace skips white space in the window. It reports whether that was all.
func (s *scanner) skipSpace() (all bool) {
	run := s.buf[s.r:s.w]
	n := 0
	for n < len(run) && run[n] <= ' ' && spaceByte(run[n]) {
		n++
	}
	s.r += n
	return n == len(run)
}

// simpleValue takes "text</name>" at once when it lies in the window: that is
// how nearly all values are written. The text is not yet decoded.
func (s *scanner) simpleValue(name []byte) (text []byte, ok bool) {
	i := bytes.IndexByte(s.buf[s.r:s.w], '<')
	if i < 0 {
		return nil, false
	}
	end := s.r + i
	if !s.closes(end, name) {
		return nil, false
	}
	text = s.buf[s.r:end]
	s.r = end + len(name) + 3
	return text, true
}

// closes reports whether "</name>" stands at the given place of the window.
func (s *scanner) closes(at int, name []byte) bool {
	end := at + 2 + len(name)
	return end < s.w && s.buf[at] == '<' && s.buf[at+1] == '/' && s.buf[end] == '>' &&
		string(s.buf[at+2:end]) == string(name)
}

// endTag reads "</name>".
func (s *scanner) endTag(t *token) error {
	i := s.indexFrom(2, '>')
	if i < 0 {
		return s.unclosedEnd(t)
	}
	name := s.buf[s.r+2 : s.r+i]
	for len(name) > 0 && spaceByte(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if len(name) == 0 || bytes.IndexByte(name, '<') >= 0 {
		return refuse(RefusedMalformed, "</"+string(name[:min(len(name), 40)]))
	}
	t.kind, t.name, t.selfClose = tokEnd, name, false
	s.r += i + 1
	return nil
}

// unclosedEnd accepts the one reporter that forgets the last ">" of every
// document. The caller still checks that this closes the root.
func (s *scanner) unclosedEnd(t *token) error {
	rest := trimSpace(s.buf[s.r+2 : s.w])
	if !errors.Is(s.err, io.EOF) || len(rest) == 0 {
		return s.ended()
	}
	for _, c := range rest {
		if !nameByte(c) {
			return s.ended()
		}
	}
	t.kind, t.name, t.selfClose = tokEnd, rest, true
	s.r = s.w
	return nil
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && spaceByte(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && spaceByte(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
