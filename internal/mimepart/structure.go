package mimepart

import (
	"bytes"
	"strings"
)

// partKind says what stands in a part.
type partKind uint8

const (
	leaf partKind = iota
	multipart
	message // message/rfc822 and its like, walked into
)

// part is one node of the MIME tree, as places in the source.
type part struct {
	kind       partKind
	parent     int // index of the enclosing part, -1 for the mail itself
	media      string
	params     map[string]string
	header     header
	headFrom   int64
	from, to   int64 // the body
	headlines  int64 // where the header block ends
	isFeedback bool  // multipart: its message parts are samples, not to be looked into
}

// structure finds the parts of one mail in a single pass over its lines. All
// boundaries that are open are looked for at once, so that a missing closing
// line ends a part at the boundary around it.
type structure struct {
	in         *lines
	limits     *Limits
	budget     *budget
	parts      []part
	boundaries []string
}

// stop says what ended a part.
type stop struct {
	level int   // index of the boundary, or one of the two below
	final bool  // it was the closing boundary
	from  int64 // where the boundary line begins
	eol   int   // length of the line end before it
}

const (
	endOfInput  = -1
	bodyFollows = -2
)

// find fills s.parts from the source in s.in.
func (s *structure) find() error {
	s.parts, s.boundaries = s.parts[:0], s.boundaries[:0]
	_, err := s.entity(-1, 0)
	if err == nil {
		err = s.in.err
	}
	return err
}

// boundary tells whether line is one of the open boundaries, the innermost
// first.
func (s *structure) boundary(line []byte) (stop, bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return stop{}, false
	}
	rest := bytes.TrimRight(line[2:], " \t\r\n")
	for i := len(s.boundaries) - 1; i >= 0; i-- {
		after, found := bytes.CutPrefix(rest, []byte(s.boundaries[i]))
		if found && (len(after) == 0 || string(after) == "--") {
			return stop{level: i, final: len(after) > 0}, true
		}
	}
	return stop{}, false
}

// skip reads to the next open boundary.
func (s *structure) skip() stop {
	eol, whole := 0, true
	for {
		from := s.in.at()
		line := s.in.next()
		if line == nil {
			return stop{level: endOfInput, from: from}
		}
		if whole {
			if at, ok := s.boundary(line); ok {
				at.from, at.eol = from, eol
				return at
			}
		}
		whole = line[len(line)-1] == '\n'
		switch {
		case bytes.HasSuffix(line, []byte("\r\n")):
			eol = 2
		case whole:
			eol = 1
		default:
			eol = 0
		}
	}
}

// entity reads a header block and what belongs to it.
func (s *structure) entity(parent, depth int) (stop, error) {
	if depth > s.limits.Depth {
		return stop{}, refuse(RefusedDepth, "")
	}
	if s.budget.parts++; s.budget.parts > s.limits.Parts {
		return stop{}, refuse(RefusedParts, "")
	}
	p := part{parent: parent, headFrom: s.in.at()}
	end, err := s.headerBlock(&p.header)
	if err != nil {
		// What was read of it may still tell what the mail is.
		p.media, p.params = media(p.header.contentType)
		s.parts = append(s.parts, p)
		return stop{}, err
	}
	p.media, p.params = media(p.header.contentType)
	p.from = s.in.at()
	p.headlines = p.from
	if end.level != bodyFollows {
		p.from, p.to = end.from, end.from
		s.parts = append(s.parts, p)
		return end, nil
	}
	index := len(s.parts)
	switch {
	case strings.HasPrefix(p.media, "multipart/"):
		p.kind = multipart
		p.isFeedback = strings.EqualFold(p.params["report-type"], "feedback-report")
		s.parts = append(s.parts, p)
		return s.multipart(index, depth)
	case (p.media == "message/rfc822" || p.media == "message/global") && !encoded(p.header.encoding):
		p.kind = message
		s.parts = append(s.parts, p)
		end, err = s.entity(index, depth+1)
	default:
		s.parts = append(s.parts, p)
		end = s.skip()
	}
	s.parts[index].to = end.from - int64(end.eol)
	if s.parts[index].to < p.from {
		s.parts[index].to = p.from
	}
	return end, err
}

// multipart reads the parts between the boundaries of part index.
func (s *structure) multipart(index, depth int) (stop, error) {
	p := s.parts[index]
	level := len(s.boundaries)
	// A parameter that runs over the longest legal boundary is none.
	name := strings.TrimRight(p.params["boundary"], " \t")
	end := stop{level: endOfInput, from: s.in.at()}
	if name != "" && len(name) <= 200 {
		s.boundaries = append(s.boundaries, name)
		end = s.skip()
	}
	if end.level != level {
		// No such boundary: take the first line that looks like one.
		s.boundaries = s.boundaries[:level]
		if guess := s.guess(p.from); guess != "" {
			s.boundaries = append(s.boundaries, guess)
		} else {
			s.parts[index].kind = leaf
		}
		s.in.seek(p.from)
		end = s.skip()
	}
	var err error
	for end.level == level && !end.final {
		if end, err = s.entity(index, depth+1); err != nil {
			return end, err
		}
	}
	if len(s.boundaries) > level {
		s.boundaries = s.boundaries[:level]
	}
	if end.level == level {
		end = s.skip()
	}
	s.parts[index].to = end.from
	return end, nil
}

// guess finds a boundary line for a multipart that names none.
func (s *structure) guess(from int64) string {
	s.in.seek(from)
	for range 100 {
		line := s.in.next()
		if line == nil {
			break
		}
		if _, outer := s.boundary(line); outer {
			break
		}
		name := bytes.TrimRight(line, " \t\r\n")
		if len(name) > 3 && len(name) <= 200 && name[0] == '-' && name[1] == '-' &&
			!bytes.HasSuffix(name, []byte("--")) {
			return string(name[2:])
		}
	}
	return ""
}

// encoded tells the transfer encodings that have to be undone.
func encoded(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "base64") || strings.Contains(name, "quoted-printable")
}
