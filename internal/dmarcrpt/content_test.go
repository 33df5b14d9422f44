package dmarcrpt_test

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
)

func TestEverythingIsKept(t *testing.T) {
	t.Parallel()
	doc := `<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name> Receiver  Inc. </org_name><email>dmarc@receiver.example</email>
<extra_contact_info xml:lang="de">https://receiver.example</extra_contact_info><report_id>a@b</report_id>
<date_range><begin>1795132800</begin><end>1795219199</end></date_range>
<error lang="en">late</error><error>later</error><generator>gen 1.2</generator></report_metadata>
<policy_published><domain>B&#252;cher.example.</domain><adkim>s</adkim><aspf>r</aspf><p>Quarantine</p><np>reject</np>
<fo>1:d</fo><testing>y</testing><discovery_method>treewalk</discovery_method></policy_published>
<record><row><source_ip>::ffff:192.0.2.1</source_ip><count>0005</count><policy_evaluated><disposition>Pass</disposition>
<dkim>PASS</dkim><spf>fail</spf><reason><type>local_policy</type><comment lang="fr">été</comment></reason>
<reason><type>other</type></reason></policy_evaluated></row>
<identifiers><header_from>mail.xn--bcher-kva.example</header_from><envelope_from/><envelope_to>receiver.example</envelope_to></identifiers>
<auth_results><dkim><result>pass</result><selector>s1</selector><domain>d1.example</domain><human_result lang="en">fine</human_result></dkim>
<dkim><domain/><result/></dkim><dkim><domain>d2.example</domain><result>fail</result></dkim>
<spf><domain>e.example</domain><scope>helo</scope><result>softfail</result><human_result xml:lang="de">nein</human_result></spf>
<spf><domain>f.example</domain><result>none</result></spf></auth_results></record></feedback>`
	r := one(t, doc)
	if r.refusal != nil {
		t.Fatal(r.refusal)
	}
	wantReport := &dmarcrpt.Report{
		Namespace: dmarcrpt.Namespace2, Version: "1.0", OrgName: "Receiver  Inc.", Email: "dmarc@receiver.example",
		ExtraContactInfo: "https://receiver.example", ContactLang: "de", ReportID: "a@b", Generator: "gen 1.2",
		Errors: []dmarcrpt.Note{{Text: "late", Lang: "en"}, {Text: "later"}},
		Begin:  1795132800, End: 1795219199,
		Policy: dmarcrpt.Policy{Domain: "xn--bcher-kva.example", DomainSent: "Bücher.example.", ADKIM: "s", ASPF: "r",
			P: "Quarantine", NP: "reject", FO: "1:d", Testing: "y", DiscoveryMethod: "treewalk"},
	}
	if diff := cmp.Diff(wantReport, r.report); diff != "" {
		t.Error(diff)
	}
	if !r.report.RFC9990() {
		t.Error("not recognised as RFC 9990")
	}
	wantRecords := []dmarcrpt.Record{{
		Seq: 1, SourceIP: netip.MustParseAddr("192.0.2.1"), Count: 5,
		Disposition: dmarcrpt.DispositionPass, DispositionSent: "Pass", EvaluatedDKIM: "PASS", EvaluatedSPF: "fail",
		Reasons:    []dmarcrpt.Reason{{Type: "local_policy", Comment: "été", CommentLang: "fr"}, {Type: "other"}},
		HeaderFrom: "mail.xn--bcher-kva.example", HasEnvelopeFrom: true, EnvelopeTo: "receiver.example",
		DKIM: []dmarcrpt.DKIMResult{{Domain: "d1.example", Selector: "s1", Result: "pass", HumanResult: "fine", HumanLang: "en"},
			{Domain: "d2.example", Result: "fail"}},
		SPF: []dmarcrpt.SPFResult{{Domain: "e.example", Scope: "helo", Result: "softfail", HumanResult: "nein", HumanLang: "de"},
			{Domain: "f.example", Result: "none"}},
	}}
	if diff := cmp.Diff(wantRecords, r.records, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	wantPolicy := dmarcrpt.Effective{P: "quarantine", SP: "quarantine", NP: "reject", ADKIM: "s", ASPF: "r", Pct: 100, FO: "1:d", Testing: true, Discovery: "treewalk"}
	if diff := cmp.Diff(wantPolicy, r.report.Policy.Effective()); diff != "" {
		t.Error(diff)
	}
	if r.summary.Messages != 5 || r.summary.Aligned != 5 {
		t.Errorf("%d messages, %d aligned, want 5 and 5", r.summary.Messages, r.summary.Aligned)
	}
}

func TestExtensionsAreKept(t *testing.T) {
	t.Parallel()
	doc := strings.NewReplacer("</policy_published>", `</policy_published><extension><x:scan xmlns:x="urn:example:x" level="2"><x:score>7 &amp; up</x:score>`+
		`<x:list><x:item>a</x:item><x:item><![CDATA[<b>]]></x:item></x:list>tail</x:scan><empty/></extension>`,
		"</auth_results>", `</auth_results><y:seen xmlns:y="urn:example:y">  twice&#x202e; </y:seen><novelty><part>new</part></novelty>`,
		"<count>3</count>", "<count>3<nested>inside</nested></count>").Replace(good)
	want := []dmarcrpt.Extension{
		{Name: "extension/x:scan/x:score", Text: "7 & up"},
		{Name: "extension/x:scan/@level", Text: "2"},
		{Name: "extension/x:scan/x:list/x:item", Text: "a"},
		{Name: "extension/x:scan/x:list/x:item", Text: "<b>"},
		{Name: "extension/x:scan", Text: "tail"},
		{Name: "extension/empty"},
		{Record: 1, Name: "nested", Text: "inside"},
		{Record: 1, Name: "y:seen", Text: "twice"},
		{Record: 1, Name: "novelty/part", Text: "new"},
	}
	r := one(t, doc)
	if r.refusal != nil {
		t.Fatal(r.refusal)
	}
	if diff := cmp.Diff(want, r.summary.Extensions); diff != "" || r.summary.MoreExtensions != 0 {
		t.Error(diff, r.summary.MoreExtensions)
	}
}

func TestExtensionsAreBounded(t *testing.T) {
	t.Parallel()
	record := strings.Replace(goodRecord, "</record>", "<x:a xmlns:x='urn:example:x'>"+strings.Repeat("é", 1000)+"</x:a></record>", 1)
	s := one(t, with(t, goodRecord, strings.Repeat(record, 300))).summary
	if len(s.Extensions) != 100 || s.MoreExtensions != 200 {
		t.Errorf("%d kept, %d more", len(s.Extensions), s.MoreExtensions)
	}
	if e := s.Extensions[99]; e.Record != 100 || e.Text != strings.Repeat("é", 250) {
		t.Errorf("%+v", e)
	}
}

func TestEnvelopeFromAndReasons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sent    string
		present bool
		value   string
	}{
		"absent": {"", false, ""}, "empty": {"<envelope_from></envelope_from>", true, ""}, "closed at once": {"<envelope_from/>", true, ""},
		"stated": {"<envelope_from>b.example.com</envelope_from>", true, "b.example.com"},
	} {
		rec := one(t, with(t, "<header_from>", test.sent+"<header_from>")).records[0]
		if rec.HasEnvelopeFrom != test.present || rec.EnvelopeFrom != test.value {
			t.Errorf("%s: %t %q", name, rec.HasEnvelopeFrom, rec.EnvelopeFrom)
		}
	}
	var sent strings.Builder
	var want []dmarcrpt.Reason
	for _, kind := range []string{"forwarded", "sampled_out", "trusted_forwarder", "mailing_list", "local_policy", "policy_test_mode", "other", "unheard_of"} {
		sent.WriteString(`<reason><comment lang="en">why</comment><type>` + kind + `</type></reason>`)
		want = append(want, dmarcrpt.Reason{Type: kind, Comment: "why", CommentLang: "en"})
	}
	sent.WriteString("<reason><type>other</type><comment>plain</comment></reason>")
	want = append(want, dmarcrpt.Reason{Type: "other", Comment: "plain"})
	rec := one(t, with(t, "<spf>fail</spf>", "<spf>fail</spf>"+sent.String())).records[0]
	if diff := cmp.Diff(want, rec.Reasons); diff != "" {
		t.Error(diff)
	}
}

