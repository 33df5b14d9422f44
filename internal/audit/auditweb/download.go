package auditweb

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
)

// perChunk is how many events of a download are read at once.
const perChunk = 1000

// columns of the table, in order.
var columns = []string{"number", "time", "by", "person_id", "action", "subject", "detail", "code"}

// CSV sends the events that the address chooses as a table, the newest first,
// as they come from the database. Text that a spreadsheet would compute begins
// with an apostrophe.
func (h *Web) CSV(w http.ResponseWriter, r *http.Request, a org.Access) error {
	q := chosen(r.URL.Query())
	q.Limit = perChunk
	list, _, err := h.Trail.Events(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	h.attach(w, a, "text/csv; charset=utf-8", "csv")
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		panic(http.ErrAbortHandler) // the browser has gone
	}
	for len(list) > 0 {
		httpio.Goes(w)
		for _, e := range list {
			if err := out.Write(cells(e)); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		q.Before = &list[len(list)-1].Seq
		if list, _, err = h.Trail.Events(r.Context(), a.ID, q); err != nil {
			panic(http.ErrAbortHandler) // it is too late for another answer: the file ends as one that is not whole
		}
	}
	out.Flush()
	return nil
}

func cells(e audit.Entry) []string {
	person := ""
	if e.Person != nil {
		person = e.Person.String()
	}
	var detail []string
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		detail = append(detail, name+": "+e.Detail[name])
	}
	row := []string{
		strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), by(e), person, e.Action, e.Subject, strings.Join(detail, "; "), hex.EncodeToString(e.MAC),
	}
	for i := range row[1:] {
		row[i+1] = format.Cell(row[i+1])
	}
	return row
}

// Anchor sends the organization's anchors: the daily ones and one of this
// moment.
func (h *Web) Anchor(w http.ResponseWriter, r *http.Request, a org.Access) error {
	var text bytes.Buffer
	if err := h.Trail.WriteOrgAnchors(r.Context(), a.ID, &text); err != nil {
		return err
	}
	h.attach(w, a, "text/plain; charset=utf-8", "anchor.txt")
	_, _ = w.Write(text.Bytes()) // the browser may have gone; nobody is left to tell
	return nil
}

// attach makes the answer a file of today.
func (h *Web) attach(w http.ResponseWriter, a org.Access, contentType, ending string) {
	head := w.Header()
	head.Set("Content-Type", contentType)
	head.Set("Content-Disposition", `attachment; filename="audit-`+a.Slug+"-"+format.ISODay(h.Trail.Now())+"."+ending+`"`)
	head.Set("Cache-Control", "no-store")
}
