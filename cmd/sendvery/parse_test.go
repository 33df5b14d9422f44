package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const parseReport = `<feedback><report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email>` +
	`<report_id>r-1</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range></report_metadata>` +
	`<policy_published><domain>example.com</domain><p>none</p><sp>nil</sp></policy_published>` +
	`<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>` +
	`<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers>` +
	`<auth_results/></record></feedback>`

func parseLines(t *testing.T, paths ...string) []string {
	t.Helper()
	var out, errs bytes.Buffer
	if err := parse(t.Context(), &parseCommand{Paths: paths}, &out, &errs); err != nil || errs.Len() > 0 {
		t.Fatalf("%v, %s", err, errs.String())
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(parseReport)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	second := strings.Replace(parseReport, "r-1", "r-2", 1)
	mbox := "From a@b Fri Nov 20 10:00:00 2026\nFrom: a@receiver.example\nContent-Type: text/xml\n\n" + parseReport + "\n\n" +
		"From a@b Fri Nov 20 10:00:01 2026\nFrom: a@receiver.example\nContent-Type: text/xml\n\n" + second + "\n"
	one := write("one.xml", parseReport)
	write("sub/a.xml.gz", packed.String())
	write("sub/b.mbox", mbox)
	write("sub/c.eml", "From: a@example.com\nSubject: hi\n\nhello\n")
	write("sub/d.xml", parseReport[:300])

	want := `{"file":"` + one + `","kind":"aggregate","verdict":"accepted","reason":"","repairs":["unknown_policy_value: sp nil"],` +
		`"org_name":"receiver.example","report_id":"r-1","domain":"example.com","begin":1795132800,"end":1795219199,` +
		`"records":1,"messages":3,"aligned":3,"bad_records":0}`
	if got := parseLines(t, one); len(got) != 1 || got[0] != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var got []string
	for _, line := range parseLines(t, filepath.Join(dir, "sub")) {
		var l parsed
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if (l.Verdict == "refused") != (l.Reason != "") {
			t.Errorf("verdict %s, reason %q", l.Verdict, l.Reason)
		}
		got = append(got, strings.Join([]string{filepath.Base(l.File), l.Kind, l.Verdict, l.ReportID}, " "))
	}
	wanted := "a.xml.gz aggregate accepted r-1\nb.mbox aggregate accepted r-1\nb.mbox aggregate accepted r-2\n" +
		"c.eml none refused \nd.xml aggregate refused r-1"
	if s := strings.Join(got, "\n"); s != wanted {
		t.Errorf("got\n%s\nwant\n%s", s, wanted)
	}
}

func TestParseMissingFile(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	err := parse(t.Context(), &parseCommand{Paths: []string{filepath.Join(t.TempDir(), "absent")}}, &out, &errs)
	if err == nil || !strings.Contains(errs.String(), "absent") {
		t.Errorf("%v, %q", err, errs.String())
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "one.xml")
	if err := os.WriteFile(file, []byte(parseReport), 0o600); err != nil {
		t.Fatal(err)
	}
	const deep = "nested deeper"
	if out := good(t, nil, "parse", "--limit-xml-depth=3", file); !strings.Contains(out, deep) {
		t.Errorf("flag: %s", out)
	}
	if out := good(t, map[string]string{"LIMIT_XML_DEPTH": "3"}, "parse", file); !strings.Contains(out, deep) {
		t.Errorf("environment: %s", out)
	}
	if out := good(t, map[string]string{"LIMIT_XML_DEPTH": "3"}, "parse", "--limit-xml-depth=0", file); strings.Contains(out, deep) {
		t.Errorf("zero is not the default: %s", out)
	}
	for _, environ := range []map[string]string{{"LIMIT_RECORDS": "-1"}, {"LIMIT_RECORDS": "many"}, {"LIMIT_TIME": "soon"}} {
		if r := sendvery(t, environ, "parse", file); r.err == nil || !strings.Contains(r.err.Error(), "LIMIT_") {
			t.Errorf("%v: %v", environ, r.err)
		}
	}
}
