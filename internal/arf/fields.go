package arf

import (
	"bytes"
	"io"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/plaintext"
)

// fields are header fields, unfolded and cleaned, names in lower case.
type fields []field

type field struct{ name, value string }

func (f fields) first(name string) string {
	for _, x := range f {
		if x.name == name {
			return x.value
		}
	}
	return ""
}

func (f fields) all(name string) []string {
	var out []string
	for _, x := range f {
		if x.name == name && len(out) < 50 {
			out = append(out, x.value)
		}
	}
	return out
}

// readFields reads one block of fields, up to a blank line after the first. done
// says what had to be cleaned.
func readFields(src io.Reader, limits Limits) (f fields, done plaintext.Cleaning, err error) {
	clean := func(b []byte) string {
		text, cleaned := plaintext.Append(nil, b)
		done |= cleaned
		return string(text)
	}
	data, err := io.ReadAll(io.LimitReader(src, int64(limits.Bytes)+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > limits.Bytes {
		return nil, 0, refuse(RefusedTooLarge, "")
	}
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		text := bytes.TrimRight(line, "\r")
		if len(bytes.TrimSpace(text)) == 0 {
			if len(f) > 0 {
				break
			}
			continue
		}
		if text[0] == ' ' || text[0] == '\t' {
			if len(f) > 0 {
				f[len(f)-1].value += " " + clean(text)
			}
			continue
		}
		name, value, found := bytes.Cut(text, []byte{':'})
		if !found {
			continue
		}
		if len(f) == limits.Fields {
			return nil, 0, refuse(RefusedTooLarge, "")
		}
		f = append(f, field{strings.ToLower(clean(name)), clean(value)})
	}
	return f, done, nil
}

// date reads the dates of RFC 5322, with or without a day name, with the zone
// names of RFC 822, and returns seconds since 1970.
func date(sent string) (int64, bool) {
	if i := strings.IndexByte(sent, '('); i >= 0 {
		sent = sent[:i]
	}
	if _, rest, found := strings.Cut(sent, ","); found {
		sent = rest
	}
	words := strings.Fields(sent)
	if len(words) < 4 {
		return 0, false
	}
	zone := "+0000"
	if len(words) > 4 {
		zone = numericZone(words[4])
	}
	text := strings.Join(words[:4], " ") + " " + zone
	for _, layout := range [...]string{"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04:05 -0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}

// numericZone resolves the zone names of RFC 5322 section 4.3; unknown ones
// mean UTC there, too.
func numericZone(zone string) string {
	switch zone {
	case "EDT":
		return "-0400"
	case "EST", "CDT":
		return "-0500"
	case "CST", "MDT":
		return "-0600"
	case "MST", "PDT":
		return "-0700"
	case "PST":
		return "-0800"
	}
	if len(zone) == 5 && (zone[0] == '+' || zone[0] == '-') {
		return zone
	}
	return "+0000"
}
