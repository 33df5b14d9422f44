// Package httpio is the seam between handlers and HTTP: handlers return
// errors, pages are rendered whole before the first byte is sent, and every
// response carries the security headers.
package httpio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"sendvery.com/sendvery/internal/fault"
)

// Component is a page or part of one.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// Handler answers a request or returns why it cannot.
type Handler func(http.ResponseWriter, *http.Request) error

// Errors turns a handler's error into a response.
type Errors struct {
	Log *slog.Logger
	// Page renders the error page for a status; trace is what the log knows the
	// failure by.
	Page func(r *http.Request, status int, err error, trace string) Component
	// SignIn is where a browser without a session is sent.
	SignIn func(r *http.Request) string
}

// Handle adapts h.
func (e Errors) Handle(h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			e.Fail(w, r, err)
		}
	}
}

// status maps kinds of faults to HTTP.
var status = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.NotFound:        http.StatusNotFound,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Conflict:        http.StatusConflict,
	fault.Denied:          http.StatusForbidden,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.LimitReached:    http.StatusTooManyRequests,
	fault.Temporary:       http.StatusServiceUnavailable,
}

// Status is the HTTP status of a request that ended in err.
func Status(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	return status[fault.KindOf(err)]
}

// Fail answers a request that ended in err and logs what is ours to mend.
func (e Errors) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if left(r, err) {
		return
	}
	kind := fault.KindOf(err)
	trace := Trace(r)
	if kind == fault.Unauthenticated && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, e.SignIn(r), http.StatusSeeOther)
		return
	}
	noteFailure(e.Log, r, err)
	code := Status(err)
	if err := Render(w, r, code, e.Page(r, code, err, trace)); err != nil {
		e.Log.ErrorContext(r.Context(), "error page failed", "error", err)
	}
}

// left reports whether the request ended because nobody waits for its answer.
func left(r *http.Request, err error) bool {
	return errors.Is(err, context.Canceled) && r.Context().Err() != nil
}

// noteFailure logs what is ours to mend.
func noteFailure(log *slog.Logger, r *http.Request, err error) {
	if kind := fault.KindOf(err); kind == fault.Internal || kind == fault.Temporary {
		log.ErrorContext(r.Context(), "request failed", "method", r.Method, "route", Route(r), "error", err)
	}
}

// Render sends a component as a page, or nothing when it cannot be rendered.
func Render(w http.ResponseWriter, r *http.Request, code int, c Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "HX-Request-Type")
	w.WriteHeader(code)
	_, _ = w.Write(page.Bytes()) // the browser may have gone; nobody is left to tell
	return nil
}

// OK renders a component with status 200.
func OK(w http.ResponseWriter, r *http.Request, c Component) error {
	return Render(w, r, http.StatusOK, c)
}

// Again renders a form once more, with what was wrong.
func Again(w http.ResponseWriter, r *http.Request, c Component) error {
	return Render(w, r, http.StatusUnprocessableEntity, c)
}

// See sends the browser on to a page of ours after a change.
func See(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Fragment reports whether only a part of the page is asked for.
func Fragment(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }
