package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/reporttest"
)

// files are n report files of ten records, as reporters pack them: one of each
// reporter a day.
func (h *house) files(n int) []report.File {
	list := make([]report.File, n)
	for i := range list {
		h.n++
		data := reporttest.Gzip(reporttest.Sample{
			ID: fmt.Sprintf("r%d", h.n), Reporter: fmt.Sprintf("receiver%d.example", h.n/30), Domain: watchedDomain, Day: -(h.n % 30), Records: 10,
		}.XML())
		list[i] = report.File{Name: fmt.Sprintf("receiver.example!example.com!1!2!r%d.xml.gz", h.n), Content: bytes.NewReader(data), Size: int64(len(data))}
	}
	return list
}

// take stores files in transactions of size reports, so many at a time, and
// returns how many reports a second that was.
func (h *house) take(ctx context.Context, files []report.File, size, writers int) (float64, error) {
	runtime.GC() // of what making the files left
	start := time.Now()
	errs := make(chan error, writers)
	next := make(chan []report.File)
	for range writers {
		go func() {
			var err error
			for some := range next {
				if err != nil {
					continue
				}
				var counts report.Imported
				if counts, err = h.reports.Import(ctx, h.org, some); err == nil && counts[report.Accepted] != len(some) {
					err = fmt.Errorf("not everything was accepted: %v", counts)
				}
			}
			errs <- err
		}()
	}
	for rest := files; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		next <- rest[:min(size, len(rest))]
	}
	close(next)
	var err error
	for range writers {
		err = errors.Join(err, <-errs)
	}
	return float64(len(files)) / time.Since(start).Seconds(), err
}

// bareRows are the columns of the record rows that n reports come to.
type bareRows struct {
	days                               []time.Time
	reports                            []int64
	seqs                               []int32
	auths, messages                    []int64
	ips                                []netip.Addr
	disposition, dkim, spf, forwarding []int16
}

func (h *house) rows(n int) *bareRows {
	r := &bareRows{}
	for range n {
		h.n++
		for i := range 10 {
			r.days = append(r.days, present.Truncate(24*time.Hour).AddDate(0, 0, -4-h.n%30))
			r.reports, r.seqs = append(r.reports, int64(1_000_000_000+h.n)), append(r.seqs, int32(i+1))
			r.auths, r.messages = append(r.auths, int64(i)), append(r.messages, int64(i%7+1))
			r.ips = append(r.ips, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
			r.disposition, r.dkim = append(r.disposition, 1), append(r.dkim, 1)
			r.spf, r.forwarding = append(r.spf, 2), append(r.forwarding, 0)
		}
	}
	return r
}

const bareInsert = `
	INSERT INTO records (org_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)
	SELECT $1, u.* FROM unnest($2::date[], $3::bigint[], $4::int[], $5::bigint[], $6::bigint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::smallint[], $11::inet[]) AS u`

var bareColumns = []string{"org_id", "day", "report_id", "seq", "auth_id", "messages", "disposition", "dkim", "spf", "forwarding", "source_ip"}

// unnest writes rows by one statement of arrays.
func (h *house) unnest(ctx context.Context, r *bareRows) error {
	_, err := h.admin.Exec(ctx, bareInsert, h.org, r.days, r.reports, r.seqs, r.auths, r.messages,
		r.disposition, r.dkim, r.spf, r.forwarding, r.ips)
	return err
}

// copyRows writes rows by COPY.
func (h *house) copyRows(ctx context.Context, r *bareRows) error {
	_, err := h.admin.CopyFrom(ctx, pgx.Identifier{"records"}, bareColumns, pgx.CopyFromSlice(len(r.days), func(i int) ([]any, error) {
		return []any{h.org, r.days[i], r.reports[i], r.seqs[i], r.auths[i], r.messages[i], r.disposition[i], r.dkim[i], r.spf[i],
			r.forwarding[i], r.ips[i]}, nil
	}))
	return err
}

// bare writes the rows of n reports alone, size reports a statement, and
// returns how many reports a second that was.
func (h *house) bare(ctx context.Context, n, size int, write func(context.Context, *bareRows) error) (float64, error) {
	var parts []*bareRows
	for left := n; left > 0; left -= size {
		parts = append(parts, h.rows(min(size, left)))
	}
	runtime.GC()
	start := time.Now()
	for _, p := range parts {
		if err := write(ctx, p); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// forms are the ways in which reports come: alone, or many at once.
var forms = [...]struct {
	name    string
	n, size int // reports measured at a time, and per transaction
}{{"one report a transaction", 300, 1}, {"50 reports a transaction", 2000, 50}}

// rounds are interleaved, so that what else runs on the machine slows all
// alike. The first one warms caches and statements and does not count.
const rounds = 7

// ingest measures storing reports, with everything that belongs to them,
// against writing their record rows alone, on one connection, which no policy
// and no check slows.
func ingest(ctx context.Context, t *table) error {
	h, err := openHouse(ctx)
	if err != nil {
		return err
	}
	for _, form := range forms {
		var four, one, unnest, copied []float64
		for round := range rounds {
			f, err1 := h.take(ctx, h.files(form.n), form.size, report.Importers)
			o, err2 := h.take(ctx, h.files(form.n), form.size, 1)
			u, err3 := h.bare(ctx, form.n, form.size, h.unnest)
			c, err4 := h.bare(ctx, form.n, form.size, h.copyRows)
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return err
			}
			if round > 0 {
				four, one, unnest, copied = append(four, f), append(one, o), append(unnest, u), append(copied, c)
			}
		}
		base, how := median(unnest), "rows alone by unnest, 1 connection"
		if median(copied) > base {
			base, how = median(copied), "rows alone by COPY, 1 connection"
		}
		t.row(row{figure: "ingest, " + form.name + ", as it is run", value: median(four), baseline: base, unit: "reports/s", against: how, wanted: 0.5})
		t.row(row{figure: "ingest, " + form.name + ", 1 connection", value: median(one), baseline: base, unit: "reports/s", against: how})
	}
	return h.close(ctx)
}
