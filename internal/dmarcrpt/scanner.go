package dmarcrpt

import (
	"bytes"
	"errors"
	"io"

	"sendvery.com/sendvery/internal/finding"
)

// tokenKind says what the scanner found.
type tokenKind uint8

const (
	tokEOF   tokenKind = iota
	tokStart           // <name …> or <name …/>
	tokEnd             // </name>
	tokText            // character data, one run; raw is not yet decoded
	tokCDATA           // the inside of a CDATA section, not to be decoded
)

// token is one piece of the document. Its slices point into the scanner's
// window and are valid until the next call of next.
type token struct {
	kind      tokenKind
	name      []byte // as written, with its prefix
	raw       []byte // tokText, tokCDATA: the bytes; tokStart: the attributes, nil without any
	selfClose bool   // tokStart: <name/>; no tokEnd follows
}

// scanner cuts a stream of UTF-8 into XML tokens. It exists because
// encoding/xml buffers attributes and text without a limit and is an order of
// magnitude slower; a fuzz test holds the two together on well-formed input.
//
// Every token lies in one piece in the window, which grows up to limit bytes:
// that is the limit for a single text or tag.
type scanner struct {
	src   io.Reader
	buf   []byte
	r, w  int
	limit int
	err   error // what src answered last; io.EOF at the end

	// repairs is where tolerated damage is noted.
	repairs *finding.Repairs
}

const firstWindow = 32 << 10

func (s *scanner) reset(src io.Reader, limit int) {
	s.src, s.r, s.w, s.err, s.limit = src, 0, 0, nil, limit
	if s.buf == nil {
		s.buf = make([]byte, firstWindow)
	}
}

// fill reads more bytes behind the unread part. It returns false when there
// are none: s.err says why, nil meaning that the window is at its limit.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.r > 0 {
		s.w = copy(s.buf, s.buf[s.r:s.w])
		s.r = 0
	}
	if s.w == len(s.buf) {
		if s.w >= s.limit {
			return false
		}
		grown := make([]byte, min(2*len(s.buf), max(s.limit, firstWindow)))
		s.w = copy(grown, s.buf[:s.w])
		s.buf = grown
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.w:])
		s.w += n
		s.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// ended explains why no more bytes came in the middle of a token.
func (s *scanner) ended() error {
	switch {
	case s.err == nil:
		return refuse(RefusedTooLong, "")
	case errors.Is(s.err, io.EOF):
		return refuse(RefusedTruncated, "")
	}
	return s.err
}

