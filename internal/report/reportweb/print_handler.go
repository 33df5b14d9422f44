package reportweb

import (
	"net/http"
	"strconv"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
)

// Print sends the summary of the days and the domain in the address as a PDF.
func (h *Web) Print(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	f := h.rangeFilter(query, domains)
	sum, err := h.Reports.Domains(r.Context(), a.ID, f, printedSenders)
	if err != nil {
		return err
	}
	receivers, err := h.Reports.Reporters(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	p := printed{of: a.Name, slug: a.Slug, filter: f, sum: sum, reporters: receivers, made: h.now()}
	if !f.Domain.IsZero() {
		p.of, p.slug = query.Get("domain"), query.Get("domain")
	}
	if p.doubts = doubts(a, query, sum).Words; len(sum.Domains) == 1 {
		p.single = true
	}
	pdf, err := p.document()
	if err != nil {
		return err
	}
	attach(w, "application/pdf", fileName(p.slug, f.From, f.To, "summary.pdf"))
	w.Header().Set("Content-Length", strconv.Itoa(len(pdf)))
	httpio.Goes(w)
	_, _ = w.Write(pdf) // the browser may have gone; nobody is left to tell
	return nil
}

// madeWords says when the document was made and by what.
func (p printed) madeWords() string {
	return p.of + " · made by Sendvery on " + format.Moment(p.made)
}
