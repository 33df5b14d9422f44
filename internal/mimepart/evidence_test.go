package mimepart_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
)

const privateHead = "From: Someone <someone@example.net>\r\nTo: dmarc@example.com\r\nSubject: Our holidays\r\n" +
	"Message-ID: <1@mail.example>\r\nMIME-Version: 1.0\r\n"

// private is mixed without anything that says report.
func private(parts ...string) string {
	return strings.TrimPrefix(mixed(parts...), mailHead)
}

func attachedZip(name, data string) string {
	return attachment("application/zip", name, "base64", b64(data))
}

func photos(t *testing.T, n int, more ...file) string {
	t.Helper()
	for i := range n {
		more = append(more, file{name: fmt.Sprintf("IMG_%04d.jpg", i), body: "\xff\xd8\xff"})
	}
	return zipOf(t, more...)
}

// oddMail is what is wrong with attachments of private mails and of reports
// alike, as the part of a mail.
func oddMail(t *testing.T) map[string]string {
	t.Helper()
	damaged := []byte(gz("some text of more than a few bytes"))
	damaged[len(damaged)-6] ^= 0xff
	nested := zipOf(t, file{name: "a.txt", body: "a"})
	for range 4 {
		nested = zipOf(t, file{name: "inner.zip", body: nested})
	}
	deep := "Content-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n"
	for i := range 20 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=d%d\r\n\r\n--d%d\r\n", i, i)
	}
	return map[string]string{
		"a zip of 150 files":             private(attachedZip("a.zip", photos(t, 150))),
		"120 parts":                      private(strings.Split(strings.Repeat(attachment("image/png", "a.png", "base64", "iVBOR")+"|", 119)+prose, "|")...),
		"a cut zip":                      private(attachedZip("a.zip", photos(t, 3)[:90])),
		"an encrypted zip with an .xml":  private(attachedZip("a.zip", zipOf(t, file{name: "invoice.xml", body: "x", encrypted: true}))),
		"a zip with an empty .xml":       private(attachedZip("a.zip", zipOf(t, file{name: "invoice.xml", body: "x\x00y"}))),
		"an odd method":                  private(attachedZip("a.zip", zipOf(t, file{name: "notes.xml", body: "x", method: 14}))),
		"a damaged gzip":                 private(attachment("application/gzip", "notes.txt.gz", "base64", b64(string(damaged)))),
		"a cut gzip":                     private(attachment("application/gzip", "backup.tar.gz", "base64", b64(gz("some text")[:15]))),
		"archives in archives":           private(attachedZip("a.zip", nested)),
		"deep parts":                     private(deep),
		"a mail inside in deep parts":    private("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(privateHead+deep)),
		"a header field without an end":  "X-Long: " + strings.Repeat("a", 1<<20) + "\r\n\r\nx",
		"a part's header without an end": private("X-Long: "+strings.Repeat("a", 1<<20), prose),
	}
}

func TestOrdinaryMailIsNoneOfOurBusiness(t *testing.T) {
	t.Parallel()
	tests := oddMail(t)
	tests["a drawing that declares entities"] = private(attachment("image/svg+xml", "logo.svg", "7bit",
		`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns "http://svg.example">]><svg xmlns="&ns;"/>`))
	tests["an office document"] = private(attachedZip("a.docx", zipOf(t, file{name: "word/document.xml", body: "<?xml version=\"1.0\"?><w/>"})))
	tests["an encrypted mail"] = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		b64("\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x82\x04\xf0\x30\x82")
	tests["JSON about policies"] = private(attachment("application/json", "settings.json", "7bit", `{"policies": [1]}`))
	tests["an exclamation"] = private(attachedZip("wow!!! great!!.zip", photos(t, 3)[:90]))
	tests["a report of expenses"] = private(attachedZip("report.zip", photos(t, 3)[:90]))
	for name, mail := range tests {
		if got := walk(t, []byte(privateHead+mail), mimepart.Limits{}); got != "" && got[0] != '?' {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestWhatSaysReportIsToldAbout(t *testing.T) {
	t.Parallel()
	// Each head is evidence for all that is odd.
	heads := map[string]string{
		"RFC form":   mailHead,
		"encoded":    strings.Replace(privateHead, "Our holidays", "=?utf-8?B?W1ByZXZpZXddIFJlcG9ydCBEb21haW46IGV4YW1wbGUuY29t?=", 1),
		"odd letter": strings.Replace(privateHead, "Our holidays", "=?x-none?Q?WG:_R=FCckl=E4ufer_Report__Domain:_example.com?=", 1),
		"only an id": strings.Replace(privateHead, "Our holidays", "Bericht example.com Report-ID: <1>", 1),
		"TLS fields": "TLS-Report-Domain: example.com\r\n" + privateHead,
	}
	for name, mail := range oddMail(t) {
		for head, text := range heads {
			if got := walk(t, []byte(text+mail), mimepart.Limits{}); got == "" || got[0] != '!' {
				t.Errorf("%s, %s: %q", head, name, got)
			}
		}
	}
	cut := photos(t, 3)[:90]
	const rfcName = "receiver.example!example.com!1795132800!1795219199"
	report := strings.ReplaceAll(strings.Repeat(reportXML, 3), "\n", "")
	tests := map[string]string{
		"the name of a part":           privateHead + private(attachedZip(rfcName+"!7.zip", cut)),
		"a name with the format in it": privateHead + private(attachedZip("DMARC_example.com.zip", cut)),
		"a name in a list of 150":      privateHead + private(attachedZip("a.zip", photos(t, 150, file{name: rfcName + ".xml", body: report}))),
		"a name in a cut zip":          privateHead + private(attachedZip("a.zip", zipOf(t, file{name: rfcName + ".xml", body: report})[:110])),
		"the name of an entry":         privateHead + private(attachedZip("a.zip", zipOf(t, file{name: rfcName + ".xml", body: "x", encrypted: true}))),
		"the first bytes of a cut one": privateHead + private(attachment("application/gzip", "a.gz", "base64", b64(gz(report)[:len(gz(report))-9]))),
		"the media type":               privateHead + private(attachment("application/tlsrpt+gzip", "a.gz", "base64", b64(gz(report)[:15]))),
		"the type of report":           privateHead + multipartOf("report; report-type=tlsrpt", "b1", attachedZip("a.zip", cut)),
		"the sender and an archive":    strings.Replace(privateHead, "someone@", "noreply-dmarc@", 1) + private(attachedZip("a.zip", cut)),
		"a mail passed on":             privateHead + private("Content-Type: message/rfc822\r\n\r\n"+mailHead+private(attachedZip("a.zip", cut))),
		"a mail passed on in base64": privateHead + private("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
			b64(mailHead+private(attachedZip("a.zip", cut)))),
		"a name after 120 private parts": privateHead + private(strings.Split(attachedZip(rfcName+".zip", cut)+strings.Repeat("|"+prose, 120), "|")...),
	}
	for name, mail := range tests {
		if got := walk(t, []byte(mail), mimepart.Limits{}); got == "" || got[0] != '!' {
			t.Errorf("%s: %q", name, got)
		}
	}
	bystander := mailHead + private("Content-Type: message/rfc822\r\n\r\n"+mailHead+private(prose), attachment("image/png", "logo.png", "base64", "iVBOR"))
	if got := walk(t, []byte(bystander), mimepart.Limits{}); got != "" {
		t.Errorf("text and a logo in a mail that announces a report: %q", got)
	}
}

// What is left of the budget after a private archive must not make a report
// behind it disappear.
func TestReportBehindAPrivateArchive(t *testing.T) {
	t.Parallel()
	name := "receiver.example!example.com!1795132800!1795219199.xml.gz"
	mail := privateHead + private(attachedZip("a.zip", photos(t, 60)), attachedZip("b.zip", photos(t, 60)), prose,
		attachment("application/gzip", name, "base64", b64(gz(reportXML))))
	if got := walk(t, []byte(mail), mimepart.Limits{}); got != "!too_many_archive_entries" {
		t.Errorf("%q", got)
	}
}

func TestFailureReportIsToldAsOne(t *testing.T) {
	t.Parallel()
	odd := oddMail(t)
	const kind = "report; report-type=feedback-report"
	fields := "Content-Type: message/feedback-report\r\n\r\n" + arfFields
	tests := map[string]string{
		"too many parts":        privateHead + multipartOf(kind, "b1", strings.Split(strings.Repeat(prose+"|", 120)+fields, "|")...),
		"parts too deep":        privateHead + multipartOf(kind, "b1", fields, odd["deep parts"]),
		"a part's header":       privateHead + multipartOf(kind, "b1", fields, "X-Long: "+strings.Repeat("a", 1<<20)),
		"the header itself":     privateHead + "Content-Type: multipart/" + kind + "; boundary=b1\r\nX-Long: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"not called one":        mailHead + multipartOf("mixed", "b1", fields, attachedZip("a.zip", "PK\x03\x04cut")),
		"inside an archive":     mailHead + private(attachedZip("a.zip", zipOf(t, file{name: "a.eml", body: privateHead + multipartOf(kind, "b1", fields, odd["deep parts"])}))),
		"larger than is read":   privateHead + "Content-Type: multipart/" + kind + "; boundary=b1\r\n\r\n" + strings.Repeat("x", 60<<10),
		"a notice without form": privateHead + "\r\nA message failed.\r\n\r\n  Sender Domain: example.com\r\n  Sender IP Address: 192.0.2.1\r\n",
	}
	for name, mail := range tests {
		var v spots
		limits := mimepart.Limits{}
		if name == "larger than is read" {
			limits.Raw = 50 << 10
		}
		out, err := mimepart.NewWalker(limited(limits)).Walk(t.Context(), mimepart.Source{ReaderAt: bytes.NewReader([]byte(mail)), Size: int64(len(mail))}, &v)
		if err != nil || !out.Failure || len(v) != 1 || !v[0].Failure {
			t.Errorf("%s: %+v, %v, %v", name, out, v, err)
		}
	}
}

// spots are the places of what was refused.
type spots []mimepart.Spot

func (*spots) Payload(*mimepart.Payload) error { return nil }

func (s *spots) Refused(at mimepart.Spot, _ *finding.Refusal) error {
	*s = append(*s, at)
	return nil
}
