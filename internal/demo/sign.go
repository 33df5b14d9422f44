package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// selector names the reporters' key in DNS.
const selector = "demo"

// signingKey is the one that all reporters of the story sign with. It signs
// nothing else.
func signingKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte("demo"), ed25519.SeedSize/4))
}

// dkimRecord is the key as it is published (RFC 8463).
func dkimRecord() string {
	public, _ := signingKey().Public().(ed25519.PublicKey) // that of an Ed25519 key always is
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
}

// signedFields are the header fields that a signature covers, in this order.
var signedFields = [...]string{"From", "To", "Subject", "Date", "Message-ID"}

// sign adds the DKIM signature of a reporter's domain to a mail, in the simple form of RFC
// 6376 section 3.4. It states no time: the story is the same whenever it is told.
func sign(domain string, mail []byte) []byte {
	head, body, _ := strings.Cut(string(mail), "\r\n\r\n")
	bodyHash := sha256.Sum256([]byte(strings.TrimRight(body, "\r\n") + "\r\n"))
	signature := fmt.Sprintf("DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=%s; s=%s;\r\n\th=%s; bh=%s;\r\n\tb=",
		domain, selector, strings.Join(signedFields[:], ":"), base64.StdEncoding.EncodeToString(bodyHash[:]))
	signed := sha256.New()
	for _, name := range signedFields {
		signed.Write([]byte(field(head, name)))
	}
	signed.Write([]byte(signature))
	signature += base64.StdEncoding.EncodeToString(ed25519.Sign(signingKey(), signed.Sum(nil)))
	return append([]byte(signature+"\r\n"), mail...)
}

// field returns a header field as it stands, with its folds and its end.
func field(head, name string) string {
	_, after, _ := strings.Cut("\r\n"+head+"\r\n", "\r\n"+name+":")
	end := 0
	for {
		n := strings.Index(after[end:], "\r\n")
		end += n + 2
		if end >= len(after) || after[end] != ' ' && after[end] != '\t' {
			return name + ":" + after[:end]
		}
	}
}
