package mimepart_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
)

const (
	reportXML  = "<?xml version=\"1.0\"?>\n<feedback><report_metadata/></feedback>\n"
	reportJSON = `{"organization-name":"R","report-id":"1","policies":[]}`
	arfFields  = "Feedback-Type: auth-failure\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
)

// seen is what a walk told: payloads as "kind label body", refusals as "!code".
type seen struct {
	list []string
	err  error
}

func (s *seen) Payload(p *mimepart.Payload) error {
	body, err := io.ReadAll(p.Body)
	line := fmt.Sprintf("%d %s", p.Kind, strings.TrimSpace(string(body)))
	if r, ok := errors.AsType[*finding.Refusal](err); ok {
		line = "cut !" + string(r.Code)
	} else if err != nil {
		s.err = err
	}
	if p.Sample != nil {
		sample, err := io.ReadAll(p.Sample)
		line += fmt.Sprintf(" sample %q", sample)
		s.err = errors.Join(s.err, err)
	}
	if again, err := p.Reopen(); err == nil {
		if twice, err := io.ReadAll(again); err == nil && !bytes.Equal(twice, body) {
			line += " DIFFERS WHEN REOPENED"
		}
	}
	s.list = append(s.list, line)
	return nil
}

func (s *seen) Refused(_ mimepart.Spot, r *finding.Refusal) error {
	if r.Sentence == "" {
		s.err = fmt.Errorf("no sentence for %s", r.Code)
	}
	s.list = append(s.list, "!"+string(r.Code))
	return nil
}

// walk returns what a walk tells, the notice as "?code" when nothing else.
func walk(t *testing.T, data []byte, limits mimepart.Limits) string {
	t.Helper()
	var s seen
	src := mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data)), Name: "file"}
	out, err := mimepart.NewWalker(limited(limits)).Walk(t.Context(), src, &s)
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
	if out.NotReport() {
		if len(s.list) > 0 {
			t.Errorf("no report, but told %q", s.list)
		}
		if out.Noticed != nil {
			return "?" + string(out.Noticed.Code)
		}
		return ""
	}
	return strings.Join(s.list, " | ")
}

// walkDiscard is walk for payloads that are too large to keep.
func walkDiscard(t *testing.T, data []byte, limits mimepart.Limits) string {
	t.Helper()
	var list []string
	v := tell{payload: func(p *mimepart.Payload) {
		head := make([]byte, 10)
		n, _ := io.ReadFull(p.Body, head)
		_, err := io.Copy(io.Discard, p.Body)
		if r, ok := errors.AsType[*finding.Refusal](err); ok {
			list = append(list, "cut !"+string(r.Code))
			return
		}
		list = append(list, fmt.Sprintf("%d %s", p.Kind, head[:n]))
	}, refused: func(r *finding.Refusal) { list = append(list, "!"+string(r.Code)) }}
	src := mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
	if _, err := mimepart.NewWalker(limited(limits)).Walk(t.Context(), src, v); err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " | ")
}

type tell struct {
	payload func(*mimepart.Payload)
	refused func(*finding.Refusal)
}

func (v tell) Payload(p *mimepart.Payload) error { v.payload(p); return nil }
func (v tell) Refused(_ mimepart.Spot, r *finding.Refusal) error {
	v.refused(r)
	return nil
}

