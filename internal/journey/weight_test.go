package journey

import "math"

// What the first page may cost whoever sees it first: bytes on the wire with
// scripts, styles and font, milliseconds until something is painted, and how far
// parts move after they were painted. The best of a few visits counts: in the
// others something else may have needed the processors.
const (
	mostBytes  = 300_000
	mostPaint  = 1000
	mostShifts = 0
)

// weighsLittle measures the overview, scrolled from top to bottom.
func (j *journey) weighsLittle() {
	paint, shifts, moved := math.Inf(1), math.Inf(1), ""
	for range 3 {
		j.open(j.org + "/?days=90")
		j.seesTheChart()
		j.await(`performance.getEntriesByName("first-contentful-paint").length > 0`)
		paint = min(paint, look[float64](j.tab, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
		if s, parts := j.scrolls(); s < shifts {
			shifts, moved = s, parts
		}
	}
	bytes := look[int](j.tab, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.encodedBodySize, 0)`)
	j.Logf("the overview: %d bytes, first paint after %.0f ms, layout shift %.4f", bytes, paint, shifts)
	if bytes > mostBytes || bytes < 50_000 {
		j.Errorf("the overview is %d bytes on the wire, want at most %d", bytes, mostBytes)
	}
	if *gallery && paint > mostPaint {
		j.Errorf("the overview paints after %.0f ms, want at most %d", paint, mostPaint)
	}
	if shifts > mostShifts {
		j.Errorf("parts of the overview move: layout shift %.4f, %s", shifts, moved)
	}
}

// scrolls goes to the end of the page and returns how far parts have moved, and
// which.
func (j *journey) scrolls() (shifts float64, moved string) {
	look[bool](j.tab, `(() => {
		window.shifts = 0;
		window.moved = [];
		new PerformanceObserver((list) => list.getEntries().forEach((e) => {
			window.shifts += e.value;
			window.moved.push(...e.sources.map((s) => (s.node?.outerHTML ?? s.node?.textContent ?? "").slice(0, 100)));
		})).observe({type: "layout-shift", buffered: true});
		scrollTo(0, document.documentElement.scrollHeight);
		return true;
	})()`)
	j.await(`[...document.querySelectorAll("[data-chart]")].every((c) => c.dataset.ready === "yes")`)
	shifts = promised[float64](j.tab, frames+`.then(() => new Promise(setTimeout)).then(() => window.shifts)`)
	return shifts, look[string](j.tab, `window.moved.join(", ")`)
}
