package reportweb

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/spool"
)

// What is waited for; more than that is made by a job.
const (
	directRows      = report.MaxCounted
	directOriginals = 200
	directSize      = 20 << 20
)

// sentAtOnce is how much of a file is sent before the time for the next part
// begins anew, in bytes.
const sentAtOnce = 1 << 20

// errMuch says that there is more than somebody can wait for.
var errMuch = errors.New("too much to be sent at once")

// TakeRows sends sums or records of the filter in the address as one file.
func (h *Web) TakeRows(kind export.Kind, ending string) func(http.ResponseWriter, *http.Request, org.Access) error {
	return func(w http.ResponseWriter, r *http.Request, a org.Access) error {
		t, err := h.take(r.Context(), a.ID, a.Slug, r.URL.Query(), kind, ending)
		if err != nil {
			return err
		}
		n := 0
		file, err := written(func(to io.Writer) error {
			return h.write(r.Context(), a.ID, t, to, func() error {
				if n++; n > directRows {
					return errMuch
				}
				return nil
			})
		})
		return h.hand(w, r, a, file, err, t.name()+"."+ending, contentTypes[ending])
	}
}

var contentTypes = map[string]string{asCSV: "text/csv; charset=utf-8", asJSON: "application/json"}

// TakeOriginals sends the originals of the filter in the address as a zip.
func (h *Web) TakeOriginals(w http.ResponseWriter, r *http.Request, a org.Access) error {
	t, err := h.take(r.Context(), a.ID, a.Slug, r.URL.Query(), Originals, "")
	if err != nil {
		return err
	}
	held, err := h.Reports.Holding(r.Context(), a.ID, t.filter)
	if err != nil {
		return err
	}
	var file *spool.File
	if err = errMuch; held.Originals <= directOriginals && held.Size <= directSize {
		file, err = h.zipped(r.Context(), a.ID, t.filter)
	}
	return h.hand(w, r, a, file, err, t.name()+".zip", "application/zip")
}

func (h *Web) zipped(ctx context.Context, o org.ID, f report.Filter) (*spool.File, error) {
	return written(func(to io.Writer) error {
		z := zip.NewWriter(to)
		err := h.zipOriginals(ctx, o, f, z, func() error { return nil })
		return errors.Join(err, z.Close())
	})
}

// written keeps what is written until it is whole: what is sent then can end
// early only when the line does, and no transaction waits for a slow reader.
func written(write func(io.Writer) error) (*spool.File, error) {
	read, to := io.Pipe()
	go func() { to.CloseWithError(write(to)) }()
	file, err := spool.Keep(read, 0)
	_ = read.Close() // whoever still writes stops
	return file, err
}

// hand sends a file, and closes it. What is too much is offered as a job.
func (h *Web) hand(w http.ResponseWriter, r *http.Request, a org.Access, file *spool.File, err error, name, contentType string) error {
	if errors.Is(err, errMuch) {
		h.Flash(w, "That is too much to be waited for. Have the file made, and fetch it here.")
		return httpio.See(w, r, path(a, "download", r.URL.Query()))
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	attach(w, contentType, name)
	w.Header().Set("Content-Length", strconv.FormatInt(file.Size(), 10))
	for at := int64(0); at < file.Size(); at += sentAtOnce {
		httpio.Goes(w)
		if _, err := io.Copy(w, io.NewSectionReader(file, at, min(sentAtOnce, file.Size()-at))); err != nil {
			return nil //nolint:nilerr // the browser has gone; nobody is left to tell
		}
	}
	return nil
}

// attach makes the answer a file that no browser renders.
func attach(w http.ResponseWriter, contentType, name string) {
	head := w.Header()
	head.Set("Content-Type", contentType)
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
}

// AskDownload has a job make what is too large to be waited for.
func (h *Web) AskDownload(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	t, err := h.take(r.Context(), a.ID, a.Slug, query, export.Kind(r.PostFormValue("kind")), r.PostFormValue("format"))
	if err != nil {
		return err
	}
	held, err := h.Reports.Holding(r.Context(), a.ID, t.filter)
	if err != nil {
		return err
	}
	err = h.Exports.Ask(r.Context(), a, t.order(total(held, t)))
	if fault.Is(err, fault.Conflict) {
		h.Flash(w, fault.Sentence(err))
		err = nil
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, path(a, "download", query))
}

// total is how much a job has to do; 0 when that was not counted to its end.
func total(h report.Holding, t taking) int64 {
	switch n := map[export.Kind]int64{Messages: h.Sums, Records: h.Rows, Originals: h.Originals}[t.kind]; {
	case t.kind == Records && n == report.MaxCounted+1:
		return 0
	default:
		return n
	}
}

// downloadHref is the page to take along what the address shows.
func downloadHref(a org.Access, query url.Values) string {
	return path(a, "download", with(query, "", ""))
}
