package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/reporttest"
)

// tally counts records.
type tally struct{ records int }

func (c *tally) Begin(*reading.Report) error                         { return nil }
func (c *tally) Record(*dmarcrpt.Record) error                       { c.records++; return nil }
func (c *tally) End(*reading.Summary) error                          { return nil }
func (c *tally) Refused(_ *reading.Report, r *finding.Refusal) error { return r }

// read measures one core from the bytes of a file to the last record, against
// the standard library doing the same without any check.
func read(ctx context.Context, t *table) error {
	const n = 10
	report := reporttest.Sample{ID: "1", Domain: watchedDomain, Records: n}.XML()
	packed := reporttest.Gzip(report)
	mail := reporttest.Mail("application/gzip", "receiver.example!example.com!1!2.xml.gz", packed)
	for _, form := range []struct {
		name   string
		data   []byte
		plain  func([]byte) (int, error)
		wanted float64
	}{{".gz", packed, plainGzip, 8}, {".eml", mail, plainMail, 5}} {
		var ours, plain []float64
		for range rounds {
			o, err1 := perSecond(func() error { return readOnce(ctx, form.data, n) })
			p, err2 := perSecond(func() error { return count(form.plain, form.data, n) })
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			ours, plain = append(ours, o), append(plain, p)
		}
		t.row(row{figure: "read a report of 10 records from " + form.name, value: median(ours), baseline: median(plain), unit: "reports/s",
			against: "encoding/xml, compress/gzip, net/mail", wanted: form.wanted})
	}
	small, err1 := allocations(ctx, 100)
	large, err2 := allocations(ctx, 1100)
	t.row(row{figure: "allocations per further record", value: (large - small) / 1000, baseline: 0, unit: "allocations", against: "none", wanted: 1, atMost: true})
	return errors.Join(err1, err2)
}

var reader = reading.NewReader(reading.Limits{}, nil)

func readOnce(ctx context.Context, data []byte, n int) error {
	return count(func(data []byte) (int, error) {
		var c tally
		_, err := reader.Read(ctx, mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}, &c)
		return c.records, err
	}, data, n)
}

func count(read func([]byte) (int, error), data []byte, want int) error {
	got, err := read(data)
	if err == nil && got != want {
		err = fmt.Errorf("%d records were read, not %d", got, want)
	}
	return err
}

// perSecond is how often f can be done a second.
func perSecond(f func() error) (float64, error) {
	var failed error
	r := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			if failed = f(); failed != nil {
				b.FailNow()
			}
		}
	})
	return 1e9 / float64(r.NsPerOp()), failed
}

// allocations counts those of reading one report of n records.
func allocations(ctx context.Context, n int) (float64, error) {
	packed := reporttest.Gzip(reporttest.Sample{ID: "1", Domain: watchedDomain, Records: n}.XML())
	var failed error
	allocs := testing.AllocsPerRun(10, func() { failed = readOnce(ctx, packed, n) })
	return allocs, failed
}