func TestFlavour(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		doc  string
		want bool
	}{
		"plain":       {good, false},
		"np alone":    {with(t, "<pct>100</pct>", "<np>none</np>"), false},
		"envelope_to": {with(t, "<header_from>", "<envelope_to>receiver.example</envelope_to><header_from>"), false},
		"namespace":   {with(t, "<feedback>", `<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">`), true},
		"old one":     {with(t, "<feedback>", `<feedback xmlns="http://dmarc.org/dmarc-xml/0.2">`), false},
		"testing":     {with(t, "<pct>100</pct>", "<testing>n</testing>"), true},
		"discovery":   {with(t, "<pct>100</pct>", "<discovery_method>psl</discovery_method>"), true},
		"generator":   {with(t, "</date_range>", "</date_range><generator>g</generator>"), true},
	} {
		if got := one(t, test.doc).report.RFC9990(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// Elements that only look like ours must not be read: an attacker, or just a
// careless extension, would otherwise overwrite what a record says.
func TestLookalikes(t *testing.T) {
	t.Parallel()
	attack := `<source_ip>198.51.100.9</source_ip><count>999</count><domain>evil.example</domain>`
	for name, doc := range map[string]string{
		"extension in the row":       with(t, "<count>3</count>", "<count>3</count><extension>"+attack+"</extension>"),
		"extension in the record":    with(t, goodIdentifiers, goodIdentifiers+"<extension><row>"+attack+"</row></extension>"),
		"foreign default namespace":  with(t, "<count>3</count>", `<count>3</count><x xmlns="urn:example:x">`+attack+`</x>`),
		"foreign element itself":     with(t, "<count>3</count>", `<count>3</count><source_ip xmlns="urn:example:x">198.51.100.9</source_ip>`),
		"foreign prefix":             with(t, "<count>3</count>", `<count>3</count><x:count xmlns:x="urn:example:x">999</x:count>`),
		"foreign prefix from root":   strings.Replace(with(t, "<count>3</count>", `<count>3</count><x:count>999</x:count>`), "<feedback>", `<feedback xmlns:x="urn:example:x">`, 1),
		"undeclared prefix":          with(t, "<count>3</count>", `<count>3</count><x:count>999</x:count>`),
		"foreign, DMARC inside":      with(t, "<count>3</count>", `<count>3</count><x:e xmlns:x="urn:example:x"><count xmlns="http://dmarc.org/dmarc-xml/0.1">999</count></x:e>`),
		"lookalike in policy":        with(t, "<pct>100</pct>", `<pct>100</pct><extension><domain>evil.example</domain></extension>`),
		"unknown wrapper":            with(t, "<count>3</count>", "<count>3</count><more>"+attack+"</more>"),
		"element inside a value":     with(t, "<count>3</count>", "<count>3<count>999</count></count>"),
		"row in a comment and CDATA": with(t, "<count>3</count>", "<!--<count>999</count>--><count><![CDATA[3]]></count>"),
	} {
		r := one(t, doc)
		if r.refusal != nil {
			t.Errorf("%s: %v", name, r.refusal)
			continue
		}
		rec := r.records[0]
		if rec.Count != 3 || rec.SourceIP.String() != "192.0.2.1" || r.report.Policy.Domain != "example.com" {
			t.Errorf("%s: count %d, source %s, domain %s", name, rec.Count, rec.SourceIP, r.report.Policy.Domain)
		}
	}
}

func TestSeveralReportsInOneStream(t *testing.T) {
	t.Parallel()
	second := strings.Replace(good, "r-1", "r-2", 1)
	noID := strings.Replace(good, "<report_id>r-1</report_id>", "", 1)
	for name, test := range map[string]struct {
		doc  string
		want []string // report id, or the code of the refusal
	}{
		"two":                    {good + "\n" + second, []string{"r-1", "r-2"}},
		"with a byte order mark": {good + "\xef\xbb\xbf" + second, []string{"r-1", "r-2"}},
		"refused first":          {noID + second, []string{string(dmarcrpt.RefusedNoID), "r-2"}},
		"refused second":         {good + noID, []string{"r-1", string(dmarcrpt.RefusedNoID)}},
		"cut second":             {good + second[:200], []string{"r-1", string(dmarcrpt.RefusedTruncated)}},
	} {
		var got []string
		for _, r := range read(t, test.doc, dmarcrpt.Limits{}) {
			if r.refusal != nil {
				got = append(got, string(r.refusal.Code))
			} else {
				got = append(got, r.report.ReportID)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// A damaged end of the source must not come to light only after the first of
// several reports was declared complete.
func TestVerifyBeforeFirstEnd(t *testing.T) {
	t.Parallel()
	c := &collector{t: t}
	damaged := &finding.Refusal{Code: "damaged"}
	err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(strings.NewReader(good+good), c,
		dmarcrpt.Options{Verify: func() error { return damaged }})
	if err != nil || len(c.results) != 1 || c.results[0].refusal != damaged {
		t.Errorf("%v, %+v", err, c.results)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func TestSourceFails(t *testing.T) {
	t.Parallel()
	broken := fmt.Errorf("disk: %w", io.ErrClosedPipe)
	damaged := &finding.Refusal{Code: "checksum"}
	for _, doc := range []string{good, good[:300], good + "\n  "} {
		c := &collector{t: t}
		err := dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(io.MultiReader(strings.NewReader(doc), failingReader{broken}), c, dmarcrpt.Options{})
		if err == nil || len(c.results) != 0 {
			t.Errorf("failure of the source: error %v, %d verdicts", err, len(c.results))
		}
		c = &collector{t: t}
		err = dmarcrpt.NewReader(limited(dmarcrpt.Limits{})).Read(io.MultiReader(strings.NewReader(doc), failingReader{damaged}), c, dmarcrpt.Options{})
		if err != nil || len(c.results) != 1 || c.results[0].refusal != damaged {
			t.Errorf("damage of the source: error %v, %+v", err, c.results)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	many := with(t, goodRecord, strings.Repeat(goodRecord, 11))
	early := `<feedback>` + strings.Repeat(goodRecord, 11) + goodMetadata + goodPolicy + `</feedback>`
	for name, test := range map[string]struct {
		doc    string
		limits dmarcrpt.Limits
		want   finding.Code
	}{
		"records":          {many, dmarcrpt.Limits{Records: 10}, dmarcrpt.RefusedManyRecords},
		"records allowed":  {many, dmarcrpt.Limits{Records: 11}, ""},
		"early":            {early, dmarcrpt.Limits{EarlyRecords: 10}, dmarcrpt.RefusedEarlyRecords},
		"early allowed":    {early, dmarcrpt.Limits{EarlyRecords: 11}, ""},
		"depth":            {good, dmarcrpt.Limits{Depth: 4}, dmarcrpt.RefusedTooDeep},
		"documents":        {good + good + good, dmarcrpt.Limits{Documents: 1}, dmarcrpt.RefusedManyReports},
		"sum":              {strings.ReplaceAll(many, "<count>3<", "<count>9223372036854775807<"), dmarcrpt.Limits{Count: 1<<63 - 1, Messages: 1<<63 - 1}, dmarcrpt.RefusedSum},
		"messages":         {many, dmarcrpt.Limits{Messages: 32}, dmarcrpt.RefusedSum},
		"messages allowed": {many, dmarcrpt.Limits{Messages: 33}, ""},
	} {
		r := read(t, test.doc, test.limits)[0]
		var got finding.Code
		if r.refusal != nil {
			got = r.refusal.Code
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestBadRecordsAreListed(t *testing.T) {
	t.Parallel()
	bad := func(old, replacement string) string { return strings.Replace(goodRecord, old, replacement, 1) }
	r := one(t, with(t, goodRecord, goodRecord+bad("192.0.2.1", "bad-ip")+bad("<count>3", "<count>x")+goodRecord))
	want := []dmarcrpt.BadRecord{{Seq: 2, Code: dmarcrpt.BadSource, Detail: "bad-ip", Messages: 3}, {Seq: 3, Code: dmarcrpt.BadCount, Detail: "x"}}
	if diff := cmp.Diff(want, r.summary.Bad); diff != "" {
		t.Error(diff)
	}
	if s := r.summary; s.Records != 4 || s.BadRecords != 2 || s.Messages != 6 || r.records[1].Seq != 4 {
		t.Errorf("%+v", s)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(doc string) string { return fmt.Sprintf("%x", one(t, doc).summary.Digest) }
	same := digest(good)
	if got := digest(strings.ReplaceAll(good, "><", ">\r\n\t<")); got != same {
		t.Error("white space changes the digest")
	}
	for name, doc := range map[string]string{
		"count":    with(t, "<count>3<", "<count>4<"),
		"selector": with(t, "<selector>s1<", "<selector>s2<"),
		"begin":    with(t, "<begin>1795132800", "<begin>1795132801"),
		"moved":    with(t, "<domain>bounce.example.com</domain><scope>mfrom</scope>", "<domain>bounce.example.commfrom</domain><scope></scope>"),
	} {
		if digest(doc) == same {
			t.Errorf("%s does not change the digest", name)
		}
	}
}

func TestReportedDay(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	at := func(hours int) int64 { return day.Add(time.Duration(hours) * time.Hour).Unix() }
	for _, test := range []struct {
		begin, end int64
		want       time.Time
	}{
		{at(0), at(24), day},
		{at(0), at(24) - 1, day},
		{at(0), at(0), day},
		{at(12), at(12), day},
		{at(-12), at(12), day}, // the middle is midnight: the day that begins
		{at(-12), at(12) - 2, day.Add(-24 * time.Hour)},
		{at(12), at(36) - 1, day},
		{at(22), at(46), day.Add(24 * time.Hour)},
		{0, 0, time.Unix(0, 0).UTC()},
	} {
		r := dmarcrpt.Report{Begin: test.begin, End: test.end}
		if got := r.ReportedDay(); !got.Equal(test.want) {
			t.Errorf("%d to %d: %s, want %s", test.begin, test.end, got, test.want)
		}
	}
}

func TestEffectiveDefaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sent dmarcrpt.Policy
		want dmarcrpt.Effective
	}{
		{dmarcrpt.Policy{P: "reject"}, dmarcrpt.Effective{P: "reject", SP: "reject", NP: "reject", ADKIM: "r", ASPF: "r", Pct: 100, FO: "0"}},
		{dmarcrpt.Policy{P: "none", SP: "nil"}, dmarcrpt.Effective{P: "none", SP: "none", NP: "none", ADKIM: "r", ASPF: "r", Pct: 100, FO: "0"}},
		{dmarcrpt.Policy{P: "none", SP: "reject"}, dmarcrpt.Effective{P: "none", SP: "reject", NP: "reject", ADKIM: "r", ASPF: "r", Pct: 100, FO: "0"}},
		{dmarcrpt.Policy{P: "none", Pct: "50", ASPF: "S"}, dmarcrpt.Effective{P: "none", SP: "none", NP: "none", ADKIM: "r", ASPF: "s", Pct: 50, FO: "0"}},
		{dmarcrpt.Policy{Pct: "500"}, dmarcrpt.Effective{ADKIM: "r", ASPF: "r", Pct: 100, FO: "0"}},
	} {
		if diff := cmp.Diff(test.want, test.sent.Effective()); diff != "" {
			t.Errorf("%+v: %s", test.sent, diff)
		}
	}
}
