package reading_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/reading"
)

// unclean names the strings in v that must not be stored or shown.
func unclean(v any) []string { return uncleanIn(reflect.ValueOf(v), fmt.Sprintf("%T", v)) }

func uncleanIn(v reflect.Value, name string) (bad []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return uncleanIn(v.Elem(), name)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "net/netip" {
			return nil
		}
		for i := range v.NumField() {
			bad = append(bad, uncleanIn(v.Field(i), name+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			bad = append(bad, uncleanIn(v.Index(i), name)...)
		}
	case reflect.String:
		s := v.String()
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !plaintext.Visible(r) }) {
			return []string{fmt.Sprintf("%s %q", name, s)}
		}
	}
	return bad
}

// inspector is a visitor that looks at every string, and at the order of calls.
type inspector struct {
	told     []string // verdicts
	bad      []string // what is wrong
	open     bool
	records  int
	messages int64
}

func (i *inspector) Begin(r *reading.Report) error {
	if i.open {
		i.bad = append(i.bad, "Begin twice")
	}
	i.open, i.records, i.messages = true, 0, 0
	i.bad = append(i.bad, unclean(r)...)
	return nil
}

func (i *inspector) Record(r *dmarcrpt.Record) error {
	i.bad = append(i.bad, unclean(r)...)
	i.records, i.messages = i.records+1, i.messages+r.Count
	return nil
}

func (i *inspector) End(s *reading.Summary) error {
	i.bad = append(i.bad, unclean(s)...)
	if !i.open {
		i.bad = append(i.bad, "End without Begin")
	}
	if a := s.Aggregate; a != nil && (a.Records != i.records+a.BadRecords+a.NullRecords || a.Messages != i.messages) {
		i.bad = append(i.bad, fmt.Sprintf("sums %+v of %d records and %d messages", a, i.records, i.messages))
	}
	if s.Messages < 0 || s.Aligned < 0 || s.Aligned > s.Messages {
		i.bad = append(i.bad, fmt.Sprintf("%d of %d messages", s.Aligned, s.Messages))
	}
	i.told, i.open = append(i.told, fmt.Sprintf("%s %d %x", s.Kind, s.Messages, s.Digest)), false
	return nil
}

func (i *inspector) Refused(r *reading.Report, refusal *finding.Refusal) error {
	i.bad = append(append(i.bad, unclean(r)...), unclean(refusal)...)
	if refusal.Sentence == "" {
		i.bad = append(i.bad, "no sentence for "+string(refusal.Code))
	}
	i.told, i.open = append(i.told, string(refusal.Code)), false
	return nil
}

// Whatever stands in a report or a mail, no string that comes out of reading
// holds a character that does harm without being seen.
func TestNothingInvisibleComesOut(t *testing.T) {
	t.Parallel()
	const nasty = "\x00\x01\x1b[31m\u0085\u009b\u202e\u2066\u200b\ufeff\u00ad\u2028\U000e0041\x91\x7f"
	r := reading.NewReader(reading.Limits{}, clock)
	told, all := 0, 0
	read := func(name, data string) {
		t.Helper()
		var i inspector
		if _, err := r.Read(t.Context(), mimepart.Source{ReaderAt: strings.NewReader(data), Size: int64(len(data)), Name: name}, &i); err != nil {
			t.Fatal(err)
		}
		for _, bad := range i.bad {
			t.Errorf("%.60q: %s", data, bad)
		}
		told += min(1, len(i.told))
		all++
	}
	full := strings.NewReplacer("<report_id>", `<extra_contact_info lang="en">x</extra_contact_info><error lang="en">x</error><generator>x</generator><report_id>`,
		"</policy_published>", `<np>none</np><fo>1</fo><testing>n</testing><discovery_method>psl</discovery_method></policy_published><x:e xmlns:x="u" a="b">c</x:e>`,
		"<spf>fail</spf>", `<spf>fail</spf><reason><type>other</type><comment lang="en">x</comment></reason>`,
		"<result>", `<human_result lang="en">x</human_result><result>`, "<header_from>", "<envelope_to>x.example</envelope_to><header_from>").Replace(good)
	zip := func(name string) string { return zipped(t, entry{name: name + ".xml", data: good[:600]}) }
	mail := func(field, name string) string {
		return mailHead + field + "\r\n" + multi("mixed", attached("application/zip", name+".zip", zip(name)))
	}
	// Into every text and attribute of every format, one after the other.
	for _, doc := range []string{full, goodTLS, failureMail("report; report-type=feedback-report", "\r\n"+goodFeedback, goodSample)} {
		for at := range len(doc) {
			if c := doc[at]; c == '<' && at > 0 && doc[at-1] != '>' || c == '"' || c == '\r' && at > 0 && doc[at-1] != '\n' {
				read(nasty+"f", doc[:at]+nasty+doc[at:])
				read("f", doc[:at]+"&#27;&#x202e;&#0;"+doc[at:])
				read("f", doc[:at]+`\u0000\u001b\u202e`+doc[at:])
			}
		}
	}
	read(nasty, mail("X: y", nasty))
	read("mail", mail("TLS-Report-Domain: "+nasty, "r"))
	read("mail", strings.NewReplacer("Reports", nasty, "example.com Submitter", nasty, "<m-1", "<"+nasty).Replace(mail("X: y", nasty)))
	if all < 300 || told < all-20 { // with its boundary or type broken, a mail is no report
		t.Errorf("%d of %d are reports", told, all)
	}
}

// FuzzRead is about reading as a whole: no panic, no error of its own, one
// verdict for each report, nothing unfit to store, and the same again.
func FuzzRead(f *testing.F) {
	packed := gzipped(good)
	for _, seed := range []string{
		good, goodTLS, packed, good + good, mailHead + multi("mixed", prose, attached("application/gzip", rfcName, packed)),
		failureMail("report; report-type=feedback-report", "\r\n"+goodFeedback, goodSample), zip64("r.xml", good),
		privateHead + multi("mixed", "Content-Type: message/rfc822\r\n\r\n"+mailHead+multi("related", attached("text/xml", "r.xml", good))),
	} {
		f.Add([]byte(seed))
	}
	for _, fixture := range unopened(f) {
		f.Add([]byte(fixture.data))
		f.Add([]byte(mailHead + multi("mixed", prose, attached("application/octet-stream", "r.bin", fixture.data))))
	}
	limits := reading.Limits{InflatedBytes: 1 << 20, HeldBytes: 1 << 20, Time: -1}
	used := reading.NewReader(limits, clock)
	f.Fuzz(func(t *testing.T, data []byte) {
		var verdicts [2]string
		for n, r := range []*reading.Reader{used, reading.NewReader(limits, clock)} {
			var i inspector
			out, err := r.Read(t.Context(), mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data)), Name: "x"}, &i)
			if err != nil {
				t.Fatal(err)
			}
			if i.open {
				i.bad = append(i.bad, "a report without a verdict")
			}
			if len(i.told) != out.Accepted+out.Refused || out.NotReport() != (out.Noticed != nil && len(i.told) == 0) {
				i.bad = append(i.bad, fmt.Sprintf("%+v, told %q", out, i.told))
			}
			if len(i.bad) > 0 {
				t.Fatal(errors.New(strings.Join(i.bad, "\n")))
			}
			verdicts[n] = strings.Join(i.told, "\n")
		}
		if verdicts[0] != verdicts[1] {
			t.Fatalf("first\n%s\nthen\n%s", verdicts[0], verdicts[1])
		}
	})
}
