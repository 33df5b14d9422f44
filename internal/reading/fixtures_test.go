package reading_test

import (
	"strings"
	"testing"
)

// The pieces of a report as it should be, which the fixtures change.
const (
	goodMetadata = `<report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email>` +
		`<report_id>r-1</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range></report_metadata>`
	goodPolicy = `<policy_published><domain>example.com</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>` +
		`<sp>none</sp><pct>100</pct></policy_published>`
	goodRow = `<row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>` +
		`<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>`
	goodIdentifiers = `<identifiers><envelope_from>bounce.example.com</envelope_from><header_from>example.com</header_from></identifiers>`
	goodDKIM        = `<dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></dkim>`
	goodSPF         = `<spf><domain>bounce.example.com</domain><scope>mfrom</scope><result>fail</result></spf>`
	goodAuth        = `<auth_results>` + goodDKIM + goodSPF + `</auth_results>`
	goodRecord      = `<record>` + goodRow + goodIdentifiers + goodAuth + `</record>`
	declaration     = `<?xml version="1.0" encoding="UTF-8"?>`
	good            = declaration + "\n<feedback><version>1.0</version>" + goodMetadata + goodPolicy + goodRecord + "</feedback>"
)

// change replaces a piece of a text, which must be there once.
func change(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("%q stands there %d times", old, n)
	}
	return strings.Replace(text, old, replacement, 1)
}

// changed makes a fixture of the good report.
func changed(t *testing.T, name, old, replacement string) fixture {
	t.Helper()
	return fixture{name, change(t, good, old, replacement)}
}

// second makes a fixture of the good report and a record that is unlike it,
// so that what is wrong with one record does not refuse the report.
func second(t *testing.T, name, old, replacement string) fixture {
	t.Helper()
	return fixture{name, change(t, good, goodRecord, goodRecord+change(t, goodRecord, old, replacement))}
}
