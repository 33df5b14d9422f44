package reading_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

// sampleReport is a report of n records, indented and with the elements that
// a large receiver sends.
func sampleReport(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>receiver.example</org_name>
    <email>reports@receiver.example</email>
    <extra_contact_info>https://receiver.example/dmarc</extra_contact_info>
    <report_id>2026-11-20.example.com.1</report_id>
    <date_range><begin>1795132800</begin><end>1795219199</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>example.com</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
  </policy_published>
`)
	for i := range n {
		fmt.Fprintf(&b, `  <record>
    <row>
      <source_ip>192.0.2.%d</source_ip>
      <count>%d</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_to>receiver.example</envelope_to>
      <envelope_from>bounce%d.example.com</envelope_from>
      <header_from>example.com</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>example.com</domain>
        <selector>s%d</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>bounce%d.example.com</domain>
        <scope>mfrom</scope>
        <result>fail</result>
      </spf>
    </auth_results>
  </record>
`, i%256, i%7+1, i%1000, i%10, i%1000)
	}
	b.WriteString("</feedback>\n")
	return b.Bytes()
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	z := stdgzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// reportMail is a mail with data attached.
func reportMail(media, name string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("From: Reports <reports@receiver.example>\r\nTo: dmarc@example.com\r\n" +
		"Subject: Report Domain: example.com Submitter: receiver.example Report-ID: <1@receiver.example>\r\n" +
		"Date: Sat, 21 Nov 2026 04:00:00 +0000\r\nMessage-ID: <1@receiver.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nA report.\r\n" +
		"--b1\r\nContent-Type: " + media + "; name=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n")
	enc := base64.StdEncoding.EncodeToString(data)
	for len(enc) > 76 {
		b.WriteString(enc[:76] + "\r\n")
		enc = enc[76:]
	}
	b.WriteString(enc + "\r\n--b1--\r\n")
	return b.Bytes()
}

// plainFeedback is what a straightforward reader on encoding/xml looks like:
// the same fields, no checks, no limits. It is the baseline of the benchmarks.
type plainFeedback struct {
	Version  string `xml:"version"`
	Metadata struct {
		OrgName  string   `xml:"org_name"`
		Email    string   `xml:"email"`
		Contact  string   `xml:"extra_contact_info"`
		ReportID string   `xml:"report_id"`
		Begin    int64    `xml:"date_range>begin"`
		End      int64    `xml:"date_range>end"`
		Errors   []string `xml:"error"`
	} `xml:"report_metadata"`
	Policy struct {
		Domain string `xml:"domain"`
		ADKIM  string `xml:"adkim"`
		ASPF   string `xml:"aspf"`
		P      string `xml:"p"`
		SP     string `xml:"sp"`
		NP     string `xml:"np"`
		Pct    string `xml:"pct"`
		FO     string `xml:"fo"`
	} `xml:"policy_published"`
	Records []struct {
		SourceIP    string `xml:"row>source_ip"`
		Count       int64  `xml:"row>count"`
		Disposition string `xml:"row>policy_evaluated>disposition"`
		DKIM        string `xml:"row>policy_evaluated>dkim"`
		SPF         string `xml:"row>policy_evaluated>spf"`
		Reasons     []struct {
			Type    string `xml:"type"`
			Comment string `xml:"comment"`
		} `xml:"row>policy_evaluated>reason"`
		HeaderFrom   string `xml:"identifiers>header_from"`
		EnvelopeFrom string `xml:"identifiers>envelope_from"`
		EnvelopeTo   string `xml:"identifiers>envelope_to"`
		AuthDKIM     []struct {
			Domain   string `xml:"domain"`
			Selector string `xml:"selector"`
			Result   string `xml:"result"`
			Human    string `xml:"human_result"`
		} `xml:"auth_results>dkim"`
		AuthSPF []struct {
			Domain string `xml:"domain"`
			Scope  string `xml:"scope"`
			Result string `xml:"result"`
		} `xml:"auth_results>spf"`
	} `xml:"record"`
}

func plainXML(r io.Reader) (int, error) {
	var f plainFeedback
	err := xml.NewDecoder(r).Decode(&f)
	return len(f.Records), err
}

func plainGzip(data []byte) (int, error) {
	z, err := stdgzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return plainXML(z)
}

func plainMail(data []byte) (int, error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return 0, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			return 0, err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/") {
			continue
		}
		z, err := stdgzip.NewReader(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			return 0, err
		}
		return plainXML(z)
	}
}

// tally counts records.
type tally struct{ records, reports int }

func (c *tally) Begin(*reading.Report) error                         { return nil }
func (c *tally) Record(*dmarcrpt.Record) error                       { c.records++; return nil }
func (c *tally) End(*reading.Summary) error                          { c.reports++; return nil }
func (c *tally) Refused(_ *reading.Report, r *finding.Refusal) error { return r }

// BenchmarkRead measures one core from the bytes of a file to the last record,
// against the standard library doing the same without any check.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{10, 1000} {
		report := sampleReport(n)
		packed := gz(report)
		attached := reportMail("application/gzip", "receiver.example!example.com!1!2.xml.gz", packed)
		for _, form := range []struct {
			name  string
			data  []byte
			plain func([]byte) (int, error)
		}{
			{"xml", report, func(data []byte) (int, error) { return plainXML(bytes.NewReader(data)) }},
			{"gz", packed, plainGzip},
			{"eml", attached, plainMail},
		} {
			b.Run(fmt.Sprintf("%s/%d/ours", form.name, n), func(b *testing.B) {
				r := reading.NewReader(reading.Limits{}, nil)
				src := mimepart.Source{ReaderAt: bytes.NewReader(form.data), Size: int64(len(form.data))}
				b.SetBytes(int64(len(report)))
				b.ReportAllocs()
				for b.Loop() {
					var c tally
					if _, err := r.Read(b.Context(), src, &c); err != nil || c.records != n {
						b.Fatal(err, c)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/plain", form.name, n), func(b *testing.B) {
				b.SetBytes(int64(len(report)))
				b.ReportAllocs()
				for b.Loop() {
					if got, err := form.plain(form.data); err != nil || got != n {
						b.Fatal(err, got)
					}
				}
			})
		}
	}
}
