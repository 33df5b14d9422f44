package app

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/web"
	"sendvery.com/sendvery/web/ui"
)

// galleryPage is one page in one state, with sample data.
type galleryPage struct {
	Group string // which slice draws it
	Name  string // as it stands in the address: "signin-limited"
	Draw  func(ui.Page) templ.Component
}

// galleryHandler serves /dev/gallery: an index, and every page in every state
// below it. It reads nothing but its own samples; development mode only.
func galleryHandler() http.Handler {
	pages := slices.Concat(authGallery(), peopleGallery(), orgGallery(), auditGallery(), mailboxGallery(), reportGallery(), tlsGallery(), failureGallery(), siteGallery(), operatorGallery(), chartGallery(), verdictGallery(), frameGallery(), billingGallery())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		frame := samplePage(r)
		name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/dev/gallery"), "/")
		if name == "" {
			frame.Title = "Page gallery"
			templ.Handler(galleryIndex(frame, pages)).ServeHTTP(w, r)
			return
		}
		if name == "nothing" { // what samples of running work ask for: no change
			w.WriteHeader(http.StatusNoContent)
			return
		}
		i := slices.IndexFunc(pages, func(p galleryPage) bool { return p.Name == name })
		if i < 0 {
			templ.Handler(ui.Error(ui.NotFound(frame)), templ.WithStatus(http.StatusNotFound)).ServeHTTP(w, r)
			return
		}
		if pages[i].Group == "mail" { // no mail reader has our policy: mails hold their styles
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		}
		templ.Handler(pages[i].Draw(frame)).ServeHTTP(w, r)
	})
}

// samplePage is the frame around every sample; ?theme= overrides the cookie.
func samplePage(r *http.Request) ui.Page {
	theme := r.URL.Query().Get("theme")
	if theme != "light" && theme != "dark" {
		theme = web.Theme(r)
	}
	return ui.Page{
		Theme: theme, Path: r.URL.RequestURI(), Dev: true,
		Org:    ui.Org{Name: "Example Ltd", Slug: "example"},
		Orgs:   []ui.Org{{Name: "Example Ltd", Slug: "example"}, {Name: "Side project", Slug: "side-project"}},
		Person: ui.Person{Email: "ada@example.org"},
	}
}
