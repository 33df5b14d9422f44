package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
)

// attack is text that a page must show as text: it breaks out of elements,
// attributes, scripts and addresses.
func attack(field string) string {
	return field + `"'></td></title></script><script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;{{7*7}}` + field
}

// unseen is what changes how text looks without being seen.
const unseen = "\u202e\u200b\u2066\ufeff\u009b"

// hostile is a report whose every field is an attack, as far as the field may
// be free text.
func hostile(a *apptest.App, domain string) string {
	begin := a.Clock.Now().Add(-24 * 3600e9).Unix()
	e := func(field string) string {
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(attack(field))); err != nil {
			panic(err)
		}
		return b.String()
	}
	u := func(field string) string { return e(field) + unseen }
	return `<feedback xmlns:x="urn:` + e("at-ns") + `"><version>` + u("at-version") + `</version><report_metadata><org_name>` + u("at-org") + `</org_name><email>d@receiver.example ` + u("at-email") +
		`</email><extra_contact_info lang="` + e("at-lang") + `">javascript:alert("at-contact")` + unseen + `</extra_contact_info><report_id>` + e("at-id") + `</report_id>` +
		fmt.Sprintf(`<date_range><begin>%d</begin><end>%d</end></date_range>`, begin, begin+3600) + `<error lang="` + e("at-errlang") + `">` + u("at-error") + `</error><generator>` + u("at-generator") + `</generator></report_metadata>` +
		`<policy_published><domain>` + domain + `</domain><p>` + e("at-p") + `</p><sp>` + e("at-sp") + `</sp><np>` + e("at-np") + `</np><adkim>` + e("at-adkim") + `</adkim><aspf>` + e("at-aspf") + `</aspf><pct>` + e("at-pct") +
		`</pct><fo>` + e("at-fo") + `</fo><testing>` + e("at-testing") + `</testing><discovery_method>` + e("at-discovery") + `</discovery_method></policy_published>` +
		`<x:atextension>` + e("at-content") + `</x:atextension>` +
		`<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>` + u("at-disposition") + `</disposition><dkim>` + u("at-evdkim") + `</dkim><spf>` + u("at-evspf") +
		`</spf><reason><type>` + u("at-type") + `</type><comment lang="` + e("at-commentlang") + `">` + u("at-comment") + `</comment></reason></policy_evaluated></row>` +
		`<identifiers><header_from>` + u("at-from") + `</header_from><envelope_from>` + u("at-envfrom") + `</envelope_from><envelope_to>` + u("at-envto") + `</envelope_to></identifiers>` +
		`<auth_results><dkim><domain>` + u("at-dkim") + `</domain><selector>` + u("at-selector") + `</selector><result>` + u("at-result") + `</result><human_result>` + u("at-human") + `</human_result></dkim>` +
		`<spf><domain>` + u("at-spf") + `</domain><scope>` + u("at-scope") + `</scope><result>` + u("at-spfresult") + `</result></spf></auth_results></record>` +
		`<record><row><source_ip>` + e("at-badip") + `</source_ip><count>1</count></row></record></feedback>`
}

// shown are the fields that the pages show; each has to be there, as text.
var shown = []string{
	"at-version", "at-org", "at-email", "at-lang", "at-contact", "at-id", "at-errlang", "at-error", "at-generator", "at-p", "at-sp", "at-np", "at-adkim", "at-aspf", "at-pct", "at-fo", "at-testing",
	"at-discovery", "atextension", "at-disposition", "at-evdkim", "at-evspf", "at-type", "at-commentlang", "at-comment", "at-from", "at-envfrom", "at-envto", "at-dkim", "at-selector", "at-result", "at-human",
	"at-spf", "at-scope", "at-spfresult", "at-badip", "at-upload", "at-import", "at-entry", "at-nothing",
}

