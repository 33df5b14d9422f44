// Package authres reads Authentication-Results header fields (RFC 8601): what
// the server that took in a mail found out about its sender.
package authres

import (
	"errors"
	"strings"
)

// Results is the content of one field.
type Results struct {
	// AuthservID names the server that made the field; "" when it names none,
	// as Microsoft 365 does.
	AuthservID string
	Results    []Result
}

// Result is what one method came to.
type Result struct {
	Method string // dkim, spf, dmarc, arc, …; lower case
	Value  string // pass, fail, none, …; lower case
	// Properties are what the result is about, as "header.d" → "example.org".
	// Names are lower case; the first of several with a name counts.
	Properties map[string]string
}

// ErrSyntax says that a field cannot be read.
var ErrSyntax = errors.New("malformed Authentication-Results field")

// maxLength bounds the fields that are read, in bytes.
const maxLength = 16 << 10

// Parse reads the value of a field, unfolded or not.
func Parse(value string) (Results, error) {
	var r Results
	if len(value) > maxLength {
		return r, ErrSyntax
	}
	parts, err := split(value)
	if err != nil {
		return r, err
	}
	for i, words := range parts {
		if i == 0 && !isResult(words) {
			if len(words) > 0 {
				r.AuthservID = strings.ToLower(words[0])
			}
			continue
		}
		if len(words) == 0 || len(words) == 1 && strings.EqualFold(words[0], "none") {
			continue
		}
		if !isResult(words) {
			return r, ErrSyntax
		}
		r.Results = append(r.Results, result(words))
	}
	return r, nil
}

// isResult tells "method=result …" and "method/version=result …" from an
// authserv-id, which has no "=".
func isResult(words []string) bool {
	return len(words) >= 3 && words[1] == "=" && words[0] != "" && !strings.ContainsAny(words[0], " \t\r\n;=()\"")
}

func result(words []string) Result {
	method, _, _ := strings.Cut(words[0], "/")
	r := Result{Method: strings.ToLower(method), Value: strings.ToLower(words[2]), Properties: map[string]string{}}
	for rest := words[3:]; len(rest) >= 3; {
		if rest[1] != "=" {
			rest = rest[1:]
			continue
		}
		name := strings.ToLower(rest[0])
		if _, known := r.Properties[name]; !known {
			r.Properties[name] = rest[2]
		}
		rest = rest[3:]
	}
	return r
}

// split cuts a field at its semicolons into words. "=" is a word of its own;
// comments, which nest, are left out, and quoted strings lose their quotes.
func split(s string) (parts [][]string, err error) {
	var words []string
	for len(s) > 0 {
		switch c := s[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s = s[1:]
		case c == '(':
			n := comment(s)
			if n == 0 {
				return nil, ErrSyntax
			}
			s = s[n:]
		case c == ';':
			parts, words, s = append(parts, words), nil, s[1:]
		case c == '=':
			words, s = append(words, "="), s[1:]
		default:
			word, n := text(s, len(words) > 0 && words[len(words)-1] == "=")
			if n == 0 {
				return nil, ErrSyntax
			}
			words, s = append(words, word), s[n:]
		}
	}
	return append(parts, words), nil
}

// text returns the word at the front of s and its length, 0 when a quoted
// string in it does not end. What touches a quoted string belongs to it: so does
// the domain to a quoted local part. Values may hold "=", names may not.
func text(s string, value bool) (string, int) {
	var b strings.Builder
	i := 0
	for i < len(s) {
		switch c := s[i]; {
		case c == '"':
			word, n := quoted(s[i:])
			if n == 0 {
				return "", 0
			}
			b.WriteString(word)
			i += n
			continue
		case strings.IndexByte(" \t\r\n(;", c) >= 0, c == '=' && !value:
			return b.String(), i
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String(), i
}

// comment returns the length of the comment at the front of s, 0 when it does
// not end.
func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// quoted returns the text of the quoted string at the front of s and its
// length, 0 when it does not end.
func quoted(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0
}
