package stripetest

import (
	"html/template"
	"net/http"
)

// page is what a person sees.
type page struct {
	Title, Text    string
	Cards          bool // which card may be chosen
	Button         string
	Link, LinkText string
	Invoices       []*invoice
	Redirect       string // where the browser is sent instead
}

// person joins a page to HTTP.
func (s *Server) person(show func(call) (page, bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what cannot be read is missing
		s.mu.Lock()
		defer s.mu.Unlock()
		p, found := show(call{r.Form, r.PathValue("id"), r.URL.Path})
		switch {
		case !found:
			http.NotFound(w, r)
		case p.Redirect != "":
			http.Redirect(w, r, p.Redirect, http.StatusSeeOther)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_ = look.Execute(w, p) // the browser left
		}
	}
}

var look = template.Must(template.New("").Funcs(template.FuncMap{"money": money}).Parse(`<!DOCTYPE html><html lang="en"><title>{{.Title}}</title><link rel="icon" href="data:,">
<h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Button}}<form method="post">{{if .Cards}}<label><input type="radio" name="card" value="works" checked> A card that works</label>
<label><input type="radio" name="card" value="declined"> A card that is declined</label>{{end}}
<button>{{.Button}}</button></form>{{end}}
{{if .Invoices}}<ul>{{range .Invoices}}<li><a href="{{.Hosted}}">{{.Number}}</a> {{money .Total}} {{.Status}}</li>{{end}}</ul>{{end}}
{{if .Link}}<p><a id="back" href="{{.Link}}">{{.LinkText}}</a></p>{{end}}</html>`))
