package dmarcrpt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sendvery.com/sendvery/internal/finding"
)

// ourTokens writes down what the scanner finds, or reports that it refuses or
// repairs.
func ourTokens(doc io.Reader) (tokens []string, ok bool) {
	var repairs finding.Repairs
	s := scanner{repairs: &repairs}
	s.reset(doc, 64<<10)
	var t token
	var attrs []attribute
	text := []byte(nil)
	flush := func() {
		if len(text) > 0 {
			tokens = append(tokens, "text "+newlines(string(text)))
			text = nil
		}
	}
	for {
		if err := s.next(&t); err != nil {
			return nil, false
		}
		switch t.kind {
		case tokEOF:
			flush()
			return tokens, len(repairs.List()) == 0
		case tokText:
			text = appendText(text, []byte(newlines(string(t.raw))), &repairs)
		case tokCDATA:
			text = append(text, newlines(string(t.raw))...)
		case tokStart:
			flush()
			var err error
			if attrs, err = attributes(attrs, t.raw, 1000); err != nil {
				return nil, false
			}
			line := "start " + string(t.name)
			for _, a := range attrs {
				value := appendText(nil, a.value, &repairs)
				line += fmt.Sprintf(" %s=%q", a.name, newlines(string(value)))
			}
			tokens = append(tokens, line)
			if t.selfClose {
				tokens = append(tokens, "end "+string(t.name))
			}
		case tokEnd:
			flush()
			tokens = append(tokens, "end "+string(t.name))
		}
	}
}

// theirTokens writes down what encoding/xml finds.
func theirTokens(doc []byte) (tokens []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	text := ""
	flush := func() {
		if text != "" {
			tokens = append(tokens, "text "+newlines(text))
			text = ""
		}
	}
	depth := 0
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			flush()
			return tokens, depth == 0
		}
		if err != nil {
			return nil, false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			flush()
			depth++
			line := "start " + rawName(tok.Name)
			for _, a := range tok.Attr {
				line += fmt.Sprintf(" %s=%q", rawName(a.Name), newlines(a.Value))
			}
			tokens = append(tokens, line)
		case xml.EndElement:
			flush()
			depth--
			tokens = append(tokens, "end "+rawName(tok.Name))
		case xml.CharData:
			text += string(tok)
		case xml.Directive:
			return nil, false
		case xml.ProcInst:
			if tok.Target == "xml" && bytes.Contains(tok.Inst, []byte("encoding")) {
				return nil, false
			}
		}
	}
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// newlines applies the line end rule of XML 1.0 section 2.11, which our
// scanner leaves to the cleaning of values.
func newlines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// FuzzTokens holds the scanner to encoding/xml: what that accepts as well
// formed, ours must cut into the same tokens.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{
		`<a><b c="d>e" f='g"h'/>text &amp; &#65;&#x42;<![CDATA[<x>]]></a>`,
		"<?xml version=\"1.0\"?>\r\n<a>\r\n<!-- - -- -->\n</a >", `<a:b xmlns:a="u"><a:c></a:c></a:b>`, `<a>]]&gt;</a>`,
		"<?xml version='1.0'?><a/>", "<?x a>b <c> ?><a/>", `<a b = "c" d="&lt;"></a>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		theirs, ok := theirTokens(doc)
		if !ok || len(doc) > 30_000 {
			return
		}
		for _, src := range []io.Reader{bytes.NewReader(doc), iotest.OneByteReader(bytes.NewReader(doc))} {
			ours, ok := ourTokens(src)
			if !ok {
				if known(doc) {
					return
				}
				t.Fatalf("refused or repaired, encoding/xml reads %q", theirs)
			}
			if strings.Join(ours, "\n") != strings.Join(theirs, "\n") {
				t.Fatalf("ours\n%q\ntheirs\n%q", ours, theirs)
			}
		}
	})
}

// known tells the inputs that encoding/xml takes although XML 1.0 forbids
// them, or that we refuse on purpose.
func known(doc []byte) bool {
	_, decl, _ := bytes.Cut(doc, []byte("<?xml "))
	decl, _, _ = bytes.Cut(decl, []byte("?>"))
	return bytes.ContainsAny(decl, "<>")
}
