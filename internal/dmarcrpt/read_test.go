package dmarcrpt_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
)

const (
	goodMetadata = `<report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email>` +
		`<report_id>r-1</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range></report_metadata>`
	goodPolicy = `<policy_published><domain>example.com</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>` +
		`<sp>none</sp><pct>100</pct></policy_published>`
	goodRow = `<row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>` +
		`<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>`
	goodIdentifiers = `<identifiers><header_from>example.com</header_from></identifiers>`
	goodAuth        = `<auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></dkim>` +
		`<spf><domain>bounce.example.com</domain><scope>mfrom</scope><result>fail</result></spf></auth_results>`
	goodRecord = `<record>` + goodRow + goodIdentifiers + goodAuth + `</record>`
	good       = `<?xml version="1.0"?>` + "\n" + `<feedback>` + goodMetadata + goodPolicy + goodRecord + `</feedback>`
)

// with replaces a piece of the good report, which must be there.
func with(t *testing.T, old, replacement string) string {
	t.Helper()
	if strings.Count(good, old) != 1 {
		t.Fatalf("%q stands %d times in the good report", old, strings.Count(good, old))
	}
	return strings.Replace(good, old, replacement, 1)
}

// result is what came of one document.
type result struct {
	report  *dmarcrpt.Report
	records []dmarcrpt.Record
	summary *dmarcrpt.Summary
	refusal *finding.Refusal
	begun   bool
}

// collector keeps everything and checks the order of calls.
type collector struct {
	t       *testing.T
	results []result
	open    result
}

func (c *collector) Begin(r *dmarcrpt.Report) error {
	if c.open.begun {
		c.t.Error("Begin twice for a report")
	}
	c.open.report, c.open.begun = r, true
	return nil
}

func (c *collector) Record(r *dmarcrpt.Record) error {
	if !c.open.begun {
		c.t.Error("Record before Begin")
	}
	held := *r
	held.DKIM, held.SPF, held.Reasons = slices.Clone(r.DKIM), slices.Clone(r.SPF), slices.Clone(r.Reasons)
	c.open.records = append(c.open.records, held)
	return nil
}

func (c *collector) End(s *dmarcrpt.Summary) error {
	if !c.open.begun {
		c.t.Error("End without Begin")
	}
	c.open.summary = s
	c.results, c.open = append(c.results, c.open), result{}
	return nil
}

func (c *collector) Refused(r *dmarcrpt.Report, refusal *finding.Refusal) error {
	c.open.report, c.open.refusal = r, refusal
	c.results, c.open = append(c.results, c.open), result{}
	return nil
}

// read reads a document twice, in one piece and byte by byte, and demands the
// same result: nothing may depend on where the stream is cut.
func read(t *testing.T, doc string, limits dmarcrpt.Limits) []result {
	t.Helper()
	whole, single := &collector{t: t}, &collector{t: t}
	opts := dmarcrpt.Options{Now: 1795219200}
	if err := dmarcrpt.NewReader(limited(limits)).Read(strings.NewReader(doc), whole, opts); err != nil {
		t.Fatal(err)
	}
	if len(doc) < 200_000 {
		if err := dmarcrpt.NewReader(limited(limits)).Read(iotest.OneByteReader(strings.NewReader(doc)), single, opts); err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(verdicts(whole.results)), fmt.Sprint(verdicts(single.results)); a != b {
			t.Errorf("in one piece: %s\nbyte by byte: %s", a, b)
		}
	}
	return whole.results
}

func verdicts(results []result) []string {
	var out []string
	for _, r := range results {
		if r.refusal != nil {
			out = append(out, string(r.refusal.Code))
			continue
		}
		out = append(out, fmt.Sprintf("%d/%d/%d/%d %x %v", r.summary.Records, r.summary.Messages, r.summary.Aligned,
			r.summary.BadRecords, r.summary.Digest[:4], codes(r.summary.Repairs)))
	}
	return out
}

func codes(repairs []finding.Repair) []string {
	out := []string{}
	for _, r := range repairs {
		out = append(out, string(r.Code))
	}
	return out
}