func gz(data string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	must(io.WriteString(z, data))
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func must(_ int, err error) {
	if err != nil {
		panic(err)
	}
}

func b64(data string) string {
	enc := base64.StdEncoding.EncodeToString([]byte(data))
	var b strings.Builder
	for len(enc) > 76 {
		b.WriteString(enc[:76] + "\r\n")
		enc = enc[76:]
	}
	return b.String() + enc + "\r\n"
}

func qp(data string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	must(w.Write([]byte(data)))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

const mailHead = "From: Reports <dmarc@receiver.example>\r\nTo: a@example.com\r\nSubject: Report Domain: example.com\r\n" +
	"Message-ID: <1@receiver.example>\r\nMIME-Version: 1.0\r\n"

// attachment is a part with a name, a type and a transfer encoding.
func attachment(media, name, encoding, body string) string {
	return "Content-Type: " + media + "; name=\"" + name + "\"\r\nContent-Transfer-Encoding: " + encoding +
		"\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + body
}

// mixed is a mail of several parts.
func mixed(parts ...string) string {
	return mailHead + multipartOf("mixed", "b1", parts...)
}

func multipartOf(subtype, boundary string, parts ...string) string {
	s := "Content-Type: multipart/" + subtype + ";\r\n\tboundary=\"" + boundary + "\"\r\n\r\nThis is a multi-part message.\r\n"
	for _, p := range parts {
		s += "--" + boundary + "\r\n" + p + "\r\n"
	}
	return s + "--" + boundary + "--\r\n"
}

const prose = "Content-Type: text/plain\r\n\r\nThis is an aggregate report.\r\n"

func TestMail(t *testing.T) {
	t.Parallel()
	xml := "1 " + strings.TrimSpace(reportXML)
	json := "2 " + reportJSON
	name := "receiver.example!example.com!1!2.xml.gz"
	zipped := b64(gz(reportXML))
	part := attachment("application/gzip", name, "base64", zipped)
	arf := func(sample string) string {
		return mailHead + multipartOf("report; report-type=feedback-report", "b1", prose,
			"Content-Type: message/feedback-report\r\n\r\n"+arfFields, sample)
	}
	sample := "Content-Type: message/rfc822\r\n\r\nFrom: victim@example.com\r\nSubject: private\r\n\r\nbody\r\n"
	tests := []struct{ name, mail, want string }{
		{"attachment", mixed(prose, part), xml},
		{"LF only", strings.ReplaceAll(mixed(prose, part), "\r\n", "\n"), xml},
		{"whole mail is the attachment", mailHead + part, xml},
		{"octet-stream", mixed(attachment("application/octet-stream", name, "base64", zipped)), xml},
		{"wrong type and name", mixed(attachment("image/png", "cat.png", "base64", zipped)), xml},
		{"no disposition", mixed("Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + zipped), xml},
		{"plain xml, 7bit", mixed(attachment("text/xml", "r.xml", "7bit", reportXML)), xml},
		{"plain xml, quoted-printable", mixed(attachment("text/xml", "r.xml", "quoted-printable", qp(reportXML+strings.Repeat("=", 80)))), strings.ReplaceAll(xml, "\n", "\r\n") + "\r\n" + strings.Repeat("=", 80)},
		{"xml inline as text", mixed("Content-Type: text/plain\r\n\r\n" + reportXML), xml},
		{"mixed, related, alternative with an empty part", mixed(multipartOf("related", "b2",
			multipartOf("alternative", "b3", "Content-Type: text/plain\r\n\r\n", "Content-Type: text/html\r\n\r\n<html/>"), part)), xml},
		{"prefix of a boundary", mailHead + multipartOf("mixed", "b", multipartOf("mixed", "b1", prose, part), part), xml + " | " + xml},
		{"part header line without a colon", mixed("Content-Type: application/gzip\r\nContent-Disposition: attachment;\r\nfilename=\"x.gz\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + zipped), xml},
		{"fold without indent, type", mixed("Content-Type: application/gzip;\r\nname=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + zipped), xml},
		{"no closing boundary", strings.TrimSuffix(mixed(prose, part), "--b1--\r\n"), xml},
		{"boundary not declared", mailHead + "Content-Type: multipart/mixed\r\n\r\n--zz\r\n" + part + "\r\n--zz--\r\n", xml},
		{"wrong boundary declared", mailHead + "Content-Type: multipart/mixed; boundary=yy\r\n\r\n--zz\r\n" + part + "\r\n--zz--\r\n", xml},
		{"mbox line before the mail", "From reports Thu Jan  1 00:00:00 2026\r\n" + mixed(part), xml},
		{"forwarded as message/rfc822", mixed("Content-Type: message/rfc822\r\n\r\n" + mixed2(part)), xml},
		{"forwarded in base64", mixed("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(mixed2(part))), xml},
		{"base64 not declared", mixed("Content-Type: application/gzip\r\n\r\n" + zipped), xml},
		{"declared base64, raw", mixed(attachment("text/xml", "r.xml", "base64", reportXML)), xml},
		{"base64 with noise and footer", mixed(attachment("application/gzip", name, "base64", strings.ReplaceAll(zipped, "\r\n", " \t\r\n")+"\r\n-- \r\nMailing list footer\r\n")), xml},
		{"RFC 2231 name", mixed("Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''r%21; filename*1=\"x.gz\"\r\n\r\n" + zipped), xml},
		{"two reports", mixed(part, part), xml + " | " + xml},
		{"TLS report", mailHead + multipartOf("report; report-type=tlsrpt", "b1", prose, attachment("application/tlsrpt+gzip", "r.json.gz", "base64", b64(gz(reportJSON)))), json},
		{"TLS report, plain", mixed("Content-Type: application/tlsrpt\r\n\r\n" + reportJSON), json},
		{"failure report", arf(sample), "3 " + strings.TrimSpace(arfFields) + ` sample "From: victim@example.com\r\nSubject: private\r\n\r\n"`},
		{"failure report about a report", arf("Content-Type: message/rfc822\r\n\r\n" + mixed2(part)), "3 " + strings.TrimSpace(arfFields) + fmt.Sprintf(" sample %q", mailHead+"Content-Type: multipart/mixed;\r\n\tboundary=\"b2\"\r\n\r\n")},
		{"failure report in multipart/mixed, base64", mixed(prose, "Content-Type: message/feedback-report\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64(arfFields),
			"Content-Type: text/rfc822-headers\r\n\r\nFrom: victim@example.com\r\n"), "3 " + strings.TrimSpace(arfFields) + ` sample "From: victim@example.com\r\n"`},
		// Not reports.
		{"ordinary mail", mailHead + "Content-Type: text/plain\r\n\r\nHello.\r\n", ""},
		{"ordinary html mail", mixed(prose, "Content-Type: text/html\r\n\r\n<html><body>feedback</body></html>"), ""},
		{"mail that quotes a report", mailHead + "Content-Type: text/plain\r\n\r\nLook what I got:\r\n" + reportXML, ""},
		{"encrypted zip of photos", mixed(attachment("application/zip", "a.zip", "base64", b64(zipOf(t, file{name: "cat.jpg", body: "x", encrypted: true})))), "?archive_encrypted"},
		{"encrypted OpenPGP", mixed("Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc"), "!mail_encrypted"},
		{"encrypted S/MIME", mailHead + "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64("\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x82\x04\xf0\x30\x82"), "!mail_encrypted"},
		// Looked like one.
		{"the word unused", mixed(attachment("application/gzip", name, "base64", b64(gz("unused")))), "!attachment_not_a_report"},
		{"office document where a report should be", mixed(attachment("application/zip", "a.docx", "base64", b64(zipOf(t, file{name: "[Content_Types].xml", body: "<?xml version=\"1.0\"?><Types/>"}, file{name: "word/document.xml", body: "<?xml version=\"1.0\"?><w/>"})))), "!attachment_not_a_report"},
		{"named like a report, empty", mixed(attachment("application/gzip", name, "base64", "")), "!attachment_empty"},
		{"winmail.dat named like a report", mixed(attachment("application/ms-tnef", "a!b!1!2.dat", "base64", b64("\x78\x9f\x3e\x22rest"))), "!format_unsupported"},
		{"7z named like a report", mixed(attachment("application/x-7z", "a!b!1!2.7z", "base64", b64("7z\xbc\xaf\x27\x1crest"))), "!format_unsupported"},
		{"encrypted zip of a report", mixed(attachment("application/zip", "a.zip", "base64", b64(zipOf(t, file{name: "r.xml", body: "x", encrypted: true})))), "!archive_encrypted"},
		{"truncated zip", mixed(attachment("application/zip", "a.zip", "base64", b64(zipOf(t, file{name: "r.xml", body: reportXML})[:60]))), "!archive_truncated"},
		{"truncated gzip", mixed(attachment("application/gzip", name, "base64", b64(gz(reportXML)[:30]))), "!archive_truncated"},
		{"plain-text notice", mailHead + multipartOf("report", "b1", "Content-Type: text/plain\r\n\r\nA message failed.\r\n\r\n  Sender Domain: example.com\r\n  Sender IP Address: 192.0.2.1\r\n"), "!plain_text_notice"},
		{"XML bomb", mixed(attachment("text/xml", "r.xml", "7bit", `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><lolz>&lol;</lolz>`)), `1 <?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><lolz>&lol;</lolz>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := walk(t, []byte(test.mail), mimepart.Limits{}); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// mixed2 is a mail inside another one.
func mixed2(parts ...string) string { return mailHead + multipartOf("mixed", "b2", parts...) }

func TestEnvelope(t *testing.T) {
	t.Parallel()
	mail := "From: R\r\n <dmarc@receiver.example>\r\nSubject: one\r\n\ttwo\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n" +
		"Message-ID: <1@receiver.example>\r\nTLS-Report-Domain: example.com\r\nTLS-Report-Submitter: receiver.example\r\n" +
		"Content-Type: text/xml\r\n\r\n" + reportXML
	var got mimepart.Envelope
	v := visitorFunc(func(p *mimepart.Payload) error { got = *p.Mail; return nil })
	if _, err := mimepart.NewWalker(limited(mimepart.Limits{})).Walk(t.Context(), mimepart.Source{ReaderAt: strings.NewReader(mail), Size: int64(len(mail))}, v); err != nil {
		t.Fatal(err)
	}
	want := mimepart.Envelope{From: "R <dmarc@receiver.example>", Subject: "one two", Date: "Fri, 20 Nov 2026 10:00:00 +0000",
		MessageID: "<1@receiver.example>", TLSReportDomain: "example.com", TLSReportSubmitter: "receiver.example"}
	if got != want {
		t.Errorf("%+v", got)
	}
}

type visitorFunc func(*mimepart.Payload) error

func (f visitorFunc) Payload(p *mimepart.Payload) error             { return f(p) }
func (f visitorFunc) Refused(mimepart.Spot, *finding.Refusal) error { return nil }

func TestVisitorErrorStops(t *testing.T) {
	t.Parallel()
	mail := mixed(attachment("text/xml", "r.xml", "7bit", reportXML))
	stop := &finding.Refusal{Code: "mine"} // must not be taken for one about the mail
	_, err := mimepart.NewWalker(limited(mimepart.Limits{})).Walk(t.Context(),
		mimepart.Source{ReaderAt: strings.NewReader(mail), Size: int64(len(mail))},
		visitorFunc(func(*mimepart.Payload) error { return stop }))
	if !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	from := "From a@b Thu Jan  1 00:00:00 2026\n"
	for name, test := range map[string]struct {
		data string
		want int
	}{
		"one mail":             {mixed(prose), 1},
		"mbox of three":        {from + "A: 1\n\nx\n\n" + from + "A: 2\n\ny\n\n" + from + "A: 3\n\nz\n", 3},
		"prose that says From": {from + "A: 1\n\nx\n\nFrom here on it is 10:00:00 easy\n", 1},
		"no blank line before": {from + "A: 1\n\nx\n" + from, 1},
		"nothing":              {"", 1},
	} {
		n, total := 0, int64(0)
		for m, err := range mimepart.Messages(mimepart.Source{ReaderAt: strings.NewReader(test.data), Size: int64(len(test.data))}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			total += m.Size
		}
		if n != test.want || total != int64(len(test.data)) {
			t.Errorf("%s: %d mails of %d bytes in all, want %d of %d", name, n, total, test.want, len(test.data))
		}
	}
}
