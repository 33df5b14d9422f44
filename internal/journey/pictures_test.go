package journey

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// picture writes what a person sees now; name says what it is.
func (b *tab) picture(name string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(root, "screenshots", name+".png")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, image, 0o644); err != nil {
		b.Fatal(err)
	}
}

// size sets the width of the window and makes it as high as the page, so that
// everything is in sight and charts further down are drawn too.
func (b *tab) size(width int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900, chromedp.EmulateScale(1)))
	height := promised[int64](b, frames+`.then(() => document.documentElement.scrollHeight)`)
	b.do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(1)))
	b.await(`[...document.querySelectorAll("[data-chart]")].every((c) => c.dataset.ready === "yes")`)
	promised[bool](b, frames+`.then(() => document.fonts.ready).then(() => true)`)
}

// looksGoodEverywhere takes pictures of the main pages in light, dark and on a
// phone, and checks what can be checked of how they look.
func (j *journey) looksGoodEverywhere() {
	axe := readAxe(j.T)
	for _, page := range []struct{ name, path string }{
		{"overview", "/"}, {"overview-90-days", "/?days=90"}, {"domains", "/domains"}, {"domain", "/domains/example.org?days=90"}, {"domain-parked", "/domains/example.net"},
		{"senders", "/senders"}, {"reports", "/reports"}, {"report", j.report[len(j.org):]},
		{"tls", "/tls?days=90"}, {"tls-report", j.tls[len(j.org):]}, {"failures", "/failures"}, {"failure", j.failure[len(j.org):]},
		{"mails", "/receipts"}, {"mails-all", "/receipts?verdict=all"}, {"upload", "/uploads"}, {"reporters", "/reporters?days=90"}, {"mail-refused", j.refusal[len(j.org):]},
		{"mailboxes", "/mailboxes"}, {"mailbox", j.mailbox[len(j.org):]}, {"mailbox-new", "/mailboxes/new"}, {"settings", "/settings"},
	} {
		j.looksGood(axe, page.name, j.org+page.path)
	}
	for _, page := range []string{"security", "privacy", "terms", "open-source", "operator"} {
		j.looksGood(axe, page, "/"+page)
	}
}

// readAxe reads the rules of axe-core.
func readAxe(t *testing.T) []byte {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(root, "web/node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not installed: run npm ci in web: %v", err)
	}
	return axe
}

// looksGood takes the pictures of one page and checks it, but for axe's rules without.
func (b *tab) looksGood(axe []byte, name, path string, without ...string) {
	b.Helper()
	b.open(path)
	for _, scheme := range []string{"dark", "light"} {
		b.scheme(scheme)
		b.size(1280)
		b.picture(name + "-" + scheme)
		b.accessible(axe, scheme, without...)
	}
	b.size(360)
	if width := look[int](b, `document.documentElement.scrollWidth`); width != 360 {
		b.Errorf("%s is %d px wide on a phone of 360", name, width)
	}
	b.picture(name + "-360")
}

// accessible runs axe's rules, the best practices too, but for some. In dark
// these are the rules about colours: whatever else they find, they find in light.
func (b *tab) accessible(axe []byte, scheme string, without ...string) {
	b.Helper()
	rules := map[string]map[string]bool{}
	for _, rule := range without {
		rules[rule] = map[string]bool{"enabled": false}
	}
	chosen := map[string]any{"resultTypes": []string{"violations"}, "rules": rules}
	if scheme == "dark" {
		chosen["runOnly"] = []string{"color-contrast", "link-in-text-block"}
	}
	options, err := json.Marshal(chosen)
	if err != nil {
		b.Fatal(err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](string(axe) + ";undefined"))
	found := promised[json.RawMessage](b, `axe.run(document, `+string(options)+`).then((r) =>
		r.violations.map((v) => ({rule: v.id, help: v.help, where: v.nodes.map((n) => n.html).slice(0, 3)})))`)
	var violations []struct {
		Rule, Help string
		Where      []string
	}
	if err := json.Unmarshal(found, &violations); err != nil {
		b.Fatal(err)
	}
	for _, v := range violations {
		b.Errorf("axe, %s: %s (%s) at %q", b.where(), v.Help, v.Rule, v.Where)
	}
}
