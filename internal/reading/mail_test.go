package reading_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

// mailHead is the header of a report mail, up to what says how it is made.
const mailHead = "From: Reports <dmarc@receiver.example>\r\nTo: dmarc@example.com\r\n" +
	"Subject: Report Domain: example.com Submitter: receiver.example Report-ID: <r-1@receiver.example>\r\n" +
	"Date: Sat, 21 Nov 2026 04:00:00 +0000\r\nMessage-ID: <m-1@receiver.example>\r\nMIME-Version: 1.0\r\n"

// privateHead is that of a mail between people.
const privateHead = "From: Someone <someone@example.net>\r\nTo: dmarc@example.com\r\nSubject: Our plans\r\nMIME-Version: 1.0\r\n"

const (
	rfcName = "receiver.example!example.com!1795132800!1795219199.xml.gz"
	prose   = "Content-Type: text/plain\r\n\r\nThis is a report.\r\n"
)

func multi(subtype string, parts ...string) string {
	boundary := "b" + strings.Trim(strings.ReplaceAll(subtype, "/", ""), " ;=-")[:3]
	s := "Content-Type: multipart/" + subtype + "; boundary=\"" + boundary + "\"\r\n\r\n"
	for _, p := range parts {
		s += "--" + boundary + "\r\n" + p + "\r\n"
	}
	return s + "--" + boundary + "--\r\n"
}

func b64(data string) string {
	text := base64.StdEncoding.EncodeToString([]byte(data))
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return b.String() + text + "\r\n"
}

// attached is a part with a file in base64.
func attached(media, name, data string) string {
	return "Content-Type: " + media + "; name=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + b64(data)
}

