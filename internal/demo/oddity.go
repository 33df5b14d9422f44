package demo

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// oddity is something unusual that arrives on a day of the story.
type oddity struct {
	day  int
	kind Kind
	note string
	make func(t *teller, rep report, at time.Time) []byte
}

// oddities are about Google's reports on example.org, so that a refused one is
// seen beside good ones. Duplicates repeat the report of the day itself, as a
// reporter does that got no answer in time.
var oddities = [...]oddity{
	{8, Duplicate, "sent again", resent},
	{12, Malformed, "zip cut off", cutZip},
	{19, Duplicate, "sent again in another container", repacked},
	{24, Malformed, "XML cut off inside a record", cutXML},
	{29, Duplicate, "sent again", resent},
	{34, Malformed, "XML with a DTD", withDTD},
	{40, Duplicate, "sent again in another container", repacked},
	{47, Malformed, "encrypted zip", encryptedZip},
	{53, Conflict, "same key, other counts", otherCounts},
	{58, Malformed, "no dates", noDates},
	{63, Duplicate, "sent again", resent},
	{72, Malformed, "zip cut off", cutZip},
	{80, Duplicate, "sent again in another container", repacked},
	{86, Duplicate, "sent again", resent},
}

// tellOdd adds what is unusual about a day, in the afternoon after it, when
// all its reports are in.
func (t *teller) tellOdd(d day) {
	at := d.date.AddDate(0, 0, 1).Add(15 * time.Hour)
	for _, o := range oddities {
		if o.day != d.index {
			continue
		}
		rep, ok := t.observe(d, 0, 0, 0)
		if !ok {
			continue
		}
		if o.kind == Malformed {
			rep.id += "1" // a report of its own, which nothing else tells
		}
		t.put(o.make(t, rep, at), at, o.kind, o.note)
	}
	if d.index%4 == 1 {
		t.put(newsletterMail(d, at.Add(time.Hour)), at.Add(time.Hour), Ordinary, "newsletter")
	}
	if d.index%11 == 6 {
		t.put(bounceMail(d, at.Add(2*time.Hour)), at.Add(2*time.Hour), Ordinary, "bounce")
	}
}

func resent(t *teller, rep report, at time.Time) []byte {
	return t.pack.mail(rep, document(rep), at, rep.reporter.shape)
}

func repacked(t *teller, rep report, at time.Time) []byte {
	return t.pack.mail(rep, document(rep), at, mixedGzip)
}

func otherCounts(t *teller, rep report, at time.Time) []byte {
	rep.rows = slices.Clone(rep.rows)
	rep.rows[0].count += 17
	return t.pack.mail(rep, document(rep), at, rep.reporter.shape)
}

func noDates(t *teller, rep report, at time.Time) []byte {
	doc := document(rep)
	from, to := bytes.Index(doc, []byte("<date_range>")), bytes.Index(doc, []byte("</date_range>"))
	return t.pack.mail(rep, slices.Concat(doc[:from], doc[to+len("</date_range>"):]), at, mixedGzip)
}

func cutXML(t *teller, rep report, at time.Time) []byte {
	doc := document(rep)
	return t.pack.mail(rep, doc[:bytes.LastIndex(doc, []byte("<auth_results>"))], at, mixedGzip)
}

// withDTD holds an entity that a reader must not even look at.
func withDTD(t *teller, rep report, at time.Time) []byte {
	declaration := []byte(rep.reporter.dialect.declaration)
	dtd := slices.Concat(declaration, []byte("\n<!DOCTYPE feedback [<!ENTITY org \"google.com\">]>"))
	return t.pack.mail(rep, bytes.Replace(document(rep), declaration, dtd, 1), at, mixedGzip)
}

func cutZip(t *teller, rep report, at time.Time) []byte {
	data := t.pack.zip("report.xml", document(rep))
	return t.pack.whole(rep, at, "application/zip", "report.zip", data[:len(data)*2/3])
}

// encryptedZip sets the encryption flag (bit 0 of the general purpose flags,
// APPNOTE 4.4.4) in the local and the central header; the bytes make no sense
// then, as they would without the password.
func encryptedZip(t *teller, rep report, at time.Time) []byte {
	data := t.pack.zip("report.xml", document(rep))
	data[6] |= 1
	if at := bytes.LastIndex(data, []byte("PK\x01\x02")); at >= 0 {
		data[at+8] |= 1
	}
	return t.pack.whole(rep, at, "application/zip", "report.zip", data)
}

func newsletterMail(d day, at time.Time) []byte {
	return fmt.Appendf(nil, "From: News <news@shop.example>\r\nTo: dmarc@example.org\r\nSubject: Offers of week %d\r\nDate: %s\r\nMessage-ID: <week-%d@shop.example>\r\n"+
		"List-Unsubscribe: <https://shop.example/leave>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n"+
		"--alt\r\nContent-Type: text/plain\r\n\r\nTen per cent off all chairs.\r\n--alt\r\nContent-Type: text/html\r\n\r\n<p>Ten per cent off all <b>chairs</b>.</p>\r\n--alt--\r\n",
		d.index/7, at.Format(time.RFC1123Z), d.index)
}

// bounceMail is a delivery status notification (RFC 3464): a multipart/report,
// but none that counts mail.
func bounceMail(d day, at time.Time) []byte {
	return fmt.Appendf(nil, "From: MAILER-DAEMON@mx.example.com\r\nTo: dmarc@example.org\r\nSubject: Undelivered Mail Returned to Sender\r\nDate: %s\r\nMessage-ID: <bounce-%d@mx.example.com>\r\n"+
		"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"dsn\"\r\n\r\n"+
		"--dsn\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n--dsn\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; nobody@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n--dsn--\r\n",
		at.Format(time.RFC1123Z), d.index)
}
