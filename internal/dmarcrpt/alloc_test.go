package dmarcrpt_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
)

// ignore is the cheapest handler.
type ignore struct{}

func (ignore) Begin(*dmarcrpt.Report) error                         { return nil }
func (ignore) Record(*dmarcrpt.Record) error                        { return nil }
func (ignore) End(*dmarcrpt.Summary) error                          { return nil }
func (ignore) Refused(_ *dmarcrpt.Report, r *finding.Refusal) error { return r }

// Throughput is measured in package reading, from the file on.
func TestAllocationsPerRecord(t *testing.T) {
	perReport := func(n int) float64 {
		doc := with(t, goodRecord, strings.Repeat(goodRecord, n))
		r := dmarcrpt.NewReader(limited(dmarcrpt.Limits{}))
		return testing.AllocsPerRun(10, func() {
			if err := r.Read(strings.NewReader(doc), ignore{}, dmarcrpt.Options{}); err != nil {
				t.Fatal(err)
			}
		})
	}
	small, large := perReport(100), perReport(1100)
	if each := (large - small) / 1000; each > 1 {
		t.Errorf("%.2f allocations a record, want at most 1", each)
	}
}
