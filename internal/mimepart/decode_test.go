package mimepart

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBase64(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"clean":          {"aGVsbG8gd29ybGQ=", "hello world"},
		"two paddings":   {"aGVsbG8gd29ybA==", "hello worl"},
		"no padding":     {"aGVsbG8gd29ybA", "hello worl"},
		"lines":          {"aGVs\r\nbG8g\r\nd29y\r\nbGQ=\r\n", "hello world"},
		"odd lines":      {"a\nGVs\n\n bG\t8gd29ybGQ=", "hello world"},
		"noise":          {"aGVs!bG8*gd29y\x00bGQ=", "hello world"},
		"after the end":  {"aGVsbG8=\r\n-- \r\nfooter", "hello"},
		"single letter":  {"a", ""},
		"nothing":        {"", ""},
		"only line ends": {"\r\n\r\n", ""},
	} {
		for _, source := range []io.Reader{strings.NewReader(test.in), iotest.OneByteReader(strings.NewReader(test.in))} {
			got, err := io.ReadAll(&base64Reader{src: bufio.NewReader(source)})
			if err != nil || string(got) != test.want {
				t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
			}
		}
		got, err := io.ReadAll(iotest.OneByteReader(&base64Reader{src: bufio.NewReader(strings.NewReader(test.in))}))
		if err != nil || string(got) != test.want {
			t.Errorf("%s, byte by byte: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

func TestQuotedPrintable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"escape":       {"a=3Db=c3=A9", "a=b\xc3\xa9"},
		"soft breaks":  {"ab=\r\ncd=\nef=  \r\ngh", "abcdefgh"},
		"no escape":    {"a=zz=", "a=zz="},
		"break at end": {"ab=\r\n", "ab"},
		"lone space":   {"a= b", "ab"},
		"nothing":      {"", ""},
	} {
		got, err := io.ReadAll(&qpReader{src: bufio.NewReader(iotest.OneByteReader(strings.NewReader(test.in)))})
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

// FuzzTransfer: what the standard library encodes, ours decodes.
func FuzzTransfer(f *testing.F) {
	f.Add([]byte("hello \r\n=\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		enc := base64.StdEncoding.EncodeToString(data)
		got, err := io.ReadAll(&base64Reader{src: bufio.NewReader(strings.NewReader(enc))})
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("base64 %q: %q, %v", enc, got, err)
		}
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Binary = true
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err = io.ReadAll(&qpReader{src: bufio.NewReader(bytes.NewReader(b.Bytes()))})
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("quoted-printable %q: %q, %v", b.Bytes(), got, err)
		}
	})
}