// one reads a stream that must hold one report.
func one(t *testing.T, doc string) result {
	t.Helper()
	results := read(t, doc, dmarcrpt.Limits{})
	if len(results) != 1 {
		t.Fatalf("%d reports, want 1: %v", len(results), verdicts(results))
	}
	return results[0]
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	latin := "<?xml version=\"1.0\" encoding=\"windows-1252\"?>" + strings.TrimPrefix(good, `<?xml version="1.0"?>`)
	tests := []struct {
		name, doc string
		repairs   string // codes joined by a space
	}{
		// Document level.
		{"as it should be", good, ""},
		{"version 1.0", with(t, "<feedback>", "<feedback><version>1.0</version>"), ""},
		{"version 0.1", with(t, "<feedback>", "<feedback><version>0.1</version>"), ""},
		{"no declaration", strings.TrimPrefix(good, `<?xml version="1.0"?>`+"\n"), ""},
		{"namespace 0.1", with(t, "<feedback>", `<feedback xmlns="http://dmarc.org/dmarc-xml/0.1">`), ""},
		{"namespace misspelt", with(t, "<feedback>", `<feedback xmlns="http//dmarc.org/dmarc-xml/0.1">`), ""},
		{"namespace 2.0", with(t, "<feedback>", `<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">`), ""},
		{"unheard-of namespace", with(t, "<feedback>", `<feedback xmlns="urn:example:else">`), "unknown_namespace"},
		{"prefixed root with schema location", strings.Replace(with(t, "<feedback>",
			`<d:feedback xmlns:d="http://dmarc.org/dmarc-xml/0.1" xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="http://dmarc.org/dmarc-xml/0.1 rua.xsd">`),
			"</feedback>", "</d:feedback>", 1), ""},
		{"windows-1252", strings.Replace(latin, "receiver.example<", "Caf\xe9<", 1), ""},
		{"us-ascii declared", strings.Replace(latin, "windows-1252", "US-ASCII", 1), ""},
		{"utf8 without hyphen", strings.Replace(latin, "windows-1252", "utf8", 1), ""},
		{"unknown encoding", strings.Replace(latin, "windows-1252", "x-klingon", 1), "unknown_encoding"},
		{"byte order mark", "\xef\xbb\xbf" + good, ""},
		{"UTF-16", utf16(good), ""},
		{"white space before the declaration", "\r\n  " + good, ""},
		{"white space and NUL after the root", good + "\r\n\x00\x00", ""},
		{"comment and processing instruction", with(t, "<feedback>", "<!-- <feedback> --><?xml-stylesheet href='http://evil.example/x.xsl'?><feedback>"), ""},
		{"text before the root", "Here is your report:\n" + good, "text_before_report"},
		{"unclosed schema tag", with(t, "<feedback>", `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><feedback>`), "stray_tag_before_report"},
		{"declaration without its second question mark", with(t, `"1.0"?>`, `"1.0">`), "broken_xml_declaration"},
		{"quote after the declaration", with(t, "\n<feedback>", "\"\n<feedback>"), "text_before_report"},
		{"text after the root", good + "\n-- \nmailing list\n", "text_after_report"},
		{"second end tag", good + "</feedback>", "text_after_report"},
		{"invalid UTF-8 in text", with(t, "<org_name>receiver.example", "<org_name>receiver\x91s"), "invalid_utf8"},
		{"unescaped address", with(t, "dmarc@receiver.example", "<dmarc@receiver.example>"), "unescaped_markup"},
		{"unescaped ampersand", with(t, "<org_name>receiver.example", "<org_name>R & D"), "unescaped_ampersand"},
		{"unknown entity is text", with(t, "<org_name>receiver.example", "<org_name>&nbsp;R"), "unescaped_ampersand"},
		{"last bracket missing", strings.TrimSuffix(good, ">"), "missing_final_bracket"},
		{"control character", with(t, "<org_name>receiver.example", "<org_name>re\x01ceiver"), "invisible_characters_removed"},
		{"bidi override", with(t, "<org_name>receiver.example", "<org_name>re\u202eceiver"), "invisible_characters_removed"},
		{"unknown element", with(t, "<p>none</p>", "<p>none</p><future>x</future>"), "unknown_element"},
		{"stray text", with(t, "</policy_published>", "</policy_published>oops"), "stray_text"},
		{"extension", with(t, "</policy_published>", "</policy_published><extension><x:a xmlns:x='urn:example:x'>1</x:a></extension>"), ""},
		{"CDATA", with(t, "<org_name>receiver.example", "<org_name><![CDATA[R & <D>]]>"), ""},
		// Metadata and policy.
		{"order of blocks", `<feedback>` + goodPolicy + goodMetadata + goodRecord + `</feedback>`, ""},
		{"date_range first", `<feedback><report_metadata><date_range><end>1795219199</end><begin>1795132800</begin></date_range>` +
			`<report_id>r-1</report_id><email>dmarc@receiver.example</email><org_name>receiver.example</org_name></report_metadata>` +
			goodPolicy + goodRecord + `</feedback>`, ""},
		{"empty org_name", with(t, "<org_name>receiver.example</org_name>", "<org_name></org_name>"), "reporter_from_email"},
		{"no org_name", with(t, "<org_name>receiver.example</org_name>", ""), "reporter_from_email"},
		{"begin is end", with(t, "1795219199", "1795132800"), ""},
		{"fractional seconds", with(t, "1795132800", "1795132800.0"), "fractional_date"},
		{"long period", with(t, "<begin>1795132800", "<begin>1790000000"), "long_period"},
		{"before 2000", with(t, "<begin>1795132800</begin><end>1795219199", "<begin>302832000</begin><end>302918399"), "period_before_2000"},
		{"in the future", with(t, "<begin>1795132800</begin><end>1795219199", "<begin>4102444800</begin><end>4102444800"), "period_in_the_future"},
		{"error element", with(t, "</date_range>", "</date_range><error>database down</error>"), "reporter_error"},
		{"no sp", with(t, "<sp>none</sp>", ""), ""},
		{"empty sp", with(t, "<sp>none</sp>", "<sp/>"), ""},
		{"sp nil", with(t, "<sp>none</sp>", "<sp>nil</sp>"), "unknown_policy_value"},
		{"no pct, adkim, aspf", with(t, "<adkim>r</adkim><aspf>r</aspf>", ""), ""},
		{"rf and ri", with(t, "<pct>100</pct>", "<pct>100</pct><rf>afrf</rf><ri>86400</ri>"), ""},
		{"np", with(t, "<pct>100</pct>", "<np>reject</np>"), ""},
		{"np banana", with(t, "<pct>100</pct>", "<np>banana</np>"), "unknown_policy_value"},
		{"no p", with(t, "<p>none</p>", ""), "policy_not_stated"},
		{"domain in capitals with dot", with(t, "<domain>example.com</domain><adkim>", "<domain>EXAMPLE.com.</domain><adkim>"), ""},
		{"same value twice", with(t, "<report_id>r-1</report_id>", "<report_id>r-1</report_id><report_id>r-1</report_id>"), "repeated_element"},
		// Records.
		{"no envelope_from", good, ""},
		{"identities", strings.ReplaceAll(good, "identifiers>", "identities>"), "identities_element"},
		{"dkim without selector", with(t, "<selector>s1</selector>", ""), ""},
		{"spf scope helo", with(t, "<scope>mfrom</scope>", "<scope>helo</scope>"), ""},
		{"empty auth_results", with(t, goodAuth, "<auth_results/>"), ""},
		{"spf hardfail", with(t, "<result>fail</result>", "<result>hardfail</result>"), ""},
		{"evaluated spf none", with(t, "<spf>fail</spf>", "<spf>none</spf>"), "evaluation_not_pass_or_fail"},
		{"evaluated spf missing", with(t, "<spf>fail</spf>", ""), "evaluation_missing"},
		{"capitals", with(t, "<dkim>pass</dkim>", "<dkim>Pass</dkim>"), ""},
		{"empty reason", with(t, "<spf>fail</spf>", "<spf>fail</spf><reason><type/></reason>"), ""},
		{"disposition 15", with(t, "<disposition>none", "<disposition>15"), "unknown_disposition"},
		{"disposition pass", with(t, "<disposition>none", "<disposition>pass"), ""},
		{"null report", with(t, "<source_ip>192.0.2.1</source_ip><count>3</count>", "<source_ip></source_ip><count>0</count>"), "empty_record"},
		{"no record", with(t, goodRecord, ""), "no_records"},
		{"one bad record", with(t, goodRecord, goodRecord+strings.Replace(goodRecord, "192.0.2.1", "bad-ip", 1)), "records_skipped"},
		{"header_from elsewhere", with(t, "<header_from>example.com", "<header_from>example.net"), "header_from_outside_domain"},
		{"header_from missing", with(t, goodIdentifiers, ""), "header_from_missing"},
		{"101 signatures", with(t, goodAuth, "<auth_results>"+strings.Repeat("<dkim><domain>a.example</domain><result>fail</result></dkim>", 101)+"</auth_results>"), ""},
		{"records before policy", `<feedback>` + goodRecord + goodMetadata + goodPolicy + `</feedback>`, "records_before_policy"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := one(t, test.doc)
			if r.refusal != nil {
				t.Fatalf("refused: %v", r.refusal)
			}
			if got := strings.Join(codes(r.summary.Repairs), " "); got != test.repairs {
				t.Errorf("repairs %q, want %q", got, test.repairs)
			}
			for _, repair := range r.summary.Repairs {
				if dmarcrpt.RepairSentence(repair.Code) == "" {
					t.Errorf("no sentence for %s", repair.Code)
				}
			}
		})
	}
}