func TestMails(t *testing.T) {
	t.Parallel()
	packed := gzipped(good)
	part := attached("application/gzip", rfcName, packed)
	usual := mailHead + multi("mixed", prose, part)
	headless := func(header string) string { return header + "\r\n\r\n" + b64(packed) }
	fold := strings.ReplaceAll(usual, "; name=", ";\r\nname=")
	mbox := func(mails ...string) string {
		s := ""
		for _, m := range mails {
			s += "From dmarc@receiver.example Sat Nov 21 04:00:00 2026\r\n" + m + "\r\n"
		}
		return s
	}
	signed := func(body string) string {
		return mailHead + multi("signed; protocol=\"application/pkcs7-signature\"", body,
			attached("application/pkcs7-signature", "smime.p7s", "\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x04\xf0"+strings.Repeat("x", 50)))
	}
	tests := []fixture{
		{"as it should be", usual},
		{"line ends of LF", strings.ReplaceAll(usual, "\r\n", "\n")},
		{"part header line without a colon", change(t, usual, "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename",
			"Content-Transfer-Encoding: base64\r\nContent-Disposition attachment filename")},
		{"part header whose folds lost their indent", fold},
		{"part header whose disposition lost its fold", strings.Replace(usual, "attachment; filename=", "attachment;\r\nfilename=", 1)},
		{"header of the mail whose fold lost its indent", change(t, usual, "; boundary=", ";\r\nboundary=")},
		{"mixed, related, alternative with an empty part", mailHead + multi("mixed", multi("related", multi("alternative", "Content-Type: text/plain\r\n\r\n"), part))},
		{"the attachment is the whole mail", mailHead + part},
		{"the XML is the whole mail", mailHead + "Content-Type: text/xml\r\n\r\n" + good},
		{"octet-stream", mailHead + multi("mixed", attached("application/octet-stream", rfcName, packed))},
		{"inline", mailHead + multi("mixed", prose, strings.Replace(part, "attachment;", "inline;", 1))},
		{"no disposition", mailHead + multi("mixed", prose, headless("Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64"))},
		{"no type at all", mailHead + multi("mixed", prose, headless("Content-Transfer-Encoding: base64"))},
		{"no transfer encoding", mailHead + multi("mixed", prose, headless("Content-Type: application/gzip"))},
		{"zip said to be gzip", mailHead + multi("mixed", attached("application/gzip", rfcName, zipped(t, entry{name: "r.xml", data: good})))},
		{"gzip said to be zip", mailHead + multi("mixed", attached("application/zip", "r.zip", packed))},
		{"report said to be a picture", mailHead + multi("mixed", attached("image/png", "logo.png", packed))},
		{"report said to be text", mailHead + multi("mixed", attached("text/plain", "r.txt", good))},
		{"subject [Preview]", strings.Replace(usual, "Subject: ", "Subject: [Preview] ", 1)},
		{"subject of another form", strings.Replace(usual, "Report Domain: example.com", "Dmarc Aggregate Report Domain: {example.com}", 1)},
		{"subject about another domain", strings.Replace(usual, "Report Domain: example.com", "Report Domain: example.net", 1)},
		{"ordinary subject", privateHead + multi("mixed", prose, part)},
		{"forwarded as message/rfc822", privateHead + multi("mixed", prose, "Content-Type: message/rfc822\r\n\r\n"+mailHead+multi("related", prose, part))},
		{"forwarded as message/rfc822 in base64", privateHead + multi("mixed", prose, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64(mailHead+multi("related", prose, part)))},
		{"forwarded as an attached .eml", privateHead + multi("mixed", prose, attached("application/octet-stream", "r.eml", mailHead+multi("related", prose, part)))},
		{"RFC 2231 name, extended", strings.Replace(usual, "; filename=\""+rfcName+"\"", ";\r\n filename*=utf-8''r%C3%A9sum%C3%A9.gz", 1)},
		{"RFC 2231 name, in pieces", strings.Replace(usual, "; filename=\""+rfcName+"\"", ";\r\n filename*0*=us-ascii'en'receiver.example%21exa;\r\n filename*1=\"mple.com!1!2\";\r\n filename*2=.xml.gz", 1)},
		{"name in encoded words", strings.Replace(usual, "filename=\""+rfcName+"\"", "filename=\"=?utf-8?Q?r=C3=A9sum=C3=A9.gz?=\"", 1)},
		{"name that is a path, with escapes", strings.Replace(usual, "filename=\""+rfcName+"\"", "filename=\"../../\x1b]0;x\x07r.gz\"", 1)},
		{"no boundary named", strings.Replace(usual, "; boundary=\"bmix\"", "", 1)},
		{"another boundary named", strings.Replace(usual, "boundary=\"bmix\"", "boundary=\"other\"", 1)},
		{"no closing boundary", strings.TrimSuffix(usual, "--bmix--\r\n")},
		{"quoted-printable", mailHead + multi("mixed", "Content-Type: text/xml; name=r.xml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+strings.NewReplacer("=", "=3D", "><", ">=\r\n<").Replace(good))},
		{"base64 with a footer behind", mailHead + multi("mixed", part+"_______________\r\nA mailing list\r\n")},
		{"signed by S/MIME", signed(multi("mixed", prose, part))},
		{"two reports", mailHead + multi("mixed", part, attached("application/gzip", rfcName, strings.Replace(good, "r-1", "r-2", 1)))},
		{"mbox line before the mail", "From dmarc@receiver.example Sat Nov 21 04:00:00 2026\r\n" + usual},
		{"mbox of three", mbox(usual, privateHead+"\r\nFrom here on, nothing.\r\n", strings.Replace(usual, b64(packed), b64(strings.Replace(good, "r-1", "r-2", 1)), 1))},
		{"TLS report", mailHead + multi("report; report-type=\"tlsrpt\"", prose, attached("application/tlsrpt+gzip", "r.json.gz", gzipped(goodTLS)))},
		{"corrupt gzip", mailHead + multi("mixed", attached("application/gzip", rfcName, broken(packed, 100)))},
		{"corrupt zip", mailHead + multi("mixed", attached("application/zip", "r.zip", zipped(t, entry{name: "r.xml", data: good})[:200]))},
		{"the word unused", mailHead + multi("mixed", attached("application/gzip", rfcName, gzipped("unused")))},
		{"nothing attached", mailHead + multi("mixed", prose)},
		{"empty attachment", mailHead + multi("mixed", prose, attached("application/gzip", rfcName, ""))},
		{"attachment of an unknown form", mailHead + multi("mixed", prose, attached("application/octet-stream", "r.lz4", "\x04\x22\x4d\x18rest"))},
		{"attachment of an unknown form beside the report", mailHead + multi("mixed", prose, attached("application/octet-stream", "r.lz4", "\x04\x22\x4d\x18rest"), part)},
		// None of our business.
		{"ordinary mail", privateHead + "\r\nHello.\r\n"},
		{"auto-reply", "Auto-Submitted: auto-replied\r\n" + privateHead + "\r\nI am away.\r\n"},
		{"bounce of a mail", privateHead + multi("report; report-type=delivery-status", prose, "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n",
			"Content-Type: message/rfc822\r\n\r\n"+privateHead+"\r\nHello.\r\n")},
		{"attachment of an unknown form, ordinary", privateHead + multi("mixed", prose, attached("application/octet-stream", "r.lz4", "\x04\x22\x4d\x18rest"))},
		{"report quoted in prose", privateHead + "\r\nLook what came today:\r\n" + good + "\r\n"},
	}
	for _, f := range unopened(t) {
		tests = append(tests, fixture{f.name + ", in a report mail", mailHead + multi("mixed", prose, attached("application/octet-stream", "r.bin", f.data))})
	}
	for _, f := range unopened(t)[:3] {
		tests = append(tests, fixture{f.name + ", in an ordinary mail", privateHead + multi("mixed", prose, attached("application/octet-stream", "r.bin", f.data))})
	}
	golden(t, "mails", usual, tests)
}
