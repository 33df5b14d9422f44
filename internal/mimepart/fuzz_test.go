package mimepart_test

import (
	"bytes"
	"io"
	"testing"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
)

// FuzzWalk demands of any input: no panic, no error that is not the visitor's,
// and counts that agree with what was told.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(mixed(prose, attachment("application/gzip", "a!b!1!2.xml.gz", "base64", b64(gz(reportXML))))))
	f.Add([]byte(mailHead + multipartOf("report; report-type=feedback-report", "b", "Content-Type: message/feedback-report\r\n\r\n"+arfFields,
		"Content-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\n\r\n")))
	f.Add([]byte(mixed("Content-Type: message/rfc822\r\n\r\n" + mixed2(prose))))
	f.Add([]byte(gz(gz(reportXML))))
	f.Add([]byte(mixed(attachment("text/xml", "=?utf-8?q?x?=", "quoted-printable", qp(reportXML)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		payloads, refusals := 0, 0
		v := tell{payload: func(p *mimepart.Payload) {
			payloads++
			_, _ = io.Copy(io.Discard, p.Body) // damage is a verdict, not a failure
		}, refused: func(*finding.Refusal) { refusals++ }}
		out, err := mimepart.NewWalker(limited(mimepart.Limits{Inflated: 1 << 20, Held: 1 << 20})).Walk(t.Context(),
			mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data)), Name: "x"}, v)
		if err != nil {
			t.Fatal(err)
		}
		if out.Payloads != payloads || out.Refusals != refusals {
			t.Fatalf("%+v, but told %d payloads and %d refusals", out, payloads, refusals)
		}
		total := int64(0)
		for m, err := range mimepart.Messages(mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}) {
			if err != nil {
				t.Fatal(err)
			}
			total += m.Size
		}
		if total != int64(len(data)) {
			t.Fatalf("messages of %d bytes in all, the file has %d", total, len(data))
		}
	})
}