func utf16(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	count := func(c string) string { return with(t, "<count>3</count>", "<count>"+c+"</count>") }
	tests := []struct {
		name, doc string
		want      finding.Code
	}{
		{"nothing", "", dmarcrpt.RefusedNotXML},
		{"a word", "unused", dmarcrpt.RefusedNotXML},
		{"another document", "<html><body/></html>", dmarcrpt.RefusedNotReport},
		{"root wrapped", "<wrapper>" + good[21:] + "</wrapper>", dmarcrpt.RefusedNotReport},
		{"cut inside a record", good[:len(good)-60], dmarcrpt.RefusedTruncated},
		{"cut inside the last tag", good[:len(good)-4], dmarcrpt.RefusedTruncated},
		{"bracket missing with a record open", strings.TrimSuffix(good, "></feedback>"), dmarcrpt.RefusedTruncated},
		{"mismatched tags", with(t, "</row>", "</raw>"), dmarcrpt.RefusedMalformed},
		{"DTD", with(t, "<feedback>", `<!DOCTYPE feedback SYSTEM "http://evil.example/x.dtd"><feedback>`), dmarcrpt.RefusedDTD},
		{"billion laughs", `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><feedback>&lol2;</feedback>`, dmarcrpt.RefusedDTD},
		{"DTD after the report", good + "<!DOCTYPE x>", dmarcrpt.RefusedDTD},
		{"long text", with(t, "<org_name>receiver.example", "<org_name>"+strings.Repeat("a", 70_000)), dmarcrpt.RefusedTooLong},
		{"long attribute", with(t, "<org_name>", `<org_name lang="`+strings.Repeat("a", 70_000)+`">`), dmarcrpt.RefusedTooLong},
		{"long comment", with(t, "<org_name>", "<!--"+strings.Repeat("a", 70_000)+"--><org_name>"), dmarcrpt.RefusedTooLong},
		{"many attributes", with(t, "<org_name>", "<org_name"+strings.Repeat(` a="1"`, 100)+">"), dmarcrpt.RefusedAttributes},
		{"broken attribute", with(t, "<org_name>", "<org_name a=1>"), dmarcrpt.RefusedMalformed},
		{"deep", with(t, "<sp>none</sp>", deep), dmarcrpt.RefusedTooDeep},
		{"no report_metadata", with(t, goodMetadata, ""), dmarcrpt.RefusedNoMetadata},
		{"no policy_published", with(t, goodPolicy, ""), dmarcrpt.RefusedNoPolicy},
		{"no reporter", with(t, "<org_name>receiver.example</org_name><email>dmarc@receiver.example</email>", ""), dmarcrpt.RefusedNoReporter},
		{"no report id", with(t, "<report_id>r-1</report_id>", ""), dmarcrpt.RefusedNoID},
		{"invalid UTF-8 in the id", with(t, "r-1", "r\x91"), dmarcrpt.RefusedBadID},
		{"no policy domain", with(t, "<domain>example.com</domain><adkim>", "<adkim>"), dmarcrpt.RefusedNoDomain},
		{"invalid UTF-8 in the domain", with(t, "<domain>example.com</domain><adkim>", "<domain>ex\x91ample.com</domain><adkim>"), dmarcrpt.RefusedBadDomain},
		{"zero width in the domain", with(t, "<domain>example.com</domain><adkim>", "<domain>exam\u200bple.com</domain><adkim>"), dmarcrpt.RefusedBadDomain},
		{"markup in the domain", with(t, "<domain>example.com</domain><adkim>", "<domain>&lt;script&gt;</domain><adkim>"), dmarcrpt.RefusedBadDomain},
		{"address as domain", with(t, "<domain>example.com</domain><adkim>", "<domain>192.0.2.1</domain><adkim>"), dmarcrpt.RefusedBadDomain},
		{"no begin", with(t, "<begin>1795132800</begin>", ""), dmarcrpt.RefusedNoPeriod},
		{"begin is a word", with(t, "1795132800", "yesterday"), dmarcrpt.RefusedBadPeriod},
		{"negative begin", with(t, "1795132800", "-5"), dmarcrpt.RefusedBadPeriod},
		{"milliseconds", with(t, "1795219199", "1795219199000"), dmarcrpt.RefusedBadPeriod},
		{"10^20", with(t, "1795219199", "100000000000000000000"), dmarcrpt.RefusedBadPeriod},
		{"end before begin", with(t, "1795219199", "1795132799"), dmarcrpt.RefusedReverse},
		{"two ids", with(t, "<report_id>r-1</report_id>", "<report_id>r-1</report_id><report_id>r-2</report_id>"), dmarcrpt.RefusedContradiction},
		{"two domains", with(t, goodPolicy, goodPolicy+strings.Replace(goodPolicy, "example.com", "example.net", 1)), dmarcrpt.RefusedContradiction},
		{"no usable record", with(t, "192.0.2.1", "bad-ip"), dmarcrpt.RefusedNoUsable},
		{"record without row", with(t, goodRow, ""), dmarcrpt.RefusedNoUsable},
		{"two rows", with(t, goodRow, goodRow+goodRow), dmarcrpt.RefusedNoUsable},
		{"two counts", with(t, "<count>3</count>", "<count>3</count><count>4</count>"), dmarcrpt.RefusedNoUsable},
		{"octal address", with(t, "192.0.2.1", "192.0.02.1"), dmarcrpt.RefusedNoUsable},
		{"address with zone", with(t, "192.0.2.1", "fe80::1%eth0"), dmarcrpt.RefusedNoUsable},
		{"zero width in the address", with(t, "192.0.2.1", "192.0.2\u200b.1"), dmarcrpt.RefusedNoUsable},
		{"negative count", count("-1"), dmarcrpt.RefusedNoUsable},
		{"signed count", count("+5"), dmarcrpt.RefusedNoUsable},
		{"count 2^63-1", count("9223372036854775807"), dmarcrpt.RefusedNoUsable},
		{"count 10^26", count("100000000000000000000000000"), dmarcrpt.RefusedNoUsable},
		{"count 1e3", count("1e3"), dmarcrpt.RefusedNoUsable},
		{"count 0x10", count("0x10"), dmarcrpt.RefusedNoUsable},
		{"count with comma", count("1,000"), dmarcrpt.RefusedNoUsable},
		{"empty count", count(""), dmarcrpt.RefusedNoUsable},
		{"count NaN", count("NaN"), dmarcrpt.RefusedNoUsable},
		{"Arabic digit", count("\u0663"), dmarcrpt.RefusedNoUsable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := one(t, test.doc)
			if r.refusal == nil {
				t.Fatalf("accepted: %v", verdicts([]result{r}))
			}
			if r.refusal.Code != test.want || r.refusal.Sentence == "" {
				t.Errorf("refused as %s (%q), want %s", r.refusal.Code, r.refusal.Sentence, test.want)
			}
		})
	}
}

var errStop = errors.New("stop")

func TestHandlerErrorIsReturned(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"begin", "record", "end"} {
		err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(strings.NewReader(good), &stopper{at}, dmarcrpt.Options{})
		if !errors.Is(err, errStop) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

type stopper struct{ at string }

func (s *stopper) stop(at string) error {
	if s.at == at {
		// A refusal from a handler must not be taken for one of the reader's.
		return errors.Join(errStop, &finding.Refusal{Code: "handler"})
	}
	return nil
}
func (s *stopper) Begin(*dmarcrpt.Report) error                     { return s.stop("begin") }
func (s *stopper) Record(*dmarcrpt.Record) error                    { return s.stop("record") }
func (s *stopper) End(*dmarcrpt.Summary) error                      { return s.stop("end") }
func (s *stopper) Refused(*dmarcrpt.Report, *finding.Refusal) error { return s.stop("refused") }
