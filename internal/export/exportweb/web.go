// Package exportweb draws the pages where people take their data with them.
package exportweb

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Web answers the requests around exports.
type Web struct {
	Exports *export.Service
	Frame   func(w http.ResponseWriter, r *http.Request, title string) ui.Page
	Now     func() time.Time
}

// ownPath is where a person takes what is theirs.
const ownPath = "/account/data"

func path(a org.Access) string { return ui.Org{Slug: a.Slug}.Path("export") }

// refresh is after how many seconds a page is loaded anew while one is made.
const refresh = 5

// Show lists the exports of an organization.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.page(w, r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Exports(p))
}

func (h *Web) page(w http.ResponseWriter, r *http.Request, a org.Access) (Page, error) {
	all, err := h.Exports.List(r.Context(), a.ID, export.Everything)
	if err != nil {
		return Page{}, err
	}
	back := ui.Link{Text: "Settings", Href: ui.Org{Slug: a.Slug}.Path("settings")}
	p := Page{Page: h.Frame(w, r, "Export").In(ui.SettingsSection, back), Action: path(a), Heading: "Take everything of " + a.Name + " with you",
		What: "A zip with a file of JSON lines for each kind of thing: domains, reports with all their rows, receipts, members, what was changed by whom. Passwords and permissions are never in it; original mails are fetched where each is shown."}
	now := h.Now()
	for _, e := range all {
		p.add(string(e.State), path(a)+"/"+e.ID.String(), e.Size, format.When(e.AskedAt, now), format.When(e.ExpiresAt, now))
	}
	return p, nil
}

// Ask has an export made.
func (h *Web) Ask(w http.ResponseWriter, r *http.Request, a org.Access) error {
	err := h.Exports.Ask(r.Context(), a, export.Order{Kind: export.Everything})
	if fault.Is(err, fault.Conflict) {
		p, pageErr := h.page(w, r, a)
		if pageErr != nil {
			return pageErr
		}
		p.Error = fault.Sentence(err)
		return httpio.Again(w, r, Exports(p))
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, path(a))
}

// Fetch sends an export of any kind.
func (h *Web) Fetch(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := uid.Parse[export.Export](chi.URLParam(r, "id"))
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such export.", err)
	}
	begun := false
	err = h.Exports.Fetch(r.Context(), a, id, func(e export.Export) {
		begun = true
		attachment(w, cmp.Or(e.Name, a.Slug+"-"+e.AskedAt.UTC().Format(time.DateOnly))+".zip", e.Size)
	}, func(content []byte) error {
		httpio.Goes(w)
		_, err := w.Write(content)
		return err
	})
	if err != nil && begun {
		panic(http.ErrAbortHandler) // the browser must not take a part for the whole
	}
	return err
}

func attachment(w http.ResponseWriter, name string, size int64) {
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Cache-Control", "no-store")
}

// ShowOwn shows the person's own export.
func (h *Web) ShowOwn(w http.ResponseWriter, r *http.Request, person org.PersonID) error {
	e, err := h.Exports.Own(r.Context(), person)
	if err != nil {
		return err
	}
	p := Page{Page: h.Frame(w, r, "Your data"), Action: ownPath, Heading: "Take what is yours with you",
		What: "A zip with what is stored about you: your account, where you are signed in, the organizations you belong to, and what is recorded of your sessions. What organizations store is in their own exports, under their settings."}
	if e != nil {
		p.add(string(e.State), ownPath+"/zip", 0, format.When(e.AskedAt, h.Now()), format.When(e.ExpiresAt, h.Now()))
	}
	return httpio.OK(w, r, Exports(p))
}

// AskOwn has the person's own export made.
func (h *Web) AskOwn(w http.ResponseWriter, r *http.Request, person org.PersonID) error {
	if err := h.Exports.AskOwn(r.Context(), person); err != nil {
		return err
	}
	return httpio.See(w, r, ownPath)
}

// FetchOwn sends the person's own export.
func (h *Web) FetchOwn(w http.ResponseWriter, r *http.Request, person org.PersonID) error {
	content, err := h.Exports.FetchOwn(r.Context(), person)
	if err != nil {
		return err
	}
	attachment(w, "sendvery-account.zip", int64(len(content)))
	_, err = w.Write(content)
	return err
}
