package dmarcrpt_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
)

// sampleReport writes a report of n records as a large receiver would.
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

// counter is the cheapest handler.
type counter struct{ reports, records, refused int }

func (c *counter) Begin(*dmarcrpt.Report) error  { return nil }
func (c *counter) Record(*dmarcrpt.Record) error { c.records++; return nil }
func (c *counter) End(*dmarcrpt.Summary) error   { c.reports++; return nil }
func (c *counter) Refused(_ *dmarcrpt.Report, r *finding.Refusal) error {
	c.refused++
	return r
}

// plainFeedback is what a straightforward reader on encoding/xml looks like:
// the same fields, no checks. It is the baseline of the benchmarks.
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

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{10, 1000} {
		data := sampleReport(n)
		b.Run(fmt.Sprintf("ours/%d", n), func(b *testing.B) {
			r := dmarcrpt.NewReader(dmarcrpt.Limits{})
			src := bytes.NewReader(nil)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(data)
				var c counter
				if err := r.Read(src, &c, dmarcrpt.Options{}); err != nil || c.records != n {
					b.Fatal(err, c)
				}
			}
		})
		b.Run(fmt.Sprintf("encodingxml/%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var f plainFeedback
				if err := xml.NewDecoder(bytes.NewReader(data)).Decode(&f); err != nil || len(f.Records) != n {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAllocationsPerRecord(t *testing.T) {
	perReport := func(n int) float64 {
		data := sampleReport(n)
		r := dmarcrpt.NewReader(dmarcrpt.Limits{})
		return testing.AllocsPerRun(10, func() {
			if err := r.Read(bytes.NewReader(data), &counter{}, dmarcrpt.Options{}); err != nil {
				t.Fatal(err)
			}
		})
	}
	small, large := perReport(100), perReport(1100)
	if each := (large - small) / 1000; each > 1 {
		t.Errorf("%.2f allocations a record, want at most 1", each)
	}
}
