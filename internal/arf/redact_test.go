package arf_test

import (
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/arf"
)

// Every place of a report where somebody's name may stand, and how addresses
// are written there.
func TestNothingOfAPersonIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ doc, sample string }{
		"an address in a property":      {doc: "Authentication-Results: mx; spf=fail smtp.mailfrom=secret@example.com"},
		"a bounce address":              {doc: "Authentication-Results: mx; spf=fail smtp.mailfrom=bounce+secret=example.com@list.example"},
		"one in a comment":              {doc: "Authentication-Results: mx; spf=fail (domain of secret=example.com@list.example designates)"},
		"a quoted local part":           {doc: `Authentication-Results: mx; dkim=fail header.i="a secret"@example.com`},
		"a quote within quotes":         {doc: `Authentication-Results: mx; dkim=fail header.i="a \"secret\" b"@example.com`},
		"a quote that never opens":      {doc: `Authentication-Results: mx; secret"@example.com`},
		"with a space":                  {doc: "Authentication-Results: mx; dkim=fail header.i=secret @ example.com"},
		"encoded for a URL":             {doc: "Authentication-Results: mx; dkim=fail header.i=secret%40example.com"},
		"encoded for a mail":            {doc: "User-Agent: =?utf-8?q?secret=40example.com?="},
		"a look-alike of the sign":      {doc: "User-Agent: secret\uff20example.com"},
		"two addresses":                 {doc: "SPF-DNS: txt : a.secret@example.com,secret@example.net : x"},
		"the source":                    {doc: "Source-IP: secret@example.com"},
		"the delivery result":           {doc: "Delivery-Result: sent-to-secret@example.com"},
		"the failure":                   {doc: "Auth-Failure: secret@example.com"},
		"the alignment":                 {doc: "Identity-Alignment: secret@example.com"},
		"the signing domain":            {doc: "DKIM-Domain: the secret of example.com"},
		"the selector":                  {doc: "DKIM-Selector: the secret one"},
		"the identity":                  {doc: "DKIM-Identity: secret@example.com"},
		"the canonicalized header":      {doc: "DKIM-Canonicalized-Header: secret"},
		"an unknown field":              {doc: "X-Secret: secret"},
		"a reported address":            {doc: "Reported-URI: mailto:secret@example.com"},
		"the subject":                   {sample: "Subject: secret"},
		"the name of the author":        {sample: "From: Secret <secret@example.com>"},
		"the recipient":                 {sample: "To: secret@example.com"},
		"a date that is none":           {sample: "Date: on secret's birthday"},
		"the comment of a date":         {sample: "Date: Fri, 20 Nov 2026 09:59:00 -0500 (secret)"},
		"the name of the mail":          {sample: "Message-ID: <secret.1@secret.2@example.com>"},
		"a name that holds no domain":   {sample: "Message-ID: <1@the secret>"},
		"a signature's domain":          {sample: "DKIM-Signature: d=secret@example.com; s=x"},
		"a signature's domain, no name": {sample: "DKIM-Signature: d=the secret; s=x"},
		"an odd line":                   {sample: "the secret"},
		"the text":                      {sample: "\r\n\r\nsecret"},
	} {
		fields := "Feedback-Type: auth-failure\r\nReported-Domain: example.com\r\n"
		r, err := arf.Read(strings.NewReader(fields+c.doc+"\r\n\r\n"), strings.NewReader("X-Mailer: y\r\n"+c.sample+"\r\n\r\nsecret\r\n"), mail, limits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if kept := strings.ToLower(fmt.Sprintf("%+v", r)); strings.Contains(kept, "secret") {
			t.Errorf("%s is kept: %s", name, kept)
		}
	}
}

func TestWhatIsNoAddressStaysAsSent(t *testing.T) {
	t.Parallel()
	const sent = `mx.example.net; dkim=fail (bad signature) header.d=example.com header.i=@example.com header.s=s1; spf=pass smtp.mailfrom=bounce.example.com; dmarc=fail action=none`
	r, err := arf.Read(strings.NewReader("Feedback-Type: auth-failure\r\nReported-Domain: example.com\r\nAuthentication-Results: "+sent+"\r\n"), nil, mail, limits)
	if err != nil || len(r.AuthenticationResults) != 1 || r.AuthenticationResults[0] != sent {
		t.Errorf("%v, %q", err, r.AuthenticationResults)
	}
}
