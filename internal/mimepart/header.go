package mimepart

import (
	"bytes"
	"mime"
	"strings"

	"sendvery.com/sendvery/internal/plaintext"
)

// header holds the few fields of a header block that matter here, unfolded
// and as sent. Of a repeated field the first counts.
type header struct {
	contentType, encoding, disposition string
	envelope                           Envelope
	size                               int64 // of the whole block, in bytes
}

// clean returns a copy that is safe to store and to show.
func (e *Envelope) clean() *Envelope {
	return &Envelope{
		From: plaintext.String(e.From), Subject: plaintext.String(e.Subject), Date: plaintext.String(e.Date),
		MessageID:       plaintext.String(e.MessageID),
		TLSReportDomain: plaintext.String(e.TLSReportDomain), TLSReportSubmitter: plaintext.String(e.TLSReportSubmitter),
	}
}

// fieldOf returns where the field called name is kept, nil for one that does
// not matter.
func (h *header) fieldOf(name []byte) *string {
	if len(name) > 40 {
		return nil
	}
	switch strings.ToLower(string(name)) {
	case "content-type":
		return &h.contentType
	case "content-transfer-encoding":
		return &h.encoding
	case "content-disposition":
		return &h.disposition
	case "from":
		return &h.envelope.From
	case "subject":
		return &h.envelope.Subject
	case "date":
		return &h.envelope.Date
	case "message-id":
		return &h.envelope.MessageID
	case "tls-report-domain":
		return &h.envelope.TLSReportDomain
	case "tls-report-submitter":
		return &h.envelope.TLSReportSubmitter
	}
	return nil
}

// headerBlock reads fields up to the blank line. A line without a colon is
// taken for a fold that lost its white space when it follows a Content field
// (seen from Microsoft), and is skipped otherwise. A boundary line also ends
// the block: such a part has no body.
func (s *structure) headerBlock(h *header) (stop, error) {
	start := s.in.at()
	var open *string // the field that the last line belongs to
	content := false // it is a Content field
	for count := 0; ; count++ {
		line := s.in.next()
		if line == nil {
			return stop{level: endOfInput}, s.in.err
		}
		h.size = s.in.at() - start
		if count > s.limits.HeaderLines || h.size > int64(s.limits.HeaderBytes) {
			return stop{}, refuse(RefusedHeader, "")
		}
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			return stop{level: bodyFollows}, nil
		}
		if at, ok := s.boundary(line); ok {
			at.from = s.in.at() - int64(len(line))
			return at, nil
		}
		if text[0] == ' ' || text[0] == '\t' {
			appendField(open, text)
			continue
		}
		name, value, found := bytes.Cut(text, []byte{':'})
		name = bytes.TrimRight(name, " \t")
		if !found || bytes.ContainsAny(name, " \t\"=;") {
			if content {
				appendField(open, text)
			}
			continue
		}
		open = h.fieldOf(name)
		content = len(name) > 8 && strings.EqualFold(string(name[:8]), "content-")
		if open != nil && *open != "" {
			open = nil
		}
		appendField(open, value)
	}
}

// maxField is the longest field value that is kept, in bytes.
const maxField = 4 << 10

func appendField(field *string, more []byte) {
	if field == nil || len(*field)+len(more) > maxField {
		return
	}
	more = bytes.Trim(more, " \t")
	if *field != "" && len(more) > 0 {
		*field += " "
	}
	*field += string(more)
}

// media splits a Content-Type or Content-Disposition value into its lower-case
// first word and its parameters. Parameters split or encoded as RFC 2231 says
// are joined and decoded; whatever cannot be understood is left out.
func media(value string) (word string, params map[string]string) {
	word, rest, _ := strings.Cut(value, ";")
	word = strings.ToLower(strings.TrimSpace(word))
	if i := strings.IndexAny(word, " \t("); i >= 0 {
		word = word[:i]
	}
	for rest != "" && len(params) < 50 {
		var name, v string
		name, v, rest = parameter(rest)
		if name == "" {
			continue
		}
		if params == nil {
			params = make(map[string]string, 4)
		}
		if _, known := params[name]; !known {
			params[name] = v
		}
	}
	return word, params
}

// parameter takes one "name=value" off the front.
func parameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, " \t;")
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", ""
	}
	if s[i] == ';' {
		return "", "", s[i+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t")
	if s == "" || s[0] != '"' {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return name, b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return name, b.String(), ""
}

// fileName returns the name that a part claims for itself, fit to be shown.
// Only the last element of a path is kept; it is a label all the same.
func (h *header) fileName() string {
	_, params := media(h.disposition)
	name := named(params, "filename")
	if name == "" {
		_, params = media(h.contentType)
		name = named(params, "name")
	}
	return label(name)
}

// label makes a file name from outside fit to be shown.
func label(name string) string {
	name = plaintext.String(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "") + "…"
	}
	return name
}

// named resolves a parameter that may be plain, encoded words (wrong but
// common), or RFC 2231's name*, name*0, name*0*.
func named(params map[string]string, name string) string {
	if v, ok := params[name]; ok {
		if decoded, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
			return decoded
		}
		return v
	}
	if v, ok := params[name+"*"]; ok {
		return extended(v, true)
	}
	var b strings.Builder
	for i := range 20 {
		key := name + "*" + string(rune('0'+i%10))
		if i >= 10 {
			key = name + "*1" + string(rune('0'+i%10))
		}
		if v, ok := params[key]; ok {
			b.WriteString(v)
		} else if v, ok := params[key+"*"]; ok {
			b.WriteString(extended(v, i == 0))
		} else {
			break
		}
	}
	return b.String()
}

// extended decodes charset'language'percent-encoded text. Names are labels, so
// the charset is taken for UTF-8 whatever it says.
func extended(v string, withCharset bool) string {
	if withCharset {
		if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
			v = parts[2]
		}
	}
	b := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) && hex(v[i+1]) < 16 && hex(v[i+2]) < 16 {
			b = append(b, hex(v[i+1])<<4|hex(v[i+2]))
			i += 2
			continue
		}
		b = append(b, v[i])
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
