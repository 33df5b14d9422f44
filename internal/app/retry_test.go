package app_test

import (
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

func TestRefusedFileIsReadAgainInThePage(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	upload(t, w.owner, "cut.xml", aReport(a, "cut", w.domain)[:300])
	var id int64
	query(t, a, `SELECT receipt_id FROM receipts WHERE label = 'cut.xml'`).into(&id)
	page := fmt.Sprintf("%sreceipts/%d", w.owner.Home, id)
	if p := w.owner.Get(t, page); !strings.Contains(p.Body, `action="`+page+`/retry"`) || !strings.Contains(p.Body, "uploaded by ada@first.example") {
		t.Errorf("the receipt does not offer it: %s", p.Body)
	}
	if p := w.owner.Post(t, page+"/retry"); p.Status != 303 || p.Location != page {
		t.Errorf("%d to %q", p.Status, p.Location)
	}
	if p := w.owner.Get(t, page); !strings.Contains(p.Body, "is still refused") {
		t.Error("nothing is said of it")
	}
	if p := w.owner.Get(t, page+"/original"); !strings.HasSuffix(p.Header.Get("Content-Disposition"), fmt.Sprintf(`filename="report-%d.xml"`, id)) ||
		p.Header.Get("Content-Type") != "application/octet-stream" || p.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("its original: %v", p.Header)
	}
	if viewer := join(t, a, w.slug, "viewer").Get(t, page); strings.Contains(viewer.Body, "/retry") || strings.Contains(viewer.Body, "/original") {
		t.Error("it is offered to a viewer")
	}
	list := w.owner.Home + "receipts"
	if p := w.owner.Get(t, list); !strings.Contains(p.Body, "Read 1 refused mail or file again") {
		t.Error("the list does not offer it")
	}
	a.StopWorker() // so that it stays under way
	for range 2 {
		if p := w.owner.Post(t, list+"/retry"); p.Status != 303 || p.Location != list {
			t.Errorf("all: %d to %q", p.Status, p.Location)
		}
	}
	w.owner.Header.Set("HX-Request-Type", "partial")
	if p := w.owner.Get(t, list); !strings.Contains(p.Body, "Reading 1 refused mail or file again: 0 done.") || strings.Contains(p.Body, "<html") || strings.Contains(p.Body, "<form") {
		t.Errorf("under way: %s", p.Body)
	}
}
