package app_test

import (
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

func TestEmptyListsSayWhyAndWhatIsNext(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	slug := strings.Split(b.Home, "/")[2]
	viewer := join(t, a, slug, "viewer")
	lists := []string{"reports", "receipts", "reporters", "tls", "failures"}
	for _, list := range lists {
		says(t, b.Get(t, b.Home+list), "No mailbox is connected", b.Home+"mailboxes/new")
		if list == "failures" {
			continue // not for viewers
		}
		p := viewer.Get(t, b.Home+list)
		says(t, p, "No mailbox is connected", "An owner or admin of your organization can connect it.")
		if strings.Contains(p.Body, "mailboxes/new") {
			t.Errorf("%s offers a viewer to connect a mailbox", list)
		}
	}
	connect(t, b, slug)
	var n int
	query(t, a, `WITH u AS (UPDATE mailboxes SET state = 'polling', next_at = now() + interval '1 day' RETURNING 1) SELECT count(*) FROM u`).into(&n)
	for _, list := range lists {
		want := "No domain is watched yet"
		if list == "receipts" {
			want = "No mail was read yet"
		}
		says(t, b.Get(t, b.Home+list), want)
	}
	b.Post(t, b.Home+"domains", "domain", "first.example")
	says(t, b.Get(t, b.Home+"reports"), "No report has arrived yet")
	says(t, b.Get(t, b.Home+"reporters"), "No report has arrived yet")
	take(t, a, slug, fmt.Sprintf(document, "old", 1577836800, 1577836800+3600, "first.example"))
	says(t, b.Get(t, b.Home+"reports"), "There are reports about other days.")
	says(t, b.Get(t, b.Home+"reporters"), "There are reports about other days or domains.")
	says(t, b.Get(t, b.Home+"receipts"), "Nothing is left out")
	says(t, b.Get(t, b.Home+"receipts?source=upload&verdict=all"), "Nothing came in this way yet")
}

// Words about mails fit files, and advice fits who reads it.
func TestReceiptSpeaksOfWhatItIsAbout(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	take(t, a, w.slug, aReport(a, "cut", w.domain)[:300], aReport(a, "held", "other.example"))
	receipt := func(verdict, reason string) string {
		t.Helper()
		var id int64
		query(t, a, `SELECT receipt_id FROM receipts WHERE verdict = $1 AND coalesce(reason, '') LIKE $2`, verdict, reason).into(&id)
		return fmt.Sprintf("%sreceipts/%d", w.owner.Home, id)
	}
	refused := w.owner.Get(t, receipt("refused", "truncated%"))
	says(t, refused, "It could not be read, so nothing of it is counted.")
	for _, wrong := range []string{"The mail itself", "It is shown"} {
		if strings.Contains(refused.Body, wrong) {
			t.Errorf("a refused file: the page says %q", wrong)
		}
	}
	held := receipt("held", "domain_not_watched")
	says(t, w.owner.Get(t, held), "Add other.example on the page of your domains", "Go to your domains", w.owner.Home+"domains")
	viewer := join(t, a, w.slug, "viewer").Get(t, held)
	says(t, viewer, "An owner, admin or member of your organization can add other.example")
	if strings.Contains(viewer.Body, "Go to your domains") {
		t.Error("a viewer is sent to a page where they cannot add it")
	}
	var failure int64
	query(t, a, `SELECT receipt_id FROM failure_reports WHERE failure_id = $1`, w.failure).into(&failure)
	p := w.owner.Get(t, fmt.Sprintf("%sreceipts/%d", w.owner.Home, failure))
	says(t, p, "What is kept of it is deleted after 30 days.")
	if strings.Contains(p.Body, "is counted") {
		t.Error("a failure report is said to be counted")
	}
	says(t, w.owner.Get(t, fmt.Sprintf("%sreports/%d", w.owner.Home, w.report)), "the file it came in")
	says(t, w.owner.Get(t, fmt.Sprintf("%stls/%d", w.owner.Home, w.tls)), "this file")
}
