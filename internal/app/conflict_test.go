package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
)

// rivals are two files of each kind that differ from what newWorld stored.
func rivals(a *apptest.App, w world) map[string]struct{ content, says string } {
	yesterday := a.Clock.Now().Add(-24 * time.Hour)
	aggregate := fmt.Sprintf(document, "r-"+w.slug, yesterday.Unix(), yesterday.Unix()+3600, w.domain)
	tls := fmt.Sprintf(tlsDocument, yesterday.UTC().Format(time.DateOnly), w.slug, w.domain)
	return map[string]struct{ content, says string }{
		"aggregate": {strings.Replace(aggregate, "<count>3", "<count>41", 1), "3 messages, 100.0 % passed|41 messages, 100.0 % passed"},
		"tls":       {strings.Replace(tls, `successful-session-count":1`, `successful-session-count":3`, 1), "2 sessions, 50.0 % succeeded|4 sessions, 75.0 % succeeded"},
	}
}

func TestConflictIsDecidedAndUndoneInThePages(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	viewer := join(t, a, w.slug, "viewer")
	for kind, c := range rivals(a, w) {
		first := fmt.Sprintf("%sreports/%d", w.owner.Home, w.report)
		if kind == "tls" {
			first = fmt.Sprintf("%stls/%d", w.owner.Home, w.tls)
		}
		upload(t, w.owner, kind, c.content)
		var id int64
		query(t, a, `SELECT receipt_id FROM receipts WHERE label = $1`, kind).into(&id)
		mail := fmt.Sprintf("%sreceipts/%d", w.owner.Home, id)

		says(t, w.owner.Get(t, first), "nobody has chosen yet", `href="`+mail+`"`)
		numbers := strings.Split(c.says, "|")
		says(t, w.owner.Get(t, mail), "As long as you choose nothing, the other one counts.", "Counted now", "This one", "imported by the operator", "uploaded by ada@first.example",
			" UTC", `href="`+first+`"`, `value="replace"`, `value="add"`)
		for _, n := range numbers {
			count, rest, _ := strings.Cut(n, " ")
			unit, share, _ := strings.Cut(rest, ", ")
			says(t, w.owner.Get(t, mail), ">"+count+", "+share+"<", ">"+strings.ToUpper(unit[:1])+unit[1:]+"<")
		}
		if p := viewer.Get(t, mail); p.Status != 200 || !strings.Contains(p.Body, "Counted now") || strings.Contains(p.Body, `action="`+mail+"/choice") {
			t.Errorf("%s, as a viewer: %d, or with a choice", kind, p.Status)
		}

		for _, choice := range []string{"add", "replace"} {
			if p := w.owner.Post(t, mail+"/choice", "part", "0", "choice", choice); p.Status != 303 || p.Location != mail {
				t.Fatalf("%s, %s: %d to %q", kind, choice, p.Status, p.Location)
			}
			undo := `action="` + mail + `/choice"`
			var chosen int64
			query(t, a, `SELECT report_id FROM receipt_lines WHERE receipt_id = $1`, id).into(&chosen)
			second := fmt.Sprintf("%s/%d", path.Dir(first), chosen)
			for _, page := range []string{mail, second} {
				says(t, w.owner.Get(t, page), "You chose ", "Take this choice back", undo)
				if p := viewer.Get(t, page); strings.Contains(p.Body, undo) {
					t.Errorf("%s: a viewer may take it back", kind)
				}
			}
			says(t, w.owner.Get(t, w.owner.Home+"receipts"), "Nothing is left out")
			if choice == "replace" {
				for _, b := range []*apptest.Browser{w.owner, viewer} {
					if p := b.Get(t, first); p.Status != 303 || p.Location != second {
						t.Errorf("%s: the address of what was replaced answers %d to %q", kind, p.Status, p.Location)
					}
				}
				var formerly int64
				query(t, a, `SELECT receipt_id FROM receipt_items WHERE verdict = 'replaced' AND kind = $1`, kind).into(&formerly)
				says(t, w.owner.Get(t, fmt.Sprintf("%sreceipts/%d", w.owner.Home, formerly)), "You chose that the other one counts.", `value="replace"`)
				says(t, w.owner.Get(t, second), fmt.Sprintf(`href="%sreceipts/%d"`, w.owner.Home, formerly))
			}
			if p := w.owner.Post(t, mail+"/choice", "part", "0", "choice", "undo"); p.Status != 303 || p.Location != mail {
				t.Fatalf("%s, undone: %d to %q", kind, p.Status, p.Location)
			}
			says(t, w.owner.Get(t, mail), "Your choice is taken back", "As long as you choose nothing")
			says(t, w.owner.Get(t, w.owner.Home+"receipts"), "1 of ")
		}
		p := w.owner.Get(t, first)
		if p.Status != 303 {
			t.Errorf("%s: after all of it, the first address answers %d", kind, p.Status)
		}
		stranger := a.SignIn(t, "eve@second.example")
		if p := stranger.Get(t, first); p.Status != 404 {
			t.Errorf("%s: a stranger gets %d", kind, p.Status)
		}
		w.owner.Post(t, mail+"/choice", "part", "0", "choice", "add") // so that nothing is left out
	}
	if p := w.owner.Get(t, w.owner.Home+"reports/999999"); p.Status != 404 {
		t.Errorf("a report that never was: %d", p.Status)
	}
}