// failed returns the error of the source, nil at a clean end.
func (s *scanner) failed() error {
	if s.err == nil || errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// ensure makes n bytes visible from s.r on; false when there are fewer.
func (s *scanner) ensure(n int) bool {
	for s.w-s.r < n {
		if !s.fill() {
			return false
		}
	}
	return true
}

// indexFrom finds c in the unread part, at offset from or later, reading more
// as needed. It returns -1 when the stream or the window ends before.
func (s *scanner) indexFrom(from int, c byte) int {
	for {
		if i := bytes.IndexByte(s.buf[s.r+from:s.w], c); i >= 0 {
			return from + i
		}
		from = s.w - s.r
		if !s.fill() {
			return -1
		}
	}
}

// next returns the next token. Comments and processing instructions are
// skipped; any document type definition is refused.
func (s *scanner) next(t *token) error {
	for {
		if s.r == s.w && !s.fill() {
			t.kind = tokEOF
			return s.failed()
		}
		if s.buf[s.r] != '<' {
			return s.text(t)
		}
		if !s.ensure(2) {
			return s.ended()
		}
		switch s.buf[s.r+1] {
		case '/':
			return s.endTag(t)
		case '?':
			if err := s.instruction(); err != nil {
				return err
			}
		case '!':
			if found, err := s.declaration(t); found || err != nil {
				return err
			}
		default:
			return s.startTag(t)
		}
	}
}

// instruction skips a processing instruction. An XML declaration that lacks
// its "?" ends at the ">".
func (s *scanner) instruction() error {
	if s.hasPrefix("<?xml ") {
		end := s.indexFrom(2, '>')
		if end < 0 {
			return s.ended()
		}
		next := bytes.IndexByte(s.buf[s.r+2:s.w], '<')
		whole := bytes.Index(s.buf[s.r:s.w], []byte("?>"))
		if s.buf[s.r+end-1] != '?' && (whole < 0 || next >= 0 && next+2 < whole) {
			s.repairs.Add(RepairDeclaration, "")
			s.r += end + 1
			return nil
		}
	}
	return s.skipPast("?>")
}

// text takes everything up to the next "<".
func (s *scanner) text(t *token) error {
	i := s.indexFrom(0, '<')
	if i < 0 {
		if err := s.failed(); err != nil {
			return err
		}
		if s.err == nil {
			return refuse(RefusedTooLong, "")
		}
		i = s.w - s.r
	}
	t.kind, t.raw = tokText, s.buf[s.r:s.r+i]
	s.r += i
	return nil
}

// literal takes a "<" that begins no tag, and what belongs to it, as text:
// n bytes from the unread part.
func (s *scanner) literal(t *token, n int) error {
	s.repairs.Add(RepairMarkup, string(s.buf[s.r:s.r+min(n, 40)]))
	t.kind, t.raw = tokCDATA, s.buf[s.r:s.r+n]
	s.r += n
	return nil
}

// declaration handles "<!": a comment is skipped (found is false), a CDATA
// section is a token, everything else is refused.
func (s *scanner) declaration(t *token) (found bool, err error) {
	switch {
	case s.hasPrefix("<!--"):
		s.r += len("<!--")
		return false, s.skipPast("-->")
	case s.hasPrefix("<![CDATA["):
		s.r += len("<![CDATA[")
		n, err := s.find("]]>")
		if err != nil {
			return false, err
		}
		t.kind, t.raw = tokCDATA, s.buf[s.r:s.r+n]
		s.r += n + len("]]>")
		return true, nil
	case s.hasPrefix("<!DOCTYPE"), s.hasPrefix("<!ENTITY"), s.hasPrefix("<!doctype"):
		return false, refuse(RefusedDTD, "")
	case s.err != nil && s.w-s.r < len("<![CDATA["):
		return false, s.ended()
	}
	return false, refuse(RefusedMalformed, "<!")
}

func (s *scanner) hasPrefix(p string) bool {
	return s.ensure(len(p)) && string(s.buf[s.r:s.r+len(p)]) == p
}

// find returns the distance of mark from s.r.
func (s *scanner) find(mark string) (int, error) {
	last, from := mark[len(mark)-1], 0
	for {
		i := s.indexFrom(from, last)
		if i < 0 {
			return 0, s.ended()
		}
		if n := i + 1 - len(mark); n >= 0 && string(s.buf[s.r+n:s.r+i+1]) == mark {
			return n, nil
		}
		from = i + 1
	}
}

func (s *scanner) skipPast(mark string) error {
	n, err := s.find(mark)
	if err != nil {
		return err
	}
	s.r += n + len(mark)
	return nil
}

// skipText skips everything up to the next "<", of any length, and returns the
// beginning of what was more than white space, byte order marks and NULs.
func (s *scanner) skipText() (text string, err error) {
	for {
		run := s.buf[s.r:s.w]
		i := bytes.IndexByte(run, '<')
		if i >= 0 {
			run = run[:i]
		}
		for i := 0; text == "" && i < len(run); i++ {
			if !padding(run[i]) {
				text = string(trimSpace(run[i:min(len(run), i+40)]))
			}
		}
		s.r += len(run)
		if i >= 0 {
			return text, nil
		}
		if !s.fill() {
			return text, s.failed()
		}
	}
}

// padding tells white space, NULs and the bytes of a byte order mark, which
// may be cut in two by the window.
func padding(c byte) bool { return c <= ' ' || c == 0xef || c == 0xbb || c == 0xbf }

// drain reads the source to its end, so that its checksum is checked.
func (s *scanner) drain() error {
	for s.fill() {
		s.r = s.w
	}
	return s.failed()
}
