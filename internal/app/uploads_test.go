package app_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"sync/atomic"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
)

// form is a form of files, given as names and contents in turn.
func form(t *testing.T, pairs ...string) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i+1 < len(pairs); i += 2 {
		part, err := w.CreateFormFile("file", pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), body
}

func upload(t *testing.T, b *apptest.Browser, pairs ...string) apptest.Page {
	t.Helper()
	contentType, body := form(t, pairs...)
	return b.Send(t, "POST", b.Home+"uploads", contentType, body)
}

// aReport is a good report of an organization's domain.
func aReport(a *apptest.App, id, domain string) string {
	yesterday := a.Clock.Now().Add(-24 * 3600e9)
	return fmt.Sprintf(document, id, yesterday.Unix(), yesterday.Unix()+3600, domain)
}

func TestPlainFormLeadsToWhatBecameOfItsFiles(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	p := upload(t, w.owner, "good.xml", aReport(a, "up-1", w.domain), "known.xml", aReport(a, "r-"+w.slug, w.domain), "cut.xml", aReport(a, "up-2", w.domain)[:300], "", "")
	if p.Status != 303 || !strings.HasPrefix(p.Location, w.owner.Home+"receipts?upload=") {
		t.Fatalf("%d to %q: %s", p.Status, p.Location, p.Body)
	}
	list := w.owner.Get(t, p.Location)
	for _, want := range []string{"good.xml", "known.xml", "cut.xml", "Accepted", "Already known", "Refused", "uploaded by ada@first.example", "Of 3 files and mails: 1 accepted, 1 already known, 1 refused."} {
		if !strings.Contains(list.Body, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	if other := w.owner.Get(t, w.owner.Home+"receipts?source=import&verdict=all"); strings.Contains(other.Body, "good.xml") || !strings.Contains(other.Body, "imported by the operator") {
		t.Error("the list by source does not choose")
	}
}

func TestScriptGetsTheRowsOfItsFile(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	w.owner.Header.Set("HX-Request-Type", "partial")
	p := upload(t, w.owner, "good.xml", aReport(a, "up-1", w.domain))
	if p.Status != 200 || strings.Contains(p.Body, "<html") || !strings.Contains(p.Body, `<tr data-verdict="accepted">`) || !strings.Contains(p.Body, `data-tally="accepted" data-count="1"`) || !strings.Contains(p.Body, "/reports/") || !strings.Contains(p.Body, "/receipts/") {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	for name, p := range map[string]apptest.Page{
		"no file":  upload(t, w.owner),
		"no form":  w.owner.Post(t, w.owner.Home+"uploads", "file", "x"),
		"cut form": cutForm(t, w.owner),
	} {
		if p.Status != 422 || strings.Contains(p.Body, "<html") || !strings.Contains(p.Body, "data-sentence") {
			t.Errorf("%s: %d %s", name, p.Status, p.Body)
		}
	}
}

func cutForm(t *testing.T, b *apptest.Browser) apptest.Page {
	t.Helper()
	contentType, body := form(t, "a.xml", "<feedback>")
	return b.Send(t, "POST", b.Home+"uploads", contentType, bytes.NewReader(body.Bytes()[:body.Len()-20]))
}

// endless is a body that never ends and counts what was taken of it.
type endless struct {
	head  io.Reader
	taken atomic.Int64 // the transport may still be sending when the answer is there
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.head.Read(p); err == nil {
		return n, nil
	}
	clear(p)
	e.taken.Add(int64(len(p)))
	return len(p), nil
}

func TestUploadAboveTheBoundIsRefusedUnread(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	contentType, whole := form(t, "a.xml", strings.Repeat("a", report.MaxUpload+1<<20))
	for name, partial := range map[string]string{"page": "", "script": "partial"} {
		w.owner.Header.Set("HX-Request-Type", partial)
		p := w.owner.Send(t, "POST", w.owner.Home+"uploads", contentType, bytes.NewReader(whole.Bytes()))
		if p.Status != 413 || !strings.Contains(p.Body, "larger than 50 MB") || strings.Contains(p.Body, "<html") != (partial == "") {
			t.Errorf("%s: %d %.300s", name, p.Status, p.Body)
		}
	}
	// One that does not say how long it is.
	contentType, head := form(t, "a.xml", "<feedback>")
	body := &endless{head: bytes.NewReader(head.Bytes()[:head.Len()-64])}
	p := w.owner.Send(t, "POST", w.owner.Home+"uploads", contentType, body)
	if taken := body.taken.Load(); p.Status != 413 || taken > report.MaxUpload+32<<20 {
		t.Errorf("without a length: %d after %d bytes", p.Status, taken)
	}
}

func TestLargeFileIsReadFromTheDisk(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	head, record, _ := strings.Cut(aReport(a, "large", w.domain), "<record>")
	large := head + strings.Repeat("<record>"+strings.TrimSuffix(record, "</feedback>"), 5000) + "</feedback>"
	if len(large) < 1<<20 {
		t.Fatalf("%d bytes are not large", len(large))
	}
	if p := upload(t, w.owner, "large.xml", large); p.Status != 303 || !strings.Contains(w.owner.Get(t, p.Location).Body, "Accepted") {
		t.Errorf("%d to %q", p.Status, p.Location)
	}
}

func TestFormOfMoreFilesThanOneMayHave(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	var pairs []string
	for i := range 101 {
		pairs = append(pairs, fmt.Sprintf("%d.xml", i), aReport(a, fmt.Sprint("many-", i), w.domain))
	}
	p := upload(t, w.owner, pairs...)
	if p.Status != 422 || !strings.Contains(p.Body, "The first 100 files are read") || !strings.Contains(p.Body, "See what was read before.") {
		t.Errorf("%d: %.200s", p.Status, p.Body)
	}
	var n int
	query(t, a, `SELECT count(*) FROM reports WHERE reporter_id LIKE 'many-%'`).into(&n)
	if n != 100 {
		t.Errorf("%d files are stored, want 100", n)
	}
}
