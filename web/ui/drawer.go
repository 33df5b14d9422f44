package ui

import "github.com/a-h/templ"

// Drawer is one thing's evidence beside the page that lists it. The server draws
// it open whenever the address says so, so that a link can be sent and the back
// button works.
type Drawer struct {
	Title     string // names the thing; empty = nothing is open
	CloseHref string // the page without the drawer
}

// OpensDrawer are the attributes of a link to an address whose page has the
// drawer open: of that page the drawer alone is taken over. Without scripts the
// link leads to the page.
func OpensDrawer(href string) templ.Attributes {
	return templ.Attributes{"hx-get": href, "hx-target": "#drawer", "hx-select": "#drawer", "hx-swap": "outerHTML", "hx-push-url": "true"}
}
