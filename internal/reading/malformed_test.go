package reading_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/reporttest"
)

// The malformations of aggregate reports that reporters are known to send.

func TestDocuments(t *testing.T) {
	t.Parallel()
	latin := strings.Replace(good, "UTF-8", "windows-1252", 1)
	prefixed := strings.NewReplacer("<feedback>", `<dm:feedback xmlns:dm="http://dmarc.org/dmarc-xml/0.1" `+
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://dmarc.org/dmarc-xml/0.1 rua.xsd">`,
		"</feedback>", "</dm:feedback>").Replace(good)
	namespace := func(uri string) fixture {
		return changed(t, "namespace "+uri, "<feedback>", `<feedback xmlns="`+uri+`">`)
	}
	golden(t, "documents", good, []fixture{
		{"as it should be", good},
		changed(t, "no version", "<version>1.0</version>", ""),
		changed(t, "version 0.1", "<version>1.0", "<version>0.1"),
		changed(t, "version 0", "<version>1.0", "<version>0"),
		changed(t, "version 2.0", "<version>1.0", "<version>2.0"),
		namespace("http://dmarc.org/dmarc-xml/0.1"),
		namespace("http://dmarc.org/dmarc-xml/0.2"),
		namespace("http//dmarc.org/dmarc-xml/0.1"),
		namespace("urn:ietf:params:xml:ns:dmarc-2.0"),
		namespace("urn:example:other"),
		{"prefixed root and schemaLocation", prefixed},
		{"encoding windows-1252", strings.Replace(latin, "receiver.example<", "Caf\xe9 \x93R\x94<", 1)},
		{"encoding unheard of", strings.Replace(good, "UTF-8", "x-unheard-of", 1)},
		{"byte order mark", "\xef\xbb\xbf" + good},
		{"UTF-16", utf16(good)},
		changed(t, "invalid byte in text", "<org_name>receiver.example", "<org_name>receiver\x91s"),
		changed(t, "invalid byte in the policy domain", "<domain>example.com</domain><adkim>", "<domain>exa\x91mple.com</domain><adkim>"),
		changed(t, "invalid byte in the report id", "r-1", "r\x91"),
		changed(t, "invalid byte in the only address", "192.0.2.1", "192.0.2.1\x91"),
		second(t, "invalid byte in an address", "192.0.2.1", "192.0.2.1\x91"),
		{"white space before the declaration", "\r\n  " + good},
		{"text before the root", "Your report follows.\n" + good},
		changed(t, "unclosed schema tag before the root", "<feedback>", `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><feedback>`),
		changed(t, "quote after the declaration", "?>", `?>"`),
		changed(t, "declaration without its second question mark", `"UTF-8"?>`, `"UTF-8">`),
		changed(t, "unescaped address", "dmarc@receiver.example", "<dmarc@receiver.example>"),
		changed(t, "unescaped name and address", "dmarc@receiver.example", "Reports <dmarc@receiver.example>"),
		changed(t, "unescaped ampersand", "<org_name>receiver.example", "<org_name>R & D, Ltd"),
		{"last bracket missing", strings.TrimSuffix(good, ">")},
		{"last bracket missing, record open", strings.TrimSuffix(good, "></feedback>")},
		{"cut inside a record", good[:len(good)-80]},
		{"cut before the end tag", strings.TrimSuffix(good, "</feedback>")},
		{"several documents", good + "\n" + strings.Replace(good, "r-1", "r-2", 1) + strings.Replace(good, "r-1", "r-3", 1)},
		{"several documents, the second cut", good + "\n" + strings.Replace(good, "r-1", "r-2", 1)[:500]},
		changed(t, "elements in another order", goodMetadata+goodPolicy, goodPolicy+`<report_metadata><date_range><end>1795219199</end>`+
			`<begin>1795132800</begin></date_range><report_id>r-1</report_id><email>dmarc@receiver.example</email><org_name>receiver.example</org_name></report_metadata>`),
		changed(t, "records first", goodMetadata+goodPolicy+goodRecord, goodRecord+goodMetadata+goodPolicy),
		{"the word unused", string(reporttest.Gzip([]byte("unused")))},
		{"DTD", change(t, good, "\n<feedback>", "<!DOCTYPE feedback>\n<feedback>")},
		{"DTD with entities", declaration + `<!DOCTYPE feedback [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>`},
		{"external entity", declaration + `<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>`},
		{"parameter entity", declaration + `<!DOCTYPE feedback [<!ENTITY % p SYSTEM "http://192.0.2.9/p.dtd"> %p;]>` + goodMetadata},
		{"stylesheet and XInclude", change(t, change(t, good, "\n<feedback>", `<?xml-stylesheet href="http://192.0.2.9/x.xsl"?><feedback>`), "<version>",
			`<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><version>`)},
		{"another XML document", declaration + "<html><body/></html>"},
	})
}

