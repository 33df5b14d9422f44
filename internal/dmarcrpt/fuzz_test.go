package dmarcrpt_test

import (
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/dmarcrpt"
)

// FuzzRead demands of any input: no panic, one verdict a document, nothing
// that depends on where the stream is cut, and only text that may be stored.
func FuzzRead(f *testing.F) {
	f.Add(good)
	f.Add(good + good)
	f.Add(strings.TrimSuffix(good, ">"))
	f.Add("\xff\xfe<\x00f\x00")
	f.Add(`<feedback xmlns:x="urn:x"><x:a b='1'/><![CDATA[x]]>&#x41;&lt;<a@b>` + goodMetadata + goodPolicy + goodRecord)
	f.Fuzz(func(t *testing.T, doc string) {
		if len(doc) > 20_000 {
			return
		}
		whole, single := &collector{t: t}, &collector{t: t}
		if err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(strings.NewReader(doc), whole, dmarcrpt.Options{}); err != nil {
			t.Fatal(err)
		}
		if len(whole.results) == 0 {
			t.Fatal("no verdict")
		}
		err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(iotest.OneByteReader(strings.NewReader(doc)), single, dmarcrpt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, b := verdicts(whole.results), verdicts(single.results)
		if strings.Join(a, "|") != strings.Join(b, "|") {
			t.Fatalf("in one piece %q, byte by byte %q", a, b)
		}
		for _, r := range whole.results {
			for _, s := range []string{r.report.OrgName, r.report.ReportID, r.report.Policy.DomainSent, r.report.Email} {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\x1b\u202e") {
					t.Fatalf("text %q", s)
				}
			}
			for _, rec := range r.records {
				if !utf8.ValidString(rec.HeaderFrom) || strings.ContainsAny(rec.HeaderFrom, "\x00\n\x1b\u202e") ||
					rec.Count < 0 || !rec.SourceIP.IsValid() {
					t.Fatalf("record %+v", rec)
				}
			}
		}
	})
}
