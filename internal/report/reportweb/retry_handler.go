package reportweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Retry reads one refused mail or file again.
func (h *Web) Retry(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "There is no such mail.", err)
	}
	verdict, err := h.Reports.Retry(r.Context(), a.ID, report.ReceiptID(id))
	if err != nil {
		return err
	}
	sentence := "It was read again. The result: " + ui.Verdict(verdict).Word() + "."
	if verdict == report.Refused {
		sentence = "It was read again and is still refused."
	}
	h.Flash(w, sentence)
	return httpio.See(w, r, path(a, fmt.Sprintf("receipts/%d", id), nil))
}

// RetryAll has all refused mails and files read again, in the background.
func (h *Web) RetryAll(w http.ResponseWriter, r *http.Request, a org.Access) error {
	if err := h.Reports.RetryAll(r.Context(), a); err != nil {
		return err
	}
	return httpio.See(w, r, path(a, "receipts", nil))
}

// news is how long the end of a run is told.
const news = time.Hour

// again is what can be read again, and how far that has come.
func (h *Web) again(r *http.Request, a org.Access) (Again, error) {
	refusals, err := h.Reports.Refusals(r.Context(), a.ID)
	if err != nil {
		return Again{}, err
	}
	out := Again{FragmentHref: r.URL.RequestURI()}
	run := refusals.Run
	const one, many = "refused mail or file", "refused mails and files"
	if run != nil && run.UnderWay(h.now()) {
		out.Running, out.Done, out.Total = true, run.Done, run.Total
		out.Words = "Reading " + format.Of(run.Total, one, many) + " again: " + format.Count(run.Done) + " done."
		return out, nil
	}
	var words []string
	if run != nil && run.FinishedAt != nil && h.now().Sub(*run.FinishedAt) < news {
		words = append(words, ended(run))
		out.ResultHref = path(a, "receipts", nil)
	}
	if refusals.Kept > 0 && a.Role.May(org.ManageMailboxes) {
		out.Action, out.Button = path(a, "receipts/retry", nil), "Read "+format.Of(refusals.Kept, one, many)+" again"
		words = append(words, "After an update of Sendvery, what was refused may be readable.")
	}
	if refusals.Lost > 0 {
		words = append(words, format.Of(refusals.Lost, one, many)+" cannot be read again: the original is not kept.")
	}
	out.Words = strings.Join(words, " ")
	return out, nil
}

// ended says what a run over all refused mails and files came to.
func ended(run *report.Rereading) string {
	all := format.Of(run.Total, "refused mail or file was", "refused mails and files were") + " read again: "
	switch readable := run.Readable(); readable {
	case 0:
		return all + "nothing more could be read than before."
	case run.Total:
		return all + "everything could be read this time."
	default:
		return all + format.Count(readable) + " could be read this time, " + format.Count(run.Still) + " " + agree(int(run.Still), "is", "are") + " still refused."
	}
}