func TestTextOfReportsIsTextOnEveryPage(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	storeHostile(t, a, w)
	query(t, a, `WITH x AS (SELECT max(report_id) AS id FROM reports) SELECT id, (SELECT count(*) FROM receipts) FROM x`).into(&w.report, &w.receipt)
	if w.receipt != 8 { // its six, and two of the world
		t.Fatalf("%d receipts", w.receipt)
	}
	home := w.owner.Home
	pages := []string{home, home + "?days=90", home + "domains", home + "domains/" + w.domain, home + "senders", home + "reports", home + "receipts", home + "receipts?verdict=all", home + "receipts?source=upload&verdict=all",
		home + "reporters", fmt.Sprintf("%sreports/%d", home, w.report), home + "reports?" + url.Values{"reporter": {attack("at-filter")}, "repair": {attack("at-filter")}, "sender": {attack("at-filter")}, "ip": {attack("at-filter")}}.Encode()}
	var receipts []int64
	query(t, a, `SELECT array_agg(receipt_id) FROM receipts`).into(&receipts)
	for _, id := range receipts {
		pages = append(pages, fmt.Sprintf("%sreceipts/%d", home, id))
	}
	var all strings.Builder
	for _, path := range pages {
		p := w.owner.Get(t, path)
		if p.Status != 200 {
			t.Fatalf("%s: %d", path, p.Status)
		}
		all.WriteString(harmless(t, path, p.Body))
	}
	for _, id := range receipts {
		p := w.owner.Get(t, fmt.Sprintf("%sreceipts/%d/original", home, id))
		if p.Status == 200 && !headerName.MatchString(p.Header.Get("Content-Disposition")) {
			t.Errorf("original of %d: %q", id, p.Header.Get("Content-Disposition"))
		}
	}
	w.owner.Header.Set("HX-Request-Type", "partial")
	all.WriteString(harmless(t, "the upload's row", upload(t, w.owner, attack("at-fragment")+".xml", hostile(a, w.domain)).Body))
	for _, field := range append(shown, "at-filter", "at-fragment") {
		if !strings.Contains(all.String(), field) {
			t.Errorf("no page shows %s", field)
		}
	}
	for line := range strings.Lines(a.Log.String()) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), unseen+"\x1b\x00\r") {
			t.Errorf("the log holds %q", line)
		}
	}
}

// headerName is all that a download's header may say.
var headerName = regexp.MustCompile(`^attachment; filename="report-\d+\.(eml|xml|gz|zip|json|bin)"$`)

// storeHostile brings the report in by every way there is, and what is refused,
// held and no report.
func storeHostile(t *testing.T, a *apptest.App, w world) {
	t.Helper()
	good := hostile(a, w.domain)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	entry, err := z.Create("../../" + attack("at-entry") + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(entry, good[:len(good)-200]) // cut
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p := upload(t, w.owner, attack("at-upload")+unseen+".xml", good, attack("at-archive")+".zip", archive.String(), attack("at-nothing")+".jpg", "\xff\xd8\xff")
	if p.Status != 303 {
		t.Fatalf("upload: %d %s", p.Status, p.Body)
	}
	for _, content := range []string{strings.Replace(good, attack("at-id"), "", 1), hostile(a, "held.example")} {
		_, err := a.Import(t.Context(), w.slug, []report.File{{Name: attack("at-import") + "\x1b[2J\x00\n", Content: strings.NewReader(content), Size: int64(len(content))}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// harmless fails unless a page or a part of one holds nothing but what our
// templates write, and returns all its text.
func harmless(t *testing.T, path, body string) string {
	t.Helper()
	for _, c := range body {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
			t.Errorf("%s holds the character %U", path, c)
			break
		}
	}
	doc, err := html.Parse(strings.NewReader("<table>" + body))
	if strings.Contains(body, "<html") {
		doc, err = html.Parse(strings.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data + "\n")
		}
		if n.Type == html.ElementNode {
			element(t, path, n)
		}
	}
	return text.String()
}

// element judges one element of a page.
func element(t *testing.T, path string, n *html.Node) {
	t.Helper()
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
			t.Errorf("%s: <%s> has %s=%q", path, n.Data, a.Key, a.Val)
		}
	}
	for _, key := range []string{"href", "src", "action", "hx-get", "formaction"} {
		if to, ok := attr[key]; ok && !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "#") {
			t.Errorf("%s: %s of <%s> leads to %q", path, key, n.Data, to)
		}
	}
	switch n.Data {
	case "img", "b", "iframe", "object", "style", "base":
		t.Errorf("%s: there is a <%s>", path, n.Data)
	case "script":
		if attr["type"] == "application/json" {
			if !json.Valid([]byte(n.FirstChild.Data)) {
				t.Errorf("%s: data is no JSON: %.200s", path, n.FirstChild.Data)
			}
		} else if n.FirstChild != nil || !strings.HasPrefix(attr["src"], "/assets/") {
			t.Errorf("%s: a script of somebody else's: %v", path, n.Attr)
		}
	}
}
