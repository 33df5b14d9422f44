package app

import (
	"github.com/a-h/templ"

	"sendvery.com/sendvery/web/ui"
)

func frameGallery() []galleryPage {
	return []galleryPage{
		{"frame", "error-403", func(p ui.Page) templ.Component { return ui.Error(ui.Denied(p)) }},
		{"frame", "error-404", func(p ui.Page) templ.Component { return ui.Error(ui.NotFound(p)) }},
		{"frame", "error-404-signed-out", func(p ui.Page) templ.Component { return ui.Error(ui.NotFound(signedOut(p, ""))) }},
		{"frame", "error-larger", func(p ui.Page) templ.Component {
			return ui.Error(ui.ErrorPage{Page: p.WithLarger(true, false), Code: 429, Heading: "This could not be done", Sentence: "Your plan watches up to 5 domains."})
		}},
		{"frame", "error-500", func(p ui.Page) templ.Component { return ui.Error(ui.Broken(p, "0193f2c4-7a1e")) }},
	}
}
