// Package reporttest makes aggregate reports of any size for tests and
// benchmarks, and packs them as reporters do.
package reporttest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
)

// Sample is a report as a large receiver sends it: indented, every common
// element stated. Its period is a day of November 2026.
type Sample struct {
	ID       string // report_id; must need no escaping, like the others
	Reporter string // org_name and domain of the address; "" is receiver.example
	Domain   string // policy domain
	Day      int    // days after 20 November 2026, may be negative
	Records  int
}

// WriteTo writes the report record by record, so that its size is bounded by
// the writer alone.
func (s Sample) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	begin := 1_795_132_800 + int64(s.Day)*86_400
	reporter := cmp.Or(s.Reporter, "receiver.example")
	fmt.Fprintf(out, head, reporter, reporter, s.ID, begin, begin+86_399, s.Domain)
	for i := range s.Records {
		fmt.Fprintf(out, record, i>>16&255, i>>8&255, i&255, i%7+1, i%1000, s.Domain, s.Domain, s.Domain, i%10, i%1000, s.Domain)
	}
	io.WriteString(out, "</feedback>\n") //nolint:errcheck // kept in out
	return out.n, out.err
}

// XML returns the report as a document.
func (s Sample) XML() []byte {
	var b bytes.Buffer
	_, _ = s.WriteTo(&b) // a buffer takes everything
	return b.Bytes()
}

const head = `<?xml version="1.0" encoding="UTF-8"?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>%s</org_name>
    <email>reports@%s</email>
    <extra_contact_info>https://receiver.example/dmarc</extra_contact_info>
    <report_id>%s</report_id>
    <date_range><begin>%d</begin><end>%d</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>%s</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
  </policy_published>
`

const record = `  <record>
    <row>
      <source_ip>10.%d.%d.%d</source_ip>
      <count>%d</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_to>receiver.example</envelope_to>
      <envelope_from>bounce%d.%s</envelope_from>
      <header_from>%s</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>%s</domain>
        <selector>s%d</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>bounce%d.%s</domain>
        <scope>mfrom</scope>
        <result>fail</result>
      </spf>
    </auth_results>
  </record>
`

// counter counts what is written and keeps the first error.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	return n, err
}

// writers are used again: making one takes longer than compressing most
// reports.
var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// Gzip compresses data.
func Gzip(data []byte) []byte {
	var b bytes.Buffer
	z, ok := writers.Get().(*gzip.Writer)
	if !ok {
		panic("reporttest: the pool holds something else")
	}
	defer writers.Put(z)
	z.Reset(&b)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// Mail is a report mail with data attached under a media type and a name.
func Mail(media, name string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("From: Reports <reports@receiver.example>\r\nTo: dmarc@example.com\r\n" +
		"Subject: Report Domain: example.com Submitter: receiver.example Report-ID: <1@receiver.example>\r\n" +
		"Date: Sat, 21 Nov 2026 04:00:00 +0000\r\nMessage-ID: <1@receiver.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nA report.\r\n" +
		"--b1\r\nContent-Type: " + media + "; name=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n")
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n--b1--\r\n")
	return b.Bytes()
}
