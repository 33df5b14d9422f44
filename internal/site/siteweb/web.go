// Package siteweb answers what anybody may read: what this installation
// promises about security and privacy, its terms, and where the program's
// source is. What depends on the operator comes from the configuration; where
// they have said nothing, the pages say so.
package siteweb

import (
	"fmt"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/web/ui"
)

// Web answers requests for the public pages. It asks no database.
type Web struct {
	Facts Facts
	Frame func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	Now   func() time.Time
}

// Page is one public page.
type Page struct {
	ui.Page
	Heading  string // the title too
	Lead     string // below the heading
	Sections []Section
}

// Security shows what protects what people hand over.
func (h *Web) Security(w http.ResponseWriter, r *http.Request) error { return h.show(w, r, Security) }

// Privacy shows what is kept of people, for how long, and who else is asked.
func (h *Web) Privacy(w http.ResponseWriter, r *http.Request) error { return h.show(w, r, Privacy) }

// Terms shows on what terms the installation can be used.
func (h *Web) Terms(w http.ResponseWriter, r *http.Request) error { return h.show(w, r, Terms) }

// OpenSource shows the licence, and where the source of what runs here is.
func (h *Web) OpenSource(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, OpenSource)
}

func (h *Web) show(w http.ResponseWriter, r *http.Request, page func(Facts) Page) error {
	p := page(h.Facts)
	p.Page = h.Frame(w, r, p.Heading)
	return httpio.OK(w, r, Public(p))
}

// expiry is how far ahead security.txt says that it is good. It is made anew
// for each request, out of the configuration in force.
const expiry = 90 * 24 * time.Hour

// SecurityTxt serves /.well-known/security.txt (RFC 9116).
func (h *Web) SecurityTxt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "Contact: %s\nExpires: %s\nPreferred-Languages: en\nCanonical: %s\nPolicy: %s\n",
		h.Facts.Contact, h.Now().UTC().Add(expiry).Format(time.RFC3339), h.Facts.Address+SecurityTxtPath, h.Facts.Address+"/security#reporting")
}

// SecurityTxtPath is where RFC 9116 wants it.
const SecurityTxtPath = "/.well-known/security.txt"
