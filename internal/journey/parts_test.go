package journey

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestParts uses what pages share as a person does.
func TestParts(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	b := newTab(startBrowser(t), t, p.base)
	b.opensADrawer()
	b.opensSearch()
	b.filters()
	b.zooms()
	b.doesWithoutScripts()
}

const shownDrawer = `document.querySelector("dialog[data-drawer]:modal") !== null`

// opensADrawer opens one by its link and by its address, and closes it by key,
// by its cross and by the back button.
func (b *tab) opensADrawer() {
	const without, with = "/dev/gallery/drawer-closed", "/dev/gallery/drawer"
	b.open(without)
	b.do(click(`a[href="` + with + `"]`))
	b.await(shownDrawer)
	b.at(with)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.await(`!document.querySelector("dialog[data-drawer]") && document.activeElement.getAttribute("href") === "` + with + `"`)
	b.at(without)
	b.do(chromedp.NavigateBack())
	b.await(shownDrawer)
	b.at(with)
	b.do(chromedp.NavigateBack())
	b.await(`!document.querySelector("dialog[data-drawer]")`)
	b.at(without)

	b.open(with)
	b.await(shownDrawer)
	b.do(click("#drawer [aria-label=Close]"))
	b.await(`!document.querySelector("dialog[data-drawer]") && document.activeElement.getAttribute("href") === "` + with + `"`)
	b.at(without)
	b.do(chromedp.NavigateBack())
	b.await(shownDrawer)
	b.at(with)
}

// opensSearch opens the palette by key and by its link.
func (b *tab) opensSearch() {
	const open, closed = `document.querySelector("#search:modal input") === document.activeElement`, `!document.querySelector("#search").open`
	b.open("/dev/gallery/charts-small")
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.await(open)
	b.picture("gallery/search")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.await(closed)
	b.do(click("aside [data-search-open]"))
	b.await(open)
	b.do(click("#search [data-dialog-close]"))
	b.await(closed)
}

// filters leaves out of the address what was left empty.
func (b *tab) filters() {
	b.open("/dev/gallery/filters")
	b.do(click(".filter-more summary"))
	b.follow(`form[data-tidy] button`)
	b.at("/dev/gallery/filters-open?days=28&receiver=google.com&sender=outbound.example.net&ip=192.0.2.0%2F24")
}

// zooms drags over some days of the chart, and goes back to all.
func (b *tab) zooms() {
	b.open("/dev/gallery/filters")
	b.await(`document.querySelector("[data-chart][data-ready=yes] canvas") !== null`)
	at := look[struct{ X, Y, W, H float64 }](b, `(({x, y, width, height}) => ({X: x, Y: y, W: width, H: height}))(document.querySelector("[data-chart]").getBoundingClientRect())`)
	from, to, y := at.X+0.3*at.W, at.X+0.6*at.W, at.Y+at.H/2
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, from, y), chromedp.MouseEvent(chromedp.MousePressed, from, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	for x := from; x < to; x += 20 {
		b.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y, chromedp.ButtonLeft))
	}
	b.do(chromedp.MouseEvent(chromedp.MouseReleased, to, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	const reset = `document.querySelector("[data-chart-reset]").hidden`
	b.await(`!` + reset)
	b.do(click("[data-chart-reset]"))
	b.await(reset)
	b.at("/dev/gallery/filters")
}

// doesWithoutScripts finds every table open, the drawer as a panel of the page,
// and nothing that would not work.
func (b *tab) doesWithoutScripts() {
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open("/dev/gallery/charts")
	b.picture("gallery/charts-without-scripts")
	for _, table := range []string{"Messages per reported day", "Messages per sender", "Messages per country", "What receivers did"} {
		if !look[bool](b, `[...document.querySelectorAll("[role=region]")].some((r) => r.ariaLabel.startsWith(`+quote(table)+`) && r.checkVisibility({contentVisibilityAuto: true}) && r.getBoundingClientRect().height > 50)`) {
			b.Errorf("without scripts the table %q is not to be seen", table)
		}
	}
	if look[bool](b, `[...document.querySelectorAll("[data-chart], [data-chart-reset], kbd")].some((e) => e.checkVisibility())`) {
		b.Error("without scripts there are empty boxes or dead controls")
	}
	b.open("/dev/gallery/drawer")
	b.picture("gallery/drawer-without-scripts")
	if got := look[string](b, `getComputedStyle(document.querySelector("[data-drawer]")).position`); got != "static" {
		b.Errorf("without scripts the drawer is %s", got)
	}
	b.follow("#drawer [aria-label=Close]")
	b.at("/dev/gallery/drawer-closed")
}
