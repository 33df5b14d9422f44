package reportweb

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/spool"
	"sendvery.com/sendvery/web/format"
)

// What can be taken of a filtered page.
const (
	Messages  export.Kind = "messages"  // sums by day, domain, sender and class
	Records   export.Kind = "records"   // single rows of reports
	Originals export.Kind = "originals" // the mails and files that brought them
)

// The formats of sums and records.
const (
	asCSV  = "csv"
	asJSON = "json"
)

// taking is what somebody takes: a kind, in a format, of a filter.
type taking struct {
	kind   export.Kind
	format string // "" of originals
	filter report.Filter
	query  url.Values // the filter as it stands in an address, its days fixed
	of     string     // the domain, or the organization
}

// name is that of the file, without its ending.
func (t taking) name() string { return fileName(t.of, t.filter.From, t.filter.To, string(t.kind)) }

// maxQuery bounds the filter that an order keeps, in bytes.
const maxQuery = 2000

// take reads what is asked for out of an address; name is the organization's.
func (h *Web) take(ctx context.Context, o org.ID, name string, query url.Values, kind export.Kind, ending string) (taking, error) {
	domains, err := h.Domains.List(ctx, o)
	if err != nil {
		return taking{}, err
	}
	f, wrong := h.messageFilter(query, domains)
	t := taking{kind: kind, format: ending, filter: f, query: fixed(query, f), of: name}
	if !f.Domain.IsZero() {
		t.of = query.Get("domain")
	}
	switch {
	case wrong != "":
		err = fault.New(fault.Invalid, wrong)
	case len(t.query.Encode()) > maxQuery:
		err = fault.New(fault.Invalid, "This filter is too long to be kept.")
	case kind == Originals && ending == "", (kind == Messages || kind == Records) && (ending == asCSV || ending == asJSON):
	default:
		err = fault.New(fault.Invalid, "Choose one of the files that are offered.")
	}
	return t, err
}

// fixed is the filter of an address, with the days that it means today.
func fixed(query url.Values, f report.Filter) url.Values {
	return with(with(with(query, "days", ""), "from", format.ISODay(f.From)), "to", format.ISODay(f.To))
}

// write writes sums or records in the format; count is told of each.
func (h *Web) write(ctx context.Context, o org.ID, t taking, w io.Writer, count func() error) error {
	rows := func(each func(report.Row) error) error {
		return h.Reports.EachRow(ctx, o, t.filter, func(r report.Row) error { return errors.Join(count(), each(r)) })
	}
	sums := func(each func(report.DaySum) error) error {
		return h.Reports.EachSum(ctx, o, t.filter, func(d report.DaySum) error { return errors.Join(count(), each(d)) })
	}
	switch {
	case t.kind == Records && t.format == asCSV:
		return writeCSV(w, rowColumns, rows)
	case t.kind == Records:
		return writeJSON(w, rowColumns, rows)
	case t.format == asCSV:
		return writeCSV(w, sumColumns, sums)
	}
	return writeJSON(w, sumColumns, sums)
}

// Makers make what is too large to be waited for.
func (h *Web) Makers() map[export.Kind]export.Maker {
	return map[export.Kind]export.Maker{
		Messages:  {Right: org.Read, Write: h.make},
		Records:   {Right: org.Read, Write: h.make},
		Originals: {Right: org.ReadOriginals, Write: h.make},
	}
}

// order is what a job is told of a taking.
func (t taking) order(total int64) export.Order {
	request := with(with(with(t.query, "kind", string(t.kind)), "format", t.format), "of", t.of)
	return export.Order{Kind: t.kind, Name: t.name(), Request: request.Encode(), Total: total}
}

// make makes what order has asked for.
func (h *Web) make(ctx context.Context, o org.ID, request string, z *zip.Writer, done func(int64) error) error {
	query, err := url.ParseQuery(request)
	if err != nil {
		return fmt.Errorf("order of a download: %w", err)
	}
	t, err := h.take(ctx, o, query.Get("of"), query, export.Kind(query.Get("kind")), query.Get("format"))
	if err != nil {
		return err
	}
	var n int64
	count := func() error {
		n++
		return done(n)
	}
	if t.kind == Originals {
		return h.zipOriginals(ctx, o, t.filter, z, count)
	}
	w, err := z.Create(t.name() + "." + t.format)
	if err != nil {
		return err
	}
	return h.write(ctx, o, t, w, count)
}

// zipOriginals puts originals into a zip, and the names of those that cannot be
// read into a text beside them; count is told of each.
func (h *Web) zipOriginals(ctx context.Context, o org.ID, f report.Filter, z *zip.Writer, count func() error) error {
	var damaged []string
	err := h.Reports.EachOriginal(ctx, o, f, func(id report.ReceiptID, file *spool.File) error {
		if file == nil {
			damaged = append(damaged, fmt.Sprintf("report-%d", id))
			return count()
		}
		name, err := originalName(id, file)
		if err != nil {
			return err
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = io.Copy(w, io.NewSectionReader(file, 0, file.Size()))
		}
		return errors.Join(err, count())
	})
	if err != nil || len(damaged) == 0 {
		return err
	}
	w, err := z.Create("damaged.txt")
	if err == nil {
		_, err = io.WriteString(w, "These originals are damaged and cannot be read any more:\n"+strings.Join(damaged, "\n")+"\n")
	}
	return err
}

// originalName names an original by what it is.
func originalName(id report.ReceiptID, file *spool.File) (string, error) {
	head := make([]byte, 4<<10) // enough to tell its kind
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return fmt.Sprintf("report-%d%s", id, mimepart.Extension(head[:n])), nil
}
