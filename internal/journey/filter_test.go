package journey

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/chromedp/chromedp"
)

// filtersReports sets a filter by the form, by keyboard, and finds it in the
// address, so that the address can be sent to a colleague.
func (j *journey) filtersReports() {
	j.open(j.org + "/reports")
	j.do(click("details.filter-more > summary"))
	j.do(chromedp.SendKeys(chromedp.CSS("#field-reporter"), "google.com"))
	j.follow(`//button[normalize-space(.)="Apply filters"]`)
	at, err := url.Parse(j.where())
	if err != nil {
		j.Fatal(err)
	}
	if got := at.Query().Get("reporter"); at.Path != j.org+"/reports" || got != "google.com" {
		j.Fatalf("the filter leads to %s", at)
	}
	rows := j.texts(`[aria-label="Reports"] tbody a`)
	if len(rows) == 0 || slices.ContainsFunc(rows, func(name string) bool { return name != "google.com" }) {
		j.Errorf("reports of google.com are %q", rows)
	}
	headline := j.text("h1")
	j.open(j.where())
	if again := j.text("h1"); again != headline || len(j.texts(`[aria-label="Reports"] tbody a`)) != len(rows) {
		j.Errorf("a reload says %q, before %q", again, headline)
	}
	j.reads("Receiver:")
}

// clicksADayInTheChart finds a column by its tooltip and clicks it.
func (j *journey) clicksADayInTheChart() {
	j.open(j.org + "/")
	j.seesTheChart()
	box := look[struct{ X, Y, W, H float64 }](j.tab, `(() => { const r = document.querySelector("[data-chart] canvas").getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height} })()`)
	y := box.Y + box.H - 75 // low, where every column is
	hover := func(x float64) string {
		j.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y))
		return promised[string](j.tab, frames+`.then(() => document.querySelector("[data-chart] .font-semibold")?.innerText ?? "")`)
	}
	// The columns of a day are where its name is shown; the middle is safe.
	start := box.X + box.W/2
	var left, right float64
	day := hover(start)
	for x := start; x < start+box.W/4; x += 3 {
		switch got := hover(x); {
		case got != day && left == 0:
			left, day = x, got
		case got != day:
			right = x
		}
		if right != 0 {
			break
		}
	}
	if day == "" || right == 0 {
		j.Fatalf("hovering over the chart shows %q from %g to %g in %+v", day, left, right, box)
	}
	j.arrive(chromedp.MouseClickXY((left+right)/2, y))
	at, err := url.Parse(j.where())
	if err != nil {
		j.Fatal(err)
	}
	from, to := at.Query().Get("from"), at.Query().Get("to")
	if at.Path != j.org+"/reports" || from == "" || from != to {
		j.Fatalf("a click on %s leads to %s", day, at)
	}
	j.reads(fmt.Sprintf("from %s", day[:len(day)-len(" UTC")]))
}

// frames waits until the page has drawn twice.
const frames = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`

// promised is look for something that takes the page a while.
func promised[T any](b *tab, script string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v, at %s", script, err, b.where())
	}
	return v
}
