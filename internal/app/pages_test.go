package app_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	before := fingerprint(t, a, w.slug)
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		w.owner.Header.Set(header, value)
		for _, r := range routes(t, a) {
			if r.method != "POST" || r.need == "token" { // no browser shows one by itself
				continue
			}
			if p := w.owner.Do(t, "POST", r.fill(w.slug, w), map[string][]string{"name": {"Mine now"}}); p.Status != 403 {
				t.Errorf("%s with %s: %s: %d, want 403", r, header, value, p.Status)
			}
		}
		w.owner.Header.Del(header)
	}
	if after := fingerprint(t, a, w.slug); after != before {
		t.Errorf("another site's form changed something:\n%s\n%s", before, after)
	}
}

func TestHeadAnswersAsGetDoesWithoutABody(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	for _, path := range []string{"/signin/sent", "/healthz", "/readyz", b.Home + "welcome", b.Home + "reports/1", "/nothing"} {
		get, head := b.Get(t, path), b.Do(t, "HEAD", path, nil)
		if head.Status != get.Status || head.Body != "" {
			t.Errorf("HEAD %s: %d with %d bytes, GET: %d", path, head.Status, len(head.Body), get.Status)
		}
	}
}

func TestBodyAboveTheBoundIsRefusedWithAPage(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	before := fingerprint(t, a, w.slug)
	large := map[string][]string{"name": {"Renamed"}, "email": {"ada@first.example"}, "x": {strings.Repeat("a", 64<<10)}}
	for _, path := range []string{"/signin", "/theme", w.owner.Home + "settings", w.owner.Home + "mailboxes/" + w.mailbox + "/delete"} {
		p := w.owner.Do(t, "POST", path, large)
		if p.Status != 413 || !strings.Contains(p.Body, "64 KB") || !strings.Contains(p.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s, want a page that says the bound", path, p.Status, p.Header.Get("Content-Type"))
		}
	}
	if after := fingerprint(t, a, w.slug); after != before {
		t.Errorf("a form that was too large changed something:\n%s\n%s", before, after)
	}
}

func TestTextThatNoDatabaseHoldsIsRefusedWithAPage(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	for _, bad := range []string{"%00", "%ff", "a%00b"} {
		for _, path := range []string{"reports?sender=" + bad, "reports?reporter=" + bad, "receipts?verdict=" + bad, "domains/" + bad, "welcome?address=" + bad, "tls?domain=" + bad} {
			if p := w.owner.Get(t, w.owner.Home+path); p.Status >= 500 {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
	}
	for _, bad := range []string{"\x00", "\xff"} {
		for _, path := range []string{"/signin", w.owner.Home + "settings", w.owner.Home + "domains"} {
			if p := w.owner.Post(t, path, "email", "a"+bad+"@example.org", "name", "a"+bad, "domain", "a"+bad+".example"); p.Status < 400 || p.Status >= 500 {
				t.Errorf("POST %s with %q: %d", path, bad, p.Status)
			}
		}
		p := w.owner.Post(t, w.owner.Home+"mailboxes/new", "host", "127.0.0.1", "port", "993", "protocol", "imap", "security", "tls", "username", "u"+bad,
			"password", "p"+bad, "folder", "f"+bad, "after", "leave", "since", "90")
		if p.Status < 400 || p.Status >= 500 {
			t.Errorf("a mailbox with %q: %d", bad, p.Status)
		}
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	const sentence = "The organization has a new name."
	if p := b.Post(t, b.Home+"settings", "name", "Ada’s"); p.Status != 303 {
		t.Fatalf("renaming: %d", p.Status)
	}
	if p := b.Get(t, b.Home+"settings"); !strings.Contains(p.Body, sentence) {
		t.Error("the next page does not show it")
	}
	if p := b.Get(t, b.Home+"settings"); strings.Contains(p.Body, sentence) {
		t.Error("the page after it shows it again")
	}
}

func TestNextNeverLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "evil.example", "/%2e//evil.example"} {
		if p := b.Get(t, "/signin?next="+next); p.Location != b.Home && p.Location != "/evil.example" {
			t.Errorf("next=%s leads to %q", next, p.Location)
		}
	}
	if p := b.Get(t, "/signin?next="+b.Home+"settings"); p.Location != b.Home+"settings" {
		t.Errorf("a page of ours: %q", p.Location)
	}
	for _, back := range []string{"//evil.example", "/\t/evil.example", `/\evil.example`} {
		if p := b.Post(t, "/theme", "theme", "dark", "back", back); p.Location != "/" {
			t.Errorf("theme back=%q leads to %q", back, p.Location)
		}
	}
}

func TestThemeIsRememberedAndForgotten(t *testing.T) {
	t.Parallel()
	b := apptest.New(t).Browser(t)
	if p := b.Post(t, "/theme", "theme", "dark", "back", "/signin"); p.Status != 303 || p.Location != "/signin" {
		t.Fatalf("choosing: %d to %q", p.Status, p.Location)
	}
	if p := b.Get(t, "/signin"); !strings.Contains(p.Body, `data-theme="dark"`) {
		t.Error("the page is not dark")
	}
	b.Post(t, "/theme", "theme", "system")
	if p := b.Get(t, "/signin"); strings.Contains(p.Body, `data-theme="dark"`) {
		t.Error("the page is still dark")
	}
}

func TestErrorPagesStandInTheRightFrame(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	const nothing = "There is no such page"
	inside, outside := w.owner.Get(t, w.owner.Home+"reports/999999"), a.Browser(t).Get(t, "/nothing")
	if inside.Status != 404 || !strings.Contains(inside.Body, nothing) || !strings.Contains(inside.Body, w.owner.Home+"reports") {
		t.Errorf("inside an organization: %d, without its navigation", inside.Status)
	}
	if outside.Status != 404 || !strings.Contains(outside.Body, nothing) || strings.Contains(outside.Body, "/o/") {
		t.Errorf("outside: %d", outside.Status)
	}
}

func TestPartialRequestGetsAFragment(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	paths := []string{w.owner.Home, w.owner.Home + "mailboxes/" + w.mailbox + "/test"}
	for _, path := range paths {
		if p := w.owner.Get(t, path); p.Status != 200 || !strings.Contains(p.Body, "<html") {
			t.Errorf("%s: %d, not a whole page", path, p.Status)
		}
	}
	w.owner.Header.Set("HX-Request-Type", "partial")
	for _, path := range paths {
		p := w.owner.Get(t, path)
		if p.Status != 200 || strings.Contains(p.Body, "<html") || p.Header.Get("Vary") == "" {
			t.Errorf("%s: %d, not a fragment", path, p.Status)
		}
	}
}
