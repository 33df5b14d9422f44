package demo

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"

	"github.com/emersion/go-msgauth/dkim"
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

// sign adds the reporter's DKIM signature to a mail.
func sign(r reporter, mail []byte) []byte {
	if r.unsigned {
		return mail
	}
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(mail), &dkim.SignOptions{
		Domain: r.domain(), Selector: selector, Signer: signingKey(),
		HeaderKeys:             []string{"From", "To", "Subject", "Date", "Message-ID"},
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		panic("demo: " + err.Error()) // the mails and the key are ours
	}
	return signed.Bytes()
}
