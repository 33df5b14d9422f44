package exportweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Page offers an export and lists those that were made. The form posts to Action.
type Page struct {
	ui.Page
	Heading string
	What    string // what is in it and what is not
	Action  string
	Error   string // why none is begun; empty = nothing was tried
	Exports []Export
	Running bool // one is being made: the page looks for itself how far it is
}

// Export is one line of the list.
type Export struct {
	State string // "running", "ready" or "failed"
	Href  string // the zip, when it is ready
	Size  string // "" = not said
	Asked format.Time
	Until format.Time
}

func (p *Page) add(state, href string, size int64, asked, until format.Time) {
	e := Export{State: state, Href: href, Asked: asked, Until: until}
	if size > 0 {
		e.Size = format.Bytes(size)
	}
	if state == "running" {
		p.Running, p.Refresh = true, refresh
	}
	p.Exports = append(p.Exports, e)
}
