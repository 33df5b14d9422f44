package ingress

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/report"
)

// delivered is what a provider learns about a mail.
type delivered struct {
	Receipts []receipt `json:"receipts"`
}

type receipt struct {
	ID      report.ReceiptID `json:"id"`
	Verdict report.Verdict   `json:"verdict"`
	Reason  *report.Reason   `json:"reason,omitempty"`
}

// Deliver takes the mail that the body holds, as it was sent, for the
// organization that the address names. Whatever is in it, the mail has arrived:
// a provider that tried again would bring the same.
func (h *Web) Deliver(w http.ResponseWriter, r *http.Request) error {
	slug := r.URL.Query().Get("organization")
	if slug == "" || !utf8.ValidString(slug) || strings.ContainsRune(slug, 0) {
		return fault.New(fault.Invalid, "The address names no organization: add ?organization= and its name as it stands in its pages' addresses.")
	}
	o, err := h.Organization(r.Context(), slug)
	if err != nil {
		return err
	}
	mail, err := httpio.Body(w, r, report.MaxUpload)
	if err != nil {
		return err
	}
	defer func() { _ = mail.Close() }() // it goes with its content
	if mail.Size() == 0 {
		return fault.New(fault.Invalid, "There is no mail in the body.")
	}
	rec, err := h.Reports.Deliver(r.Context(), o.ID, report.File{Content: mail, Size: mail.Size()})
	if err != nil {
		return err
	}
	return httpio.JSON(w, http.StatusOK, delivered{[]receipt{{rec.ID, rec.Verdict, rec.Reason}}})
}
