package journey

import (
	"context"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What follows is what a person can do: open an address, click, type, look.
// Nothing is clicked by script: scripts of a debugger are exempt from the
// content security policy, so a journey made of them would prove little.

// void is an action without a value.
type void = chromedp.Action[chromedp.Void]

func (b *tab) do(steps ...void) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%v, at %s", err, b.where())
	}
}

// arrive does what leads to another page and returns its status.
func (b *tab) arrive(steps ...void) int {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.Fatalf("%v, at %s", err, b.where())
	}
	return int(answer.Status)
}

// open types an address; a path is one of the program's.
func (b *tab) open(address string) {
	b.Helper()
	if status := b.arrive(chromedp.Navigate(b.whole(address))); status != 200 {
		b.Fatalf("%s answers %d", address, status)
	}
}

// refused opens an address that answers with the status on purpose.
func (b *tab) refused(address string, status int) {
	b.Helper()
	b.mind.expect(b.whole(address))
	if got := b.arrive(chromedp.Navigate(b.whole(address))); got != status {
		b.Errorf("%s answers %d, want %d", address, got, status)
	}
}

func (b *tab) whole(address string) string {
	if strings.HasPrefix(address, "/") {
		return b.base + address
	}
	return address
}

// follow clicks something that leads to another page.
func (b *tab) follow(selector string) {
	b.Helper()
	if status := b.arrive(click(selector)); status != 200 {
		b.Fatalf("after a click on %s: %d at %s", selector, status, b.where())
	}
}

// press clicks the button with the words.
func (b *tab) press(words string) {
	b.Helper()
	b.follow(`//main//*[self::button or self::a][normalize-space(.)="` + words + `"]`)
}

// click clicks the first of what a CSS selector or, with //, an XPath names.
func click(selector string) void {
	if strings.HasPrefix(selector, "//") {
		return chromedp.Click(selector, chromedp.NodeVisible)
	}
	return chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)
}

// typeInto clicks a field and types.
func typeInto(selector, text string) void {
	return chromedp.Steps(click(selector), chromedp.KeyEvent(text))
}

func enter() void { return chromedp.KeyEvent(kb.Enter) }