// zipOf is a zip file of two entries.
func zipOf(t *testing.T, pairs ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReportsOfOneFileAreToldApart(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	one, two := aReport(a, "one", w.domain), aReport(a, "two", w.domain)
	upload(t, w.owner, "both.zip", zipOf(t, "one.xml", one, "two.xml", two))
	changed := func(s string) string { return strings.Replace(s, "<count>", "<count>1", 1) }
	upload(t, w.owner, "changed.zip", zipOf(t, "one.xml", changed(one), "two.xml", changed(two)))
	page := func(label string) apptest.Page {
		var id int64
		query(t, a, `SELECT receipt_id FROM receipts WHERE label = $1`, label).into(&id)
		return w.owner.Get(t, fmt.Sprintf("%sreceipts/%d", w.owner.Home, id))
	}
	says(t, page("both.zip"), "The report about first.example (one.xml, report 1 of 2)", "The report about first.example (two.xml, report 2 of 2)")
	says(t, page("changed.zip"), "This one: one.xml, report 1 of 2", "This one: two.xml, report 2 of 2")
}

func TestSameFileAgainLeadsToItsFirstReceipt(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	for _, name := range []string{"cut.xml", "again.xml"} {
		upload(t, w.owner, name, aReport(a, "cut", w.domain)[:300])
	}
	var first, again int64
	query(t, a, `SELECT min(receipt_id), max(receipt_id) FROM receipts WHERE source = 'upload'`).into(&first, &again)
	link := fmt.Sprintf(`href="%sreceipts/%d"`, w.owner.Home, first)
	says(t, w.owner.Get(t, fmt.Sprintf("%sreceipts/%d", w.owner.Home, again)), "Already known", "The very same mail or file was read before", link)
	says(t, w.owner.Get(t, w.owner.Home+"receipts?verdict=known"), "The first time it was read", link)
	says(t, w.owner.Get(t, w.owner.Home+"receipts"), "1 of 5 mails and files is not counted")
}

func TestDamagedOriginalIsSaidToBe(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	mail := fmt.Sprintf("%sreceipts/%d", w.owner.Home, w.receipt)
	query(t, a, `UPDATE originals SET content = 'spoilt' WHERE receipt_id = $1 RETURNING receipt_id`, w.receipt).into(&w.receipt)
	counts, err := a.Reparse(t.Context(), w.slug, report.Originals{Since: a.Clock.Now().Add(-time.Hour)})
	if err != nil || counts[report.Turn{Before: report.Accepted, After: report.Damaged}] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	p := w.owner.Get(t, mail)
	says(t, p, "Accepted", "It is damaged and can no longer be read.")
	if strings.Contains(p.Body, "/original") || strings.Contains(w.owner.Get(t, fmt.Sprintf("%sreports/%d", w.owner.Home, w.report)).Body, "/original") {
		t.Error("it is offered for download")
	}
}
