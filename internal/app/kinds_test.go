package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
)

// take imports contents into the organization.
func take(t *testing.T, a *apptest.App, slug string, contents ...string) {
	t.Helper()
	var files []report.File
	for _, c := range contents {
		files = append(files, report.File{Name: "a.eml", Content: strings.NewReader(c), Size: int64(len(c))})
	}
	if _, err := a.Import(t.Context(), slug, files); err != nil {
		t.Fatal(err)
	}
}

// says checks that a page answers and says all of it.
func says(t *testing.T, p apptest.Page, words ...string) {
	t.Helper()
	if p.Status != 200 {
		t.Errorf("status %d", p.Status)
	}
	text := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(p.Body)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func TestTLSPagesSayWhatReportsSay(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	yesterday := a.Clock.Now().Add(-24 * time.Hour).UTC().Format(time.DateOnly)
	hostile := strings.Replace(fmt.Sprintf(tlsDocument, yesterday, "hostile", w.domain), `"failed-session-count":1`,
		`"failed-session-count":1,"additional-information":"javascript:alert(1)","receiving-mx-hostname":"<script>alert(2)</script>"`, 1)
	take(t, a, w.slug, strings.Replace(hostile, "certificate-expired", "<b>odd</b>", 1))

	page := w.owner.Get(t, w.owner.Home+"tls")
	says(t, page, "50.0 % of 4 TLS sessions succeeded.", "Certificate expired", "Renew the certificate", "MTA-STS", "2 reports", "&lt;b&gt;odd&lt;/b&gt;")
	one := w.owner.Get(t, fmt.Sprintf("%stls/%d", w.owner.Home, w.tls))
	says(t, one, "receiver.example made 2 TLS sessions; 50.0 % succeeded.", "t-"+w.slug, "tls@receiver.example", "receipts/", "/original")
	second := w.owner.Get(t, fmt.Sprintf("%stls/%d", w.owner.Home, w.tls+1))
	says(t, second, "&lt;script&gt;alert(2)", "javascript:alert(1)")
	for name, p := range map[string]apptest.Page{"list": page, "report": second} {
		if strings.Contains(p.Body, "<script>alert") || strings.Contains(p.Body, "<b>odd") || strings.Contains(p.Body, `href="javascript`) {
			t.Errorf("%s: text from a report is markup", name)
		}
	}
	says(t, w.owner.Get(t, w.owner.Home+"tls?days=7&domain="+w.domain), "Last 7 days", "50.0 % of 4")
	for _, odd := range []string{"tls?days=x&domain=y&before=z", "tls?before=2026-11-01.x", fmt.Sprintf("tls/%d?policies=-1&failures=99999999999", w.tls)} {
		says(t, w.owner.Get(t, w.owner.Home+odd))
	}
	if p := w.owner.Get(t, w.owner.Home+"tls/x"); p.Status != 404 {
		t.Errorf("no number: %d", p.Status)
	}
	if p := join(t, a, w.slug, "viewer").Get(t, fmt.Sprintf("%stls/%d", w.owner.Home, w.tls)); p.Status != 200 || strings.Contains(p.Body, "/original") {
		t.Errorf("as a viewer: %d, or with a way to the original", p.Status)
	}
}

func TestTLSPageSaysWhyItIsEmpty(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	slug := strings.Split(b.Home, "/")[2]
	says(t, b.Get(t, b.Home+"tls"), "No TLS report is counted yet.", "No mailbox is connected", "Connect a mailbox")
	b.Post(t, b.Home+"domains", "domain", "first.example")
	says(t, b.Get(t, b.Home+"tls"), "No TLS report has arrived yet.", "_smtp._tls.first.example", "v=TLSRPTv1; rua=mailto:ada@first.example")
	says(t, b.Get(t, b.Home+"tls?domain=first.example&address=tls@other.example"), "rua=mailto:tls@other.example")
	says(t, b.Get(t, b.Home+"tls?address=nobody"), "Type the whole address", `value="nobody"`)
	take(t, a, slug, fmt.Sprintf(tlsDocument, "2020-01-01", "old", "first.example"))
	says(t, b.Get(t, b.Home+"tls"), "No TLS reports in these days")
}

func TestFailureReportsAreForOwnersAndAdmins(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	one := fmt.Sprintf("%sfailures/%d", w.owner.Home, w.failure)
	var receipt int64
	query(t, a, `SELECT receipt_id FROM failure_reports WHERE failure_id = $1`, w.failure).into(&receipt)
	mail := fmt.Sprintf("%sreceipts/%d", w.owner.Home, receipt)
	for _, role := range []string{"viewer", "member", "admin"} {
		b, may := join(t, a, w.slug, role), role == "admin"
		status := map[bool]int{true: 200, false: 403}[may]
		for _, path := range []string{w.owner.Home + "failures", one} {
			if p := b.Get(t, path); p.Status != status || strings.Contains(p.Body, "192.0.2.9") != may {
				t.Errorf("%s as %s: %d", path, role, p.Status)
			}
		}
		if p := b.Get(t, w.owner.Home+"reports"); strings.Contains(p.Body, "Failure reports") != may {
			t.Errorf("%s is shown the way there: %v", role, !may)
		}
		if p := b.Get(t, mail); p.Status != 200 || strings.Contains(p.Body, one) != may || strings.Contains(p.Body, "192.0.2.9") {
			t.Errorf("the mail's page as %s: %d", role, p.Status)
		}
	}
	says(t, w.owner.Get(t, w.owner.Home+"failures"), "1 failure report, kept for 30 days after reading", "deleted after 30 days", "192.0.2.9")
	deleted := a.Clock.Now().Add(30 * 24 * time.Hour).UTC().Format("2 Jan 2006")
	says(t, w.owner.Get(t, one), "A mail sent as "+w.domain+" from 192.0.2.9 failed DMARC.", deleted, "Deleted on")
	if p := w.owner.Get(t, mail+"/original"); p.Status != 404 {
		t.Errorf("the original of a failure report: %d", p.Status)
	}
	// Not in what searches and lists reports.
	for _, path := range []string{"reports?ip=192.0.2.9", "senders", ""} {
		if p := w.owner.Get(t, w.owner.Home+path); strings.Contains(strings.Replace(p.Body, `value="192.0.2.9"`, "", 1), ">192.0.2.9</a>") {
			t.Errorf("/%s shows a failure report", path)
		}
	}
	a.Clock.Advance(30 * 24 * time.Hour)
	b := a.SignIn(t, "ada@first.example")
	if p := b.Get(t, one); p.Status != 404 || !strings.Contains(p.Body, "no such page") {
		t.Errorf("after 30 days: %d", p.Status)
	}
	if p := b.Get(t, mail); p.Status != 200 || strings.Contains(p.Body, one) {
		t.Errorf("the mail's page after 30 days: %d, or it leads to nothing", p.Status)
	}
}
