package journey

import (
	"flag"
	"path"
	"strings"
	"testing"
)

// gallery is set by make gallery: nothing else needs the machine meanwhile.
var gallery = flag.Bool("gallery", false, "look at every sample page, not only at parts that no page of a journey shows, and measure time")

// TestGallery looks at sample pages in light, dark and on a phone, and runs
// axe's rules on them. The pictures are in screenshots/gallery.
func TestGallery(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	b := newTab(startBrowser(t), t, p.base)
	axe := readAxe(t)
	b.open("/dev/gallery")
	samples := look[[]struct{ Href, Group string }](b, `[...document.querySelectorAll("main li")].map((li) => ({Href: li.querySelector("a").getAttribute("href"), Group: li.querySelector("span").innerText}))`)
	seen := 0
	for _, s := range samples {
		if !*gallery && s.Group != "parts" {
			continue
		}
		seen++
		var without []string
		if s.Group == "mail" { // a mail is a part of its reader's page
			without = []string{"landmark-one-main", "region"}
		}
		b.looksGood(axe, "gallery/"+path.Base(s.Href), s.Href, without...)
		if at := b.where(); !strings.HasPrefix(at, s.Href) {
			t.Errorf("%s went on to %s", s.Href, at)
		}
	}
	if seen < 5 {
		t.Errorf("only %d sample pages were seen", seen)
	}
}
