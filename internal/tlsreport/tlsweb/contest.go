package tlsweb

import (
	"fmt"
	"net/http"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/ui"
)

// contest says how a report stands among others with its name.
func contest(a org.Access, st report.Contest) ui.Contest {
	c := ui.Contest{Words: st.Sentence(), Open: st.Open != 0, Other: place(a).Compare(int64(st.Other()))}
	if a.Role.May(org.ManageDomains) {
		c.Undo = place(a).TakeBack(report.UndoSentence(st.Beside != 0), int64(st.Receipt), st.Part)
	}
	return c
}

// successor leads from the address of a report that is gone to the one that
// counts instead; without one it answers with the error.
func (h *Web) successor(w http.ResponseWriter, r *http.Request, a org.Access, gone report.ID, err error) error {
	now, none := h.Reports.Successor(r.Context(), a.ID, report.TLSReport, gone)
	switch {
	case fault.Is(none, fault.NotFound):
		return err
	case none != nil:
		return none
	}
	return httpio.See(w, r, place(a).Path(fmt.Sprintf("tls/%d", now)))
}
