package mimepart

import (
	"bytes"
	"strings"
)

// content is what the first bytes of a part show it to be.
type content uint8

const (
	unknown      content = iota
	aggregate            // XML that is or should be an aggregate report
	otherXML             // XML, or HTML, about something else
	perhapsXML           // XML that declares entities and hides its root behind them
	tlsReport            // JSON that is or should be a TLS report
	perhapsJSON          // JSON with one of its keys, which others have too
	feedback             // the fields of a feedback report
	gzipped              // RFC 1952
	zipped               // PKZIP
	unsupported          // an archive or envelope that is not opened, see formatName
	wholeMail            // header fields of a mail
	plainNotice          // a failure notice in prose
	nothing              // no bytes at all
	encryptedPGP         // OpenPGP armour
)

// sniffed is how many bytes are looked at.
const sniffed = 4 << 10

// sniff judges a part by its first bytes.
func sniff(head []byte) content {
	if len(head) == 0 {
		return nothing
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return zipped
	case formatName(head) != "":
		return unsupported
	}
	text := head
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) ||
		len(head) > 3 && (head[0] == '<' && head[1] == 0 || head[0] == 0 && head[1] == '<') {
		// UTF-16: good enough to recognise ASCII names.
		text = bytes.Trim(bytes.ReplaceAll(head, []byte{0}, nil), "\xff\xfe")
	}
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) == 0 {
		return nothing
	}
	switch text[0] {
	case '<':
		return sniffXML(text)
	case '{':
		return sniffJSON(text)
	}
	if bytes.HasPrefix(text, []byte("-----BEGIN PGP MESSAGE-----")) {
		return encryptedPGP
	}
	return sniffText(text)
}

func sniffXML(text []byte) content {
	if rootLike(text) {
		return aggregate
	}
	if bytes.Contains(text, []byte("<!DOCTYPE feedback")) {
		return aggregate
	}
	// Entity tricks put their declarations first and may leave the root to
	// later: where a report should be, such a document is for the reader to
	// refuse. Elsewhere it is a drawing, which declares entities as well.
	if bytes.Contains(text, []byte("<!ENTITY")) {
		return perhapsXML
	}
	return otherXML
}

func sniffJSON(text []byte) content {
	found := 0
	for _, key := range [...]string{`"policies"`, `"organization-name"`, `"date-range"`, `"report-id"`} {
		if bytes.Contains(text, []byte(key)) {
			found++
		}
	}
	switch found {
	case 0:
		return unknown
	case 1:
		return perhapsJSON
	}
	return tlsReport
}

// rootLike looks for the root of a report, with or without a prefix, or for
// one of the two elements that only a report has.
func rootLike(text []byte) bool {
	for rest := text; ; {
		i := bytes.Index(rest, []byte("feedback"))
		if i < 0 {
			break
		}
		if i > 0 && (rest[i-1] == '<' || rest[i-1] == ':') {
			if open := bytes.LastIndexByte(rest[:i], '<'); open >= 0 && i-open < 40 &&
				!bytes.ContainsAny(rest[open:i], " \n\t\"/") {
				return true
			}
		}
		rest = rest[i+len("feedback"):]
	}
	return bytes.Contains(text, []byte("<report_metadata")) || bytes.Contains(text, []byte("<policy_published"))
}

func sniffText(text []byte) content {
	if hasField(text, "Feedback-Type:") {
		return feedback
	}
	if looksLikeMail(text) {
		return wholeMail
	}
	if bytes.Contains(text, []byte("Sender Domain:")) && bytes.Contains(text, []byte("Sender IP Address:")) {
		return plainNotice
	}
	if rootLike(text) && bytes.Contains(text, []byte("<feedback")) {
		return aggregate
	}
	return unknown
}

// hasField looks for a field at the beginning of a line, before any blank line.
func hasField(text []byte, name string) bool {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return false
		}
		if len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			return true
		}
		text = rest
	}
	return false
}

// looksLikeMail finds a field that every mail has among the first lines.
func looksLikeMail(text []byte) bool {
	if bytes.HasPrefix(text, []byte("From ")) {
		return true
	}
	for range 40 {
		line, rest, more := bytes.Cut(text, []byte{'\n'})
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return false
		}
		name, _, found := bytes.Cut(line, []byte{':'})
		if found && len(name) < 40 {
			switch strings.ToLower(strings.TrimSpace(string(name))) {
			case "from", "to", "subject", "date", "received", "return-path", "mime-version", "message-id",
				"content-type", "delivered-to", "dkim-signature", "authentication-results", "content-transfer-encoding":
				return true
			}
		}
		if !more {
			return false
		}
		text = rest
	}
	return false
}

// formatName names the formats that are recognised and not opened.
func formatName(head []byte) string {
	for _, f := range [...]struct{ magic, name string }{
		{"7z\xbc\xaf\x27\x1c", "7z archive"},
		{"BZh", "bzip2"},
		{"\xfd7zXZ\x00", "xz"},
		{"Rar!\x1a\x07", "RAR archive"},
		{"\x28\xb5\x2f\xfd", "Zstandard"},
		{"\x78\x9f\x3e\x22", "Outlook winmail.dat (TNEF)"},
		{"MSCF", "Windows cabinet"},
		{"LZIP", "lzip"},
		{"\x1f\x9d", "compress (.Z)"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.name
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return "tar archive"
	}
	return smimeName(head)
}

// smimeName recognises CMS (RFC 5652) by the object identifier at its start.
func smimeName(head []byte) string {
	if len(head) < 20 || head[0] != 0x30 {
		return ""
	}
	switch oid := head[:20]; {
	case bytes.Contains(oid, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")):
		return "encrypted S/MIME"
	case bytes.Contains(oid, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")):
		return "opaque signed S/MIME"
	}
	return ""
}
