package demo

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 5, 20, 12, 30, 0, 0, time.UTC)

// whole is the full story, told once for all tests.
var whole = sync.OnceValues(func() ([]Mail, Manifest) { return Reports(noon, Seed) })

func sameMail(a, b Mail) bool {
	return bytes.Equal(a.Raw, b.Raw) && a.Received.Equal(b.Received) && a.Kind == b.Kind && a.Note == b.Note
}

func TestStoryIsStable(t *testing.T) {
	t.Parallel()
	s := Story{Start: noon.AddDate(0, 0, -4), Seed: Seed}
	first, manifest := s.Mails(noon)
	again, same := s.Mails(noon)
	if !slices.EqualFunc(first, again, sameMail) || !cmp.Equal(manifest, same) {
		t.Fatal("two tellings differ")
	}
	if other, _ := (Story{Start: s.Start, Seed: Seed + 1}).Mails(noon); slices.EqualFunc(first, other, sameMail) {
		t.Fatal("the seed changes nothing")
	}
	// The same story two days later only has more at its end, so that a
	// mailbox keeps its numbering and a database its reports.
	later, _ := s.Mails(noon.AddDate(0, 0, 2))
	if len(later) <= len(first) {
		t.Fatalf("%d mails, later %d", len(first), len(later))
	}
	for i, m := range first {
		if !bytes.Equal(m.Raw, later[i].Raw) {
			t.Fatalf("mail %d differs later", i)
		}
	}
	for i, m := range first {
		if m.Received.After(noon) || i > 0 && m.Received.Before(first[i-1].Received) {
			t.Fatalf("mail %d received %s", i, m.Received)
		}
	}
}

func TestStoryHasItsSize(t *testing.T) {
	t.Parallel()
	mails, manifest := whole()
	kinds := map[Kind]int{}
	for _, m := range mails {
		kinds[m.Kind]++
	}
	t.Logf("%d mails %v %+v", len(mails), kinds, manifest)
	if n := kinds[Report]; n < 2300 || n > 2700 {
		t.Errorf("%d reports", n)
	}
	org, com, net := manifest.Domains["example.org"], manifest.Domains["example.com"], manifest.Domains["example.net"]
	if org.Reports+com.Reports+net.Reports != kinds[Report] {
		t.Errorf("reports do not add up: %+v", manifest)
	}
	if org.Messages < 4*com.Messages || com.Messages < 10*net.Messages || net.Messages == 0 || net.Aligned != 0 {
		t.Errorf("busy, medium and parked: %+v", manifest.Domains)
	}
	if rate := float64(org.Aligned) / float64(org.Messages); rate < 0.6 || rate > 0.95 {
		t.Errorf("example.org passes %.2f", rate)
	}
	if tls := manifest.TLS["example.org"]; kinds[TLS] != tls.Reports+manifest.TLS["example.com"].Reports || tls.Failed == 0 || tls.Successful < 10*tls.Failed {
		t.Errorf("%d TLS reports: %+v", kinds[TLS], manifest.TLS)
	}
	want := Manifest{Domains: manifest.Domains, TLS: manifest.TLS, Failures: kinds[Failure], Duplicates: kinds[Duplicate], Conflicts: kinds[Conflict], Refused: kinds[Malformed], Ordinary: kinds[Ordinary]}
	if d := cmp.Diff(want, manifest); d != "" || kinds[Conflict] != 1 || kinds[Malformed] != 6 || kinds[Duplicate] != 7 || kinds[Ordinary] < 20 || kinds[Failure] != 10 {
		t.Errorf("%v %s", kinds, d)
	}
}

func TestMailsReadBackAsTheManifestSays(t *testing.T) {
	t.Parallel()
	mails, manifest := whole()
	got := map[string]Totals{}
	keys := map[string]bool{}
	orgs := map[string]bool{}
	for n, m := range mails {
		doc := payload(t, m.Raw)
		if m.Kind != Report {
			continue
		}
		if n%50 == 0 { // well formed; all of them would take long
			if err := xml.Unmarshal(doc, new(struct{})); err != nil {
				t.Fatalf("%v in %s", err, doc)
			}
		}
		head, rows, _ := strings.Cut(string(doc), "<record>")
		org, domain := between(head, "org_name"), between(head, "domain")
		begin, end := number(t, head, "begin"), number(t, head, "end")
		key := strings.Join([]string{org, domain, between(head, "report_id"), between(head, "begin")}, "|")
		if keys[key] {
			t.Errorf("key twice: %s", key)
		}
		keys[key], orgs[org] = true, true
		sum := got[domain]
		sum.Reports++
		for r := range strings.SplitSeq(rows, "<record>") {
			count := number(t, r, "count")
			sum.Records++
			sum.Messages += count
			evaluated := between(r, "policy_evaluated")
			if between(evaluated, "dkim") == "pass" || between(evaluated, "spf") == "pass" {
				sum.Aligned += count
			}
			if !documentation(between(r, "source_ip")) || count < 1 || !strings.HasSuffix(between(r, "header_from"), domain) {
				t.Fatalf("row %s", r)
			}
		}
		got[domain] = sum
		if end-begin < 43199 || end-begin > 86400 || time.Unix(int64(end), 0).After(m.Received) {
			t.Fatalf("range %d to %d, received %s", begin, end, m.Received)
		}
	}
	if d := cmp.Diff(manifest.Domains, got); d != "" {
		t.Error(d)
	}
	if len(orgs) != len(reporters) {
		t.Errorf("reporters %v", orgs)
	}
}

// between returns the content of the first element of a name. A reader of its
// own, so that the generator does not check itself.
func between(s, name string) string {
	_, s, _ = strings.Cut(s, "<"+name+">")
	s, _, _ = strings.Cut(s, "</"+name+">")
	return s
}

func number(t *testing.T, s, name string) int {
	t.Helper()
	n, err := strconv.Atoi(between(s, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func documentation(ip string) bool {
	return slices.ContainsFunc([]string{"192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"}, func(p string) bool { return strings.HasPrefix(ip, p) })
}

// payload finds the report in a mail; what cannot be read is nil.
func payload(t *testing.T, raw []byte) []byte {
	t.Helper()
	if i := bytes.Index(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")); i >= 0 {
		t.Fatalf("bare LF in %.200q", raw)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return part(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

func part(t *testing.T, contentType, encoding string, body io.Reader) []byte {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%s: %v", contentType, err)
	}
	if strings.HasPrefix(media, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		var found []byte
		for {
			p, err := r.NextPart()
			if err == io.EOF {
				return found
			}
			if err != nil {
				t.Fatal(err)
			}
			if doc := part(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); doc != nil {
				found = doc
			}
		}
	}
	if encoding == "base64" {
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK")):
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil
		}
		f, err := z.File[0].Open()
		if err != nil {
			return nil
		}
		doc, _ := io.ReadAll(f)
		return doc
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		doc, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	case media == "text/xml":
		return data
	}
	return nil
}
