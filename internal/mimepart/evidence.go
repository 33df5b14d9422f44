package mimepart

import (
	"encoding/binary"
	"io"
	"mime"
	"strings"
)

// Most mail in a mailbox is private, and damaged or odd attachments are as
// common there as in report mails. So what cannot be read is told about only
// on evidence that a report is in it: the forms that the RFCs give to subjects,
// file names and media types, and that reporters keep to. Everything else is
// none of our business, whatever is wrong with it.

// reportName tells a file name in the form that the RFCs ask reporters to use,
// receiver "!" domain "!" begin "!" end …, or one that names the format and
// has an ending that a report has.
func reportName(name string) bool {
	if f := strings.Split(name, "!"); len(f) >= 4 && f[0] != "" && f[1] != "" && instant(f[2]) && instant(f[3]) {
		return true
	}
	return reportEnding(name) && saysReport(name)
}

// instant tells seconds since 1970, with or without what follows a dot.
func instant(s string) bool {
	s, _, _ = strings.Cut(s, ".")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// saysReport finds the name of a report format. The word "report" alone says
// nothing: so do expense reports.
func saysReport(s string) bool {
	s = strings.ToLower(s)
	for _, word := range [...]string{"dmarc", "tlsrpt", "tls-rpt", "tls_rpt", "tls-report", "tls_report"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// reportEnding tells a file name that a report may have.
func reportEnding(name string) bool {
	name = strings.ToLower(name)
	for _, ending := range [...]string{".xml", ".json", ".gz", ".zip"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// interestingName tells the name of a file that may be or hold a report.
func interestingName(name string) bool {
	return reportEnding(name) || strings.HasSuffix(strings.ToLower(name), ".eml") || reportName(name)
}

func tlsMedia(media string) bool { return strings.HasPrefix(media, "application/tlsrpt") }

// words decodes subjects; one in an odd charset is good enough as bytes,
// because only ASCII is looked for.
var words = mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }}

// announces tells the header of a mail that says it carries a report. Mails
// that forward one, or that a gateway or a translation has put something in
// front of, keep the words.
func (e *Envelope) announces() bool {
	if e.TLSReportDomain != "" {
		return true
	}
	subject := e.Subject
	if decoded, err := words.DecodeHeader(subject); err == nil {
		subject = decoded
	}
	subject = strings.ToLower(strings.Join(strings.Fields(subject), " "))
	return strings.Contains(subject, "report domain:") || strings.Contains(subject, "report-id")
}

// fromReporter tells an address that exists to send reports. It is weak
// evidence, since the owner of such an address may also write to people.
func (e *Envelope) fromReporter() bool {
	address := e.From
	if i := strings.LastIndexByte(address, '<'); i >= 0 {
		address, _, _ = strings.Cut(address[i+1:], ">")
	}
	local, host, _ := strings.Cut(strings.ToLower(address), "@")
	return saysReport(local) || strings.HasPrefix(host, "dmarc.")
}

// failure tells a part that makes its mail a failure report.
func (p *part) failure() bool {
	return p.media == "message/feedback-report" ||
		strings.HasPrefix(p.media, "multipart/") && strings.EqualFold(p.params["report-type"], "feedback-report")
}

// evident reports whether there is evidence of a report in part i: what the
// part says of itself, or what the parts around it say of it.
func evident(parts []part, i int) bool {
	name := parts[i].header.fileName()
	if reportName(name) || tlsMedia(parts[i].media) {
		return true
	}
	for ; i >= 0; i = parts[i].parent {
		p := &parts[i]
		if p.failure() || strings.HasPrefix(p.media, "multipart/") && strings.EqualFold(p.params["report-type"], "tlsrpt") {
			return true
		}
		// The fields of an attached file's part are not those of a mail.
		if p.parent >= 0 && parts[p.parent].kind != message {
			continue
		}
		if e := &p.header.envelope; e.announces() || e.fromReporter() && reportEnding(name) {
			return true
		}
	}
	return false
}

// anyEvident is evident for a mail whose parts could not all be found.
func anyEvident(parts []part) bool {
	for i := range parts {
		if evident(parts, i) {
			return true
		}
	}
	return false
}

func anyFailure(parts []part) bool {
	for i := range parts {
		if parts[i].failure() {
			return true
		}
	}
	return false
}

// firstName returns the name of the first file in a zip whose directory is
// lost. It stands before the file (APPNOTE 4.3.7).
func firstName(src io.ReaderAt) string {
	const fixed = 30
	head := make([]byte, fixed+512)
	n, err := src.ReadAt(head, 0)
	if err != nil && n < fixed || string(head[:4]) != "PK\x03\x04" {
		return ""
	}
	length := int(binary.LittleEndian.Uint16(head[26:]))
	return label(string(head[fixed:min(n, fixed+length)]))
}
