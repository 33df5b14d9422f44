package dmarcrpt

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// declarationWindow is how far the XML declaration is looked for, in bytes.
const declarationWindow = 256

// transcode returns src as UTF-8, by its byte order mark or by the encoding
// in its XML declaration. unknown is the declared name when there is no such
// encoding; the bytes are then taken for UTF-8.
func transcode(src io.Reader) (in io.Reader, unknown string) {
	head := make([]byte, declarationWindow)
	n, err := io.ReadFull(src, head)
	head = head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return &replay{head, failing{err}}, ""
	}
	in = &replay{head, src}
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return &replay{head[3:], src}, ""
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{'<', 0, '?', 0}):
		return decoded(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), ""
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0, '<', 0, '?'}):
		return decoded(in, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)), ""
	}
	label := declaredEncoding(head)
	switch label {
	case "", "utf-8", "utf8":
		return in, ""
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return in, label
	}
	if name, _ := htmlindex.Name(enc); name == "utf-8" || strings.HasPrefix(name, "utf-16") {
		// The declaration was readable as ASCII, so it is not UTF-16.
		return in, ""
	}
	return decoded(in, enc), ""
}

func decoded(in io.Reader, enc encoding.Encoding) io.Reader {
	return transform.NewReader(in, enc.NewDecoder())
}

// declaredEncoding finds encoding="…" in the XML declaration, in lower case.
func declaredEncoding(head []byte) string {
	start := bytes.Index(head, []byte("<?xml"))
	if start < 0 {
		return ""
	}
	decl := head[start:]
	if end := bytes.IndexByte(decl, '>'); end >= 0 {
		decl = decl[:end]
	}
	_, rest, found := bytes.Cut(decl, []byte("encoding"))
	rest = trimSpace(rest)
	if !found || len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = trimSpace(rest[1:])
	if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return strings.ToLower(string(trimSpace(rest[1 : end+1])))
}

// replay gives the bytes that were looked at before the rest of the source.
type replay struct {
	head []byte
	rest io.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	return r.rest.Read(p)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
