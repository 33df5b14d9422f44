package httpio

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"sendvery.com/sendvery/internal/fault"
)

// Problems answers machines: what a handler returns becomes problem details
// (RFC 9457).
type Problems struct{ Log *slog.Logger }

// problem is the members that every answer has.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// Handle adapts h.
func (p Problems) Handle(h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

func (p Problems) fail(w http.ResponseWriter, r *http.Request, err error) {
	if left(r, err) {
		return
	}
	noteFailure(p.Log, r, err)
	code := Status(err)
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	details, err := json.Marshal(problem{code, http.StatusText(code), fault.Sentence(err)})
	if err != nil {
		p.Log.ErrorContext(r.Context(), "problem details failed", "error", err)
	}
	writeJSON(w, code, "application/problem+json", details)
}

// JSON answers a machine with a value.
func JSON(w http.ResponseWriter, code int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	writeJSON(w, code, "application/json", text)
	return nil
}

func writeJSON(w http.ResponseWriter, code int, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	_, _ = w.Write(text) // the asker may have gone; nobody is left to tell
}
