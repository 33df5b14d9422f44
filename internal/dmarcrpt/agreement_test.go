package dmarcrpt_test

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/plaintext"
)

// feedback is a report as encoding/xml reads it.
type feedback struct {
	XMLName  xml.Name `xml:"feedback"`
	Metadata struct {
		OrgName  string `xml:"org_name"`
		Email    string `xml:"email"`
		ReportID string `xml:"report_id"`
		Begin    string `xml:"date_range>begin"`
		End      string `xml:"date_range>end"`
	} `xml:"report_metadata"`
	Policy struct {
		Domain string `xml:"domain"`
		P      string `xml:"p"`
		SP     string `xml:"sp"`
	} `xml:"policy_published"`
	Records []struct {
		SourceIP    string `xml:"row>source_ip"`
		Count       string `xml:"row>count"`
		Disposition string `xml:"row>policy_evaluated>disposition"`
		DKIM        string `xml:"row>policy_evaluated>dkim"`
		SPF         string `xml:"row>policy_evaluated>spf"`
		HeaderFrom  string `xml:"identifiers>header_from"`
		Results     []struct {
			Domain   string `xml:"domain"`
			Selector string `xml:"selector"`
			Result   string `xml:"result"`
			Human    string `xml:"human_result"`
		} `xml:"auth_results>dkim"`
	} `xml:"record"`
}

// theirs writes down what encoding/xml reads, in the words of ours.
func (f *feedback) theirs() string {
	clean := plaintext.String
	m, p := f.Metadata, f.Policy
	begin, _, _ := strings.Cut(strings.TrimLeft(clean(m.Begin), "0"), ".")
	lines := []string{fmt.Sprintf("%q %q %q %s %q %q %q", clean(m.OrgName), clean(m.Email), clean(m.ReportID), begin, clean(p.Domain), clean(p.P), clean(p.SP))}
	for _, r := range f.Records {
		line := fmt.Sprintf("%s %q %q %q %q", strings.TrimLeft(clean(r.Count), "0"), clean(r.Disposition), clean(r.DKIM), clean(r.SPF), clean(r.HeaderFrom))
		for _, d := range r.Results {
			if v := fmt.Sprintf(" %q %q %q %q", clean(d.Domain), clean(d.Selector), clean(d.Result), clean(d.Human)); v != ` "" "" "" ""` {
				line += v
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// ours writes down what this package reads.
func ours(r result) string {
	number := func(n int64) string { return strings.TrimLeft(fmt.Sprint(n), "0") }
	p := r.report.Policy
	lines := []string{fmt.Sprintf("%q %q %q %s %q %q %q", r.report.OrgName, r.report.Email, r.report.ReportID, number(r.report.Begin), p.DomainSent, p.P, p.SP)}
	for _, rec := range r.records {
		line := fmt.Sprintf("%s %q %q %q %q", number(rec.Count), rec.DispositionSent, rec.EvaluatedDKIM, rec.EvaluatedSPF, rec.HeaderFrom)
		for _, d := range rec.DKIM {
			line += fmt.Sprintf(" %q %q %q %q", d.Domain, d.Selector, d.Result, d.HumanResult)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// agreed are the repairs that are about what a value says: both readers read
// the same then. With any other the document is not as it should be.
var agreed = []string{
	string(dmarcrpt.RepairCleaned), string(dmarcrpt.RepairReporter), string(dmarcrpt.RepairLongPeriod), string(dmarcrpt.RepairAncient),
	string(dmarcrpt.RepairFuture), string(dmarcrpt.RepairFraction), string(dmarcrpt.RepairPolicyMissing), string(dmarcrpt.RepairPolicyValue),
	string(dmarcrpt.RepairReporterError), string(dmarcrpt.RepairReorderedReport), string(dmarcrpt.RepairNoRecords), string(dmarcrpt.RepairNoResult),
	string(dmarcrpt.RepairOddResult), string(dmarcrpt.RepairDisposition), string(dmarcrpt.RepairOutsideDomain), string(dmarcrpt.RepairNoHeaderFrom),
}

// FuzzAgreement holds the reader to encoding/xml: of a report that is as it
// should be, both read the same values, however they are written.
func FuzzAgreement(f *testing.F) {
	f.Add("R & D <x>", "r-1@x", "example.com", " s1\r\n", uint32(3), uint16(0))
	f.Add("été \u202e", "]]>", "News.Example.com.", "", uint32(0), uint16(0xffff))
	f.Add("\x00\x91", "a&amp;b", "", "'\"", uint32(1<<32-1), uint16(0x5555))
	f.Fuzz(func(t *testing.T, org, id, from, selector string, count uint32, style uint16) {
		w := writer{style: style}
		record := "<row>" + w.element("source_ip", "192.0.2.1") + w.element("count", fmt.Sprint(count)) + "<policy_evaluated>" + w.element("disposition", "none") +
			w.element("dkim", from) + w.element("spf", "fail") + "</policy_evaluated></row>" + w.space() + "<identifiers>" + w.element("header_from", from) +
			"</identifiers><auth_results>" + w.space() + "<dkim>" + w.element("domain", org) + w.element("selector", selector) + w.element("human_result", id) +
			"</dkim></auth_results>"
		metadata := "<report_metadata>" + w.element("org_name", org) + w.element("email", "d@receiver.example") + w.element("report_id", id) +
			"<date_range>" + w.element("begin", "1795132800") + w.element("end", "1795219199") + "</date_range></report_metadata>"
		policy := "<policy_published>" + w.element("domain", "example.com") + w.element("p", selector) + "</policy_published>"
		if w.next() {
			metadata, policy = policy, metadata
		}
		doc := w.space() + "<feedback>" + metadata + w.space() + policy + strings.Repeat("<record>"+record+"</record>"+w.space(), int(style%4)) + "</feedback>"
		if !wellFormed(doc) {
			t.Fatalf("not well formed: %q", doc)
		}
		if diff := agree(t, doc); diff != "" {
			t.Fatalf("%s\nof %q", diff, doc)
		}
	})
}

// writer writes XML in one of many ways: a bit of style decides each time.
type writer struct {
	style uint16
	n     int
}

func (w *writer) next() bool {
	w.n++
	return w.style>>(w.n%16)&1 == 1
}

func (w *writer) space() string {
	if w.next() {
		return "\r\n\t<!-- <count>9</count> -->  "
	}
	return ""
}

func (w *writer) element(name, value string) string {
	var b strings.Builder
	b.WriteString(w.space() + "<" + name)
	if w.next() {
		b.WriteString(` lang="en" `)
	}
	b.WriteString(">")
	if w.next() {
		b.WriteString("<![CDATA[]]>")
	}
	if err := xml.EscapeText(&b, []byte(value)); err != nil {
		panic(err)
	}
	if w.next() {
		b.WriteString("<?x y?></" + name + " >")
	} else {
		b.WriteString("</" + name + ">")
	}
	return b.String()
}

func TestAgreement(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		good, strings.Replace(good, "receiver.example<", "R &amp; &#68;<![CDATA[ <b>]]> <!-- -->x<", 1),
		strings.Replace(good, goodRecord, goodRecord+goodRecord+"\r\n<record>\n"+goodRow+"<!-- x -->"+goodIdentifiers+" "+goodAuth+"</record>", 1),
		`<feedback>` + goodRecord + goodPolicy + goodMetadata + `</feedback>`,
	} {
		if diff := agree(t, doc); diff != "" || !wellFormed(doc) {
			t.Error(diff)
		}
	}
}

// wellFormed tells the documents that are one report without namespaces, as
// far as encoding/xml is concerned.
func wellFormed(doc string) bool {
	return len(doc) < 20_000 && !strings.Contains(doc, "xmlns") && !strings.Contains(doc, "encoding") && !strings.Contains(doc, "<!D") &&
		xml.Unmarshal([]byte(doc), &feedback{}) == nil
}

func agree(t testing.TB, doc string) (difference string) {
	t.Helper()
	if !wellFormed(doc) {
		return ""
	}
	c := &collector{}
	if err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(strings.NewReader(doc), c, dmarcrpt.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(c.results) != 1 || c.results[0].refusal != nil {
		return ""
	}
	for _, repair := range codes(c.results[0].summary.Repairs) {
		if !slices.Contains(agreed, repair) {
			return ""
		}
	}
	var f feedback
	if err := xml.Unmarshal([]byte(doc), &f); err != nil {
		t.Fatal(err)
	}
	if a, b := ours(c.results[0]), f.theirs(); a != b {
		return "ours\n" + a + "\ntheirs\n" + b
	}
	return ""
}