func utf16(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestMetadataAndPolicy(t *testing.T) {
	t.Parallel()
	period := func(name, begin, end string) fixture {
		return changed(t, name, "<begin>1795132800</begin><end>1795219199</end>", "<begin>"+begin+"</begin><end>"+end+"</end>")
	}
	domain := func(name, sent string) fixture {
		return changed(t, name, "<domain>example.com</domain><adkim>", "<domain>"+sent+"</domain><adkim>")
	}
	golden(t, "metadata", good, []fixture{
		changed(t, "empty org_name", "<org_name>receiver.example</org_name>", "<org_name/>"),
		changed(t, "no org_name, no email", "<org_name>receiver.example</org_name><email>dmarc@receiver.example</email>", ""),
		changed(t, "empty org_name, invalid byte in the email", "<org_name>receiver.example</org_name><email>dmarc@receiver.example", "<org_name/><email>dmarc@recei\x91ver.example"),
		period("begin is end", "1795132800", "1795132800"),
		period("four and a half hours", "1795132800", "1795149000"),
		period("seven days", "1795132800", "1795737600"),
		period("201 days", "1777766400", "1795132800"),
		period("fractional seconds", "1795132800.0", "1795219199.75"),
		period("white space", " 1795132800\n", "\t1795219199 "),
		period("begin empty", "", "1795219199"),
		period("begin in words", "Fri, 20 Nov 2026", "1795219199"),
		changed(t, "no begin", "<begin>1795132800</begin>", ""),
		period("negative", "-1", "1795219199"),
		period("milliseconds", "1795132800000", "1795219199000"),
		period("10^20", "100000000000000000000", "100000000000000000000"),
		period("end before begin", "1795219199", "1795132800"),
		period("1970", "0", "86399"),
		period("1979, as in the RFC's sample", "302832000", "302918399"),
		period("2100", "4102444800", "4102531199"),
		changed(t, "error element", "</date_range>", `</date_range><error>Lost an hour of logs.</error>`),
		changed(t, "no sp", "<sp>none</sp>", ""),
		changed(t, "empty sp", "<p>none</p><sp>none</sp>", "<p>reject</p><sp/>"),
		changed(t, "sp nil", "<p>none</p><sp>none</sp>", "<p>reject</p><sp>nil</sp>"),
		changed(t, "no pct", "<pct>100</pct>", ""),
		changed(t, "no adkim and aspf", "<adkim>r</adkim><aspf>r</aspf>", ""),
		changed(t, "rf and ri", "<pct>100</pct>", "<pct>100</pct><rf>afrf</rf><ri>86400</ri>"),
		changed(t, "np", "<sp>none</sp>", "<sp>none</sp><np>reject</np>"),
		changed(t, "no p", "<p>none</p>", ""),
		changed(t, "no policy domain", "<domain>example.com</domain><adkim>", "<adkim>"),
		domain("policy domain in capitals", "EXAMPLE.com"),
		domain("policy domain with a dot behind", "example.com."),
		domain("policy domain as U-label", "bücher.example"),
		domain("policy domain that looks like another", "ex\u0430mple.com"),
		domain("policy domain with a control character", "exam&#8;ple.com"),
		domain("policy domain with a zero-width space", "exam\u200bple.com"),
		domain("policy domain that is none", "not a domain"),
		changed(t, "no report id", "<report_id>r-1</report_id>", ""),
		changed(t, "report id twice", "<report_id>r-1</report_id>", "<report_id>r-1</report_id><report_id>r-2</report_id>"),
		changed(t, "report id with @, in capitals", "r-1", "R-1@Receiver.Example"),
		changed(t, "long report id", "r-1", strings.Repeat("x", 5000)),
		changed(t, "no report_metadata", goodMetadata, ""),
		changed(t, "no policy_published", goodPolicy, ""),
		changed(t, "control and bidi characters in org_name", "<org_name>receiver", "<org_name>re\x01ce\u202eiver"),
	})
}

func TestRecords(t *testing.T) {
	t.Parallel()
	evaluated := func(name, dkim, spf string) fixture {
		return changed(t, name, "<dkim>pass</dkim><spf>fail</spf>", dkim+spf)
	}
	count := func(name, sent string) fixture { return second(t, "count "+name, "<count>3", "<count>"+sent) }
	source := func(name, sent string) fixture { return second(t, "source "+name, "192.0.2.1", sent) }
	golden(t, "records", good, []fixture{
		changed(t, "no envelope_from", "<envelope_from>bounce.example.com</envelope_from>", ""),
		changed(t, "empty envelope_from", "<envelope_from>bounce.example.com</envelope_from>", "<envelope_from/>"),
		{"identities", strings.ReplaceAll(good, "identifiers>", "identities>")},
		changed(t, "envelope_to", "<header_from>", "<envelope_to>receiver.example</envelope_to><header_from>"),
		changed(t, "dkim without selector", "<selector>s1</selector>", ""),
		changed(t, "empty selector", "<selector>s1</selector>", "<selector/>"),
		changed(t, "empty dkim entries", goodDKIM, "<dkim><domain/><result/></dkim>"+goodDKIM+"<dkim><domain/><result/></dkim>"),
		changed(t, "150 signatures", goodDKIM, strings.Repeat(goodDKIM, 150)),
		changed(t, "several spf results", goodSPF, goodSPF+change(t, change(t, goodSPF, "mfrom", "helo"), "fail", "none")),
		changed(t, "scope helo", "mfrom", "helo"),
		changed(t, "scope scope", "mfrom", "scope"),
		changed(t, "no spf result", goodSPF, ""),
		changed(t, "empty auth_results", goodAuth, "<auth_results/>"),
		changed(t, "no auth_results", goodAuth, ""),
		changed(t, "spf hardfail", "<result>fail", "<result>hardfail"),
		changed(t, "spf unknown", "<result>fail", "<result>unknown"),
		changed(t, "dkim invalid", "<result>pass", "<result>invalid"),
		changed(t, "dkim unknown", "<result>pass", "<result>unknown"),
		evaluated("evaluated spf none", "<dkim>fail</dkim>", "<spf>none</spf>"),
		evaluated("evaluated spf softfail", "<dkim>fail</dkim>", "<spf>softfail</spf>"),
		evaluated("evaluated dkim missing", "", "<spf>fail</spf>"),
		evaluated("evaluated spf missing", "<dkim>pass</dkim>", ""),
		evaluated("evaluated both missing", "", ""),
		evaluated("evaluated empty", "<dkim/>", "<spf/>"),
		evaluated("capitals", "<dkim>Pass</dkim>", "<spf>FAIL</spf>"),
		evaluated("empty reason", "<dkim>fail</dkim>", "<spf>fail</spf><reason/>"),
		evaluated("empty reason type", "<dkim>fail</dkim>", "<spf>fail</spf><reason><type/><comment/></reason>"),
		evaluated("reasons of every type", "<dkim>fail</dkim>", "<spf>fail</spf>"+reasons("forwarded", "sampled_out", "trusted_forwarder",
			"mailing_list", "local_policy", "policy_test_mode", "other", "unheard_of")),
		{"disposition 15, empty dkim", strings.NewReplacer("<disposition>none", "<disposition>15", "<dkim>pass</dkim>", "<dkim/>").Replace(good)},
		changed(t, "disposition pass", "<disposition>none", "<disposition>pass"),
		changed(t, "null report", "<source_ip>192.0.2.1</source_ip><count>3</count>", "<source_ip/><count>0</count>"),
		changed(t, "null report without the element", "<source_ip>192.0.2.1</source_ip><count>3</count>", "<count>0</count>"),
		changed(t, "no record at all", goodRecord, ""),
		second(t, "record without source_ip", "<source_ip>192.0.2.1</source_ip>", ""),
		second(t, "record with an empty source_ip", "192.0.2.1", ""),
		source("in words", "unknown"),
		source("host name", "mail.example.com"),
		source("prefix", "192.0.2.0/24"),
		source("leading zeros", "192.0.02.010"),
		source("zone", "fe80::1%eth0"),
		source("IPv6 in capitals", "2001:DB8:0:0:0:0:0:1"),
		source("IPv6 in full", "2001:0db8:0000:0000:0000:0000:0000:0001"),
		source("IPv6 in brackets", "[2001:db8::1]"),
		source("IPv4-mapped", "::ffff:192.0.2.7"),
		source("IPv4-mapped in hex", "::ffff:c000:207"),
		source("with white space", " 192.0.2.7\n"),
		second(t, "two rows", goodRow, goodRow+strings.Replace(goodRow, "192.0.2.1", "192.0.2.2", 1)),
		second(t, "no row", goodRow, ""),
		second(t, "two counts", "<count>3</count>", "<count>3</count><count>4</count>"),
		second(t, "no count", "<count>3</count>", ""),
		second(t, "header_from of somebody else", "<header_from>example.com", "<header_from>example.net"),
		second(t, "header_from of a subdomain", "<header_from>example.com", "<header_from>News.example.com."),
		second(t, "header_from missing", "<header_from>example.com</header_from>", ""),
		count("empty", ""), count("negative", "-3"), count("2^63-1", "9223372036854775807"), count("2^63", "9223372036854775808"),
		count("10^26", "100000000000000000000000000"), count("1e3", "1e3"), count("0x10", "0x10"), count("1,000", "1,000"),
		count("NaN", "NaN"), count("plus", "+3"), count("Arabic digit", "\u0663"), count("leading zeros", "0003"), count("10^12", "1000000000000"),
		changed(t, "two of 2^63-1", goodRecord, strings.Repeat(change(t, goodRecord, "<count>3", "<count>9223372036854775807"), 2)),
		changed(t, "no usable record", "192.0.2.1", "bad"),
	})
}

func reasons(types ...string) string {
	var b strings.Builder
	for _, kind := range types {
		b.WriteString("<reason><type>" + kind + "</type><comment>about " + kind + "</comment></reason>")
	}
	return b.String()
}
