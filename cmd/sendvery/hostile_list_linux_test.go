package main

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	mebibyte = 1 << 20
	inflated = "too_large_when_decompressed"
)

// hostile lists the inputs. addr is that of a server on this machine.
func hostile(t *testing.T, addr string) []hostileInput {
	t.Helper()
	return slices.Concat(hostileArchives(t), hostileXML(addr), giants(), hostileMails(), hostileJSON(), hostileText())
}

func hostileArchives(t *testing.T) []hostileInput {
	t.Helper()
	spaces, zeros := strings.Repeat(" ", mebibyte), strings.Repeat("\x00", mebibyte)
	gibibyte := func(w *bufio.Writer) { bomb(w, "<feedback>", spaces, 1024) }
	twice := func(w *bufio.Writer) {
		z := gzip.NewWriter(w)
		inner := bufio.NewWriter(z)
		gibibyte(inner)
		_, _ = inner.Flush(), z.Close() // told by w
	}
	large := zipFile{"r.xml", zip.Deflate, deflated("<feedback>") + strings.Repeat(deflated(spaces), 10) + deflateEnd, 10*mebibyte + 10}
	lying := zipFile{"r.xml", zip.Deflate, deflated("<feedback>") + strings.Repeat(deflated(spaces), 1024) + deflateEnd, 1000}
	// Inner archives are held in memory, one after the other.
	inner := zipOf(zipFile{"r.xml", zip.Deflate, strings.Repeat(deflated(zeros), 2) + strings.Repeat("\x00", 37*mebibyte), 2 * mebibyte})
	return []hostileInput{
		{"gzip bomb", gibibyte, []string{inflated}},
		{"gzip bomb that is no report", func(w *bufio.Writer) { bomb(w, "", zeros, 1024) }, []string{inflated}},
		{"gzip bomb in gzip", twice, []string{inflated}},
		{"gzip bomb in a mail", mailOf("application/gzip", "a!example.com!1!2.xml.gz", gibibyte), []string{inflated}},
		{"gzip bomb in gzip in a mail", mailOf("application/gzip", "a!example.com!1!2.xml.gz", twice), []string{inflated}},
		{"gzip bomb in a TLS report mail", mailOf("application/tlsrpt+gzip", "a!example.com!1!2.json.gz", func(w *bufio.Writer) {
			bomb(w, `{"organization-name":"R","report-id":"1",`, spaces, 1024)
		}), []string{"tls_report_too_large"}},
		{"zip bomb that lies about its size", text(zipOf(lying)), []string{"archive_damaged"}},
		{"90 entries that share a body", overlapping(90, large), []string{"truncated", inflated}},
		{"1,000 entries that share a body", overlapping(1000, large), []string{"too_many_archive_entries"}},
		{"65,000 entries", overlapping(65000, large), []string{"too_many_archive_entries"}},
		{"nested zips", text(nested(4)), []string{"archives_nested_too_deep", "too_many_archive_entries"}},
		{"nested zips, less deep", text(nested(2)), []string{"truncated", "too_many_archive_entries"}},
		{"inner archives of 39 MB", text(zipOf(zipFile{"1.zip", zip.Store, inner, uint64(len(inner))}, zipFile{"2.zip", zip.Store, inner, uint64(len(inner))},
			zipFile{"3.zip", zip.Store, inner, uint64(len(inner))})), []string{"mail_too_large"}},
		{"inner archives of 39 MB, packed", text(packedInner(inner, 4)), []string{"archive_damaged"}},
		{"an inner archive of 60 MB", text(packedInner("PK\x03\x04"+strings.Repeat("\x00", 60*mebibyte), 1)), []string{"inner_archive_too_large"}},
		{"names that are paths", text(zipOf(zipFile{"../../evil.xml", zip.Store, parseReport, uint64(len(parseReport))}, zipFile{"/tmp/evil.xml", zip.Store, "x", 1})),
			[]string{"accepted", "attachment_not_a_report"}},
		{"name in gzip that is a path", func(w *bufio.Writer) {
			z := gzip.NewWriter(w)
			z.Name = "../evil.xml"
			put(z, parseReport)
			_ = z.Close() // told by w
		}, []string{"accepted"}},
	}
}

// packedInner is a zip of n inner archives, which are compressed.
func packedInner(inner string, n int) string {
	var all []zipFile
	packed := deflated(inner) + deflateEnd
	for i := range n {
		all = append(all, zipFile{fmt.Sprintf("%d.zip", i), zip.Deflate, packed, uint64(len(inner))})
	}
	return zipOf(all...)
}

