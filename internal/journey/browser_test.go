package journey

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to do one thing; with the race
// detector and other tests beside us it is far more than it needs.
const patience = 20 * time.Second

// chromium finds the browser. There is no way round it: a journey without a
// browser proves nothing, so its absence is a failure and never a skip.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{
		os.Getenv("CHROMIUM"), "chromium", "/usr/bin/chromium", "chromium-browser", "google-chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("This test drives a real browser and there is none. Install it: apt-get install chromium (macOS: brew install chromium), or name one in CHROMIUM.")
	return ""
}

// startBrowser starts a browser that ends with the test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("force-color-profile", "srgb"),
	)
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(endAlloc)
	browser, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return browser
}

// tab is one person's browser: cookies of its own, one page.
type tab struct {
	*testing.T
	ctx  context.Context
	base string
	mind *conscience
}

func newTab(browser context.Context, t *testing.T, base string) *tab {
	t.Helper()
	mind := &conscience{expected: map[string]bool{}}
	ctx, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(mind.hear))
	t.Cleanup(end)
	b := &tab{T: t, ctx: ctx, base: base, mind: mind}
	// Without a time-out: the first call on a tab binds its life.
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: tellViolations})
		return err
	}), chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	b.scheme("light")
	t.Cleanup(func() {
		for _, complaint := range mind.complaints() {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	return b
}

// scheme sets what the person's system prefers.
func (b *tab) scheme(name string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}); err != nil {
		b.Fatal(err)
	}
}
