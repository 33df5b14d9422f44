package mimepart

import "bytes"

// Extension is how the name of a file with this content ends: ".eml", ".xml",
// ".json", ".gz" or ".zip", and ".bin" for anything else. The first 4 KB tell.
func Extension(head []byte) string {
	head = head[:min(len(head), sniffed)]
	switch sniff(head) {
	case gzipped:
		return ".gz"
	case zipped:
		return ".zip"
	case wholeMail, feedback, plainNotice:
		return ".eml"
	case tlsReport, perhapsJSON:
		return ".json"
	case aggregate, perhapsXML, otherXML:
		if !bytes.Contains(bytes.ToLower(head), []byte("<html")) {
			return ".xml"
		}
	}
	return ".bin"
}