func hostileXML(addr string) []hostileInput {
	long := func(before, letter, behind string) func(*bufio.Writer) {
		head, tail, _ := strings.Cut(parseReport, "<org_name>")
		return func(w *bufio.Writer) {
			put(w, head+before)
			repeat(w, strings.Repeat(letter, 1024), 50*1024/len(letter))
			put(w, behind+"<org_name>"+tail)
		}
	}
	dtd := func(declarations, use string) func(*bufio.Writer) {
		return text(`<?xml version="1.0"?><!DOCTYPE feedback ` + declarations + `>` + strings.Replace(parseReport, "receiver.example", use, 1))
	}
	var laughs strings.Builder
	laughs.WriteString(`[<!ENTITY l0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&laughs, `<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	laughs.WriteString("]")
	return []hostileInput{
		{"billion laughs", dtd(laughs.String(), "&l30;"), []string{"dtd"}},
		{"external entity, file", dtd(`[<!ENTITY x SYSTEM "file:///etc/passwd">]`, "&x;"), []string{"dtd"}},
		{"external entity, http", dtd(`[<!ENTITY x SYSTEM "`+addr+`/x">]`, "&x;"), []string{"dtd"}},
		{"parameter entity", dtd(`[<!ENTITY % p SYSTEM "`+addr+`/p.dtd"> %p;]`, "R"), []string{"dtd"}},
		{"external DTD", dtd(`SYSTEM "`+addr+`/r.dtd"`, "R"), []string{"dtd"}},
		{"DTD behind the report", text(parseReport + `<!DOCTYPE x SYSTEM "` + addr + `/r.dtd">`), []string{"dtd"}},
		{"stylesheet, XInclude, schemaLocation", text(`<?xml-stylesheet href="` + addr + `/x.xsl"?>` + strings.NewReplacer(
			"<feedback>", `<feedback xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="`+addr+` `+addr+`/x.xsd">`,
			"<policy_published>", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="`+addr+`/x"/><policy_published>`).Replace(parseReport)), []string{"accepted"}},
		{"text of 50 MiB", long("<org_name>", "a", "</org_name>"), []string{"value_too_long"}},
		{"attribute of 50 MiB", long(`<org_name lang="`, "a", `"/>`), []string{"value_too_long"}},
		{"name of 50 MiB", long("<a", "a", "/>"), []string{"value_too_long"}},
		{"comment of 50 MiB", long("<!--", "a", "-->"), []string{"value_too_long"}},
		{"CDATA of 50 MiB", long("<org_name><![CDATA[", "a", "]]></org_name>"), []string{"value_too_long"}},
		{"white space of 50 MiB", long("", " ", ""), []string{"accepted"}},
		{"text of 50 MiB before the report", func(w *bufio.Writer) {
			put(w, "<?xml version='1.0'?>")
			repeat(w, strings.Repeat("a", 1024), 50*1024)
			put(w, parseReport)
		}, []string{"mail_too_large"}},
		{"text of 50 MiB behind the report", func(w *bufio.Writer) { put(w, parseReport); repeat(w, strings.Repeat("a", 1024), 50*1024) }, []string{"accepted"}},
		{"value of many pieces", long("<org_name>", "a<!---->", "</org_name>"), []string{"value_too_long"}},
		{"1,000,000 attributes", long("<a", ` a="1"`, "/>"), []string{"value_too_long"}},
		{"1,000 attributes", changedReport("<org_name>", "<org_name"+strings.Repeat(` a="1"`, 1000)+">"), []string{"too_many_attributes"}},
		{"200,000 levels", changedReport("<org_name>", strings.Repeat("<a>", 200_000)+strings.Repeat("</a>", 200_000)+"<org_name>"), []string{"nested_too_deep"}},
	}
}

// giants are valid or nearly, and large.
func giants() []hostileInput {
	before, behind := around()
	policy := before[strings.Index(before, "<policy_published>"):]
	thousand := strings.Repeat(goodRecord, 1000)
	dkim := "<dkim><domain>example.com</domain><result>pass</result></dkim>"
	return []hostileInput{
		{"1,000,000 records", func(w *bufio.Writer) { bomb(w, before, thousand, 1000) }, []string{"too_many_records"}},
		{"100,000 sources", func(w *bufio.Writer) {
			reportOf(w, "sources", 100_000, func(i int) string {
				return strings.Replace(goodRecord, "192.0.2.1", fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 1)
			})
		}, []string{"accepted"}},
		{"100,000 records before the policy", func(w *bufio.Writer) {
			put(w, strings.Replace(before, policy, "", 1))
			repeat(w, thousand, 100)
			put(w, policy+behind)
		}, []string{"records_before_policy"}},
		{"record of 100,000 results", changedReport("<auth_results/>", "<auth_results>"+strings.Repeat(dkim, 100_000)+"</auth_results>"), []string{"value_too_long"}},
		{"10,000 reports in a file", func(w *bufio.Writer) {
			for i := range 10_000 {
				put(w, strings.Replace(parseReport, "r-1", fmt.Sprintf("r-%d", i), 1))
			}
		}, []string{"accepted", "too_many_reports"}},
		{"100,000 unreadable records", func(w *bufio.Writer) {
			reportOf(w, "unreadable", 100_000, func(int) string { return strings.Replace(goodRecord, "192.0.2.1", "nowhere", 1) })
		}, []string{"no_usable_record"}},
		{"100,000 extensions", func(w *bufio.Writer) {
			reportOf(w, "extensions", 100_000, func(int) string {
				return strings.Replace(goodRecord, "</record>", "<x:a xmlns:x='urn:example:x' b='c'>"+strings.Repeat("text", 100)+"</x:a></record>", 1)
			})
		}, []string{"accepted"}},
		{"100,000 error elements", changedReport("<report_id>", strings.Repeat("<error>none</error>", 100_000)+"<report_id>"), []string{"accepted"}},
		{"mbox of 20,000 mails", func(w *bufio.Writer) {
			repeat(w, "From a@b Fri Nov 20 10:00:00 2026\n"+strings.ReplaceAll(reportMailHead, "\r", "")+"\nnothing\n\n", 20_000)
		}, []string{"This is not a report."}},
	}
}

func hostileMails() []hostileInput {
	const deep, wide, header = "parts_nested_too_deep", "too_many_parts", "mail_header_too_large"
	arf := func(fields, sample string) func(*bufio.Writer) {
		return text(reportMailHead + "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n" +
			"Feedback-Type: auth-failure\r\nReported-Domain: example.com\r\n" + fields + "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + sample + "\r\n--b--\r\n")
	}
	return []hostileInput{
		{"message/rfc822, 60 deep", text(reportMailHead + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 60) + parseReport), []string{deep}},
		{"multipart, 5,000 deep", func(w *bufio.Writer) {
			put(w, reportMailHead)
			for i := range 5000 {
				put(w, fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i))
			}
		}, []string{deep}},
		{"50,000 parts", multipartMail(func(w *bufio.Writer) { repeat(w, "--b\r\n\r\nx\r\n", 50_000) }), []string{wide}},
		{"header field of 1 MiB", text(reportMailHead + "X-Long: " + strings.Repeat("a", mebibyte) + "\r\n\r\nx"), []string{header}},
		{"100,000 header fields", text(reportMailHead + strings.Repeat("X: y\r\n", 100_000) + "\r\nx"), []string{header}},
		{"header of a part of 1 MiB", multipartMail(func(w *bufio.Writer) { put(w, "--b\r\nContent-Type: text/plain;"); repeat(w, " a=b;", mebibyte/5) }), []string{header}},
		{"no boundary", multipartMail(func(w *bufio.Writer) { repeat(w, "no part begins here\r\n", 50_000) }), []string{"mail_structure_broken"}},
		{"mail of 60 MB", mailOf("application/gzip", "a!example.com!1!2.xml.gz", func(w *bufio.Writer) { repeat(w, strings.Repeat("\x00", 1000), 45_000) }), []string{"mail_too_large"}},
		{"one line of 40 MB", multipartMail(func(w *bufio.Writer) {
			put(w, "--b\r\nContent-Type: text/xml\r\n\r\n<feedback>")
			repeat(w, strings.Repeat("a", 1000), 40_000)
		}), []string{"value_too_long"}},
		{"failure report of 10 MB of fields", arf(strings.Repeat("X-Field: value\r\n", 650_000), ""), []string{"failure_report_too_large"}},
		{"failure report about a report", arf("", reportMailHead+"Content-Type: text/xml\r\n\r\n"+parseReport), []string{"accepted"}},
	}
}

func hostileJSON() []hostileInput {
	const head = `{"organization-name":"R","date-range":{"start-datetime":"2026-11-20T00:00:00Z","end-datetime":"2026-11-20T23:59:59Z"},"report-id":"t-1"`
	const policy = `{"policy":{"policy-type":"sts","policy-domain":"example.com"},"summary":{"total-successful-session-count":1,"total-failure-session-count":1}`
	list := func(open, item string, n int, end string) func(*bufio.Writer) {
		return func(w *bufio.Writer) { put(w, head+open+item); repeat(w, ","+item, n-1); put(w, end) }
	}
	const many, large = "tls_too_many_entries", "tls_report_too_large"
	return []hostileInput{
		{"JSON, 200,000 levels", text(head + `,"policies":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + "}"), []string{"json_nested_too_deep"}},
		{"JSON, duplicate keys", text(head + `,"report-id":"t-2","policies":[]}`), []string{"json_duplicate_key"}},
		{"JSON, trailing comma", text(head + `,"policies":[],}`), []string{"malformed_json"}},
		{"JSON, count of 10^26", text(head + `,"policies":[` + strings.Replace(policy, `count":1,`, `count":100000000000000000000000000,`, 1) + `}]}`), []string{"tls_count_unreadable"}},
		{"JSON, 100,000 policies", list(`,"policies":[`, policy+"}", 100_000, "]}"), []string{large}},
		{"JSON, 1,000,000 empty policies", list(`,"policies":[`, "{}", 1_000_000, "]}"), []string{many}},
		{"JSON, 2,000,000 numbers as policies", list(`,"policies":[`, "1", 2_000_000, "]}"), []string{many}},
		{"JSON, 1,000,000 empty failures", list(`,"policies":[`+policy+`,"failure-details":[`, "{}", 1_000_000, "]}]}"), []string{many}},
		{"JSON, 1,000,000 strings of a policy", list(`,"policies":[{"policy":{"policy-string":[`, `""`, 1_000_000, "]}}]}"), []string{many}},
		{"JSON, 300,000 other keys", func(w *bufio.Writer) {
			put(w, head)
			for i := range 300_000 {
				put(w, fmt.Sprintf(`,"k%d":1`, i))
			}
			put(w, "}")
		}, []string{many}},
		{"JSON, 10,000 policies", list(`,"policies":[`, policy+"}", 10_000, "]}"), []string{"accepted"}},
		{"JSON, 20,000 failures", list(`,"policies":[`+policy+`,"failure-details":[`, `{"result-type":"validation-failure","receiving-ip":"192.0.2.1","failed-session-count":1,"failure-reason-code":"01234567890123456789012345678901234567890123456789"}`, 20_000, "]}]}"), []string{"accepted"}},
		{"JSON, text of 4 MB", text(head + `,"contact-info":"` + strings.Repeat("a", 4_000_000) + `","policies":[]}`), []string{"tls_value_too_long"}},
	}
}

func hostileText() []hostileInput {
	long := strings.Repeat("x", 5000)
	const nasty = "a\x00b\x01\x1b[31m\u202e\u200b\ufeff\x91<![CDATA[\x07]]>"
	return []hostileInput{
		{"nasty characters in org_name", changedReport("<org_name>", "<org_name>"+nasty), []string{"accepted"}},
		{"nasty characters in the domain", changedReport("<domain>example.com", "<domain>exam"+nasty+"ple.com"), []string{"unreadable_policy_domain"}},
		{"nasty characters in the id", changedReport("r-1", "r\x00-1"), []string{"unreadable_report_id"}},
		{"markup in org_name", changedReport("<org_name>", `<org_name>&lt;script>alert(1)&lt;/script>" onload="x" javascript:x`), []string{"accepted"}},
		{"formula in org_name", changedReport("<org_name>", `<org_name>=HYPERLINK("x")`), []string{"accepted"}},
		{"long fields", text(strings.NewReplacer("r-1", long, "receiver.example", long).Replace(parseReport)), []string{"accepted"}},
		{"two counts of 2^63-1", text(strings.Replace(parseReport, goodRecord, strings.Repeat(strings.Replace(goodRecord, ">3<", ">9223372036854775807<", 1), 2), 1)), []string{"no_usable_record"}},
		{"period in milliseconds", text(strings.NewReplacer("1795132800", "1795132800000", "1795219199", "1795219199000").Replace(parseReport)), []string{"unreadable_period"}},
	}
}
