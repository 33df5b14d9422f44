package journey

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"sendvery.com/sendvery/web/format"
)

// look reads something of the page.
func look[T any](b *tab, script string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.Fatalf("%s: %v, at %s", script, err, b.where())
	}
	return v
}

// await waits until something of the page is true; the page may change meanwhile.
func (b *tab) await(script string) {
	b.Helper()
	within(b.T, patience, "never true: "+script+", at "+b.where(), func() bool { return look[bool](b, script) })
}

// seesTheChart scrolls to the first chart of the page: charts are drawn once
// they are near.
func (b *tab) seesTheChart() {
	b.Helper()
	b.do(chromedp.ScrollIntoView(chromedp.CSS("[data-chart]")))
	b.await(`document.querySelector("[data-chart][data-ready=yes] canvas") !== null`)
}

// where is the address of the page.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimPrefix(at, b.base)
}

// text is what a person reads in the first element of the selector; "" without one.
func (b *tab) text(selector string) string {
	b.Helper()
	return plain(look[string](b, `document.querySelector(`+quote(selector)+`)?.innerText ?? ""`))
}

// texts is what a person reads in each element of the selector.
func (b *tab) texts(selector string) []string {
	b.Helper()
	all := look[[]string](b, `[...document.querySelectorAll(`+quote(selector)+`)].map((e) => e.innerText)`)
	for i := range all {
		all[i] = plain(all[i])
	}
	return all
}

// reads fails unless the page says each of the phrases.
func (b *tab) reads(phrases ...string) {
	b.Helper()
	page := b.text("body")
	for _, phrase := range phrases {
		if !strings.Contains(page, phrase) {
			b.Errorf("%s does not say %q but:\n%s", b.where(), phrase, page)
		}
	}
}

// at fails unless this is the page of the path.
func (b *tab) at(path string) {
	b.Helper()
	if got := b.where(); got != path {
		b.Fatalf("arrived at %s, want %s:\n%s", got, path, b.text("main"))
	}
}

// href is the path that the first link of the selector leads to.
func (b *tab) href(selector string) string {
	b.Helper()
	return strings.TrimPrefix(look[string](b, `document.querySelector(`+quote(selector)+`).href`), b.base)
}

// firstDay is the first day that the chart of the page shows.
func (b *tab) firstDay() time.Time {
	b.Helper()
	day, err := time.Parse(time.DateOnly, look[string](b, `JSON.parse(document.getElementById("volume-data").textContent).days[0].day`))
	if err != nil {
		b.Fatal(err)
	}
	return day
}

// plain takes away the thin spaces within numbers, "41203" and "98.7%", and
// makes one blank of any others.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, format.Thin, "")), " ")
}

func quote(s string) string {
	b, _ := json.Marshal(s) // of a string: never fails
	return string(b)
}
