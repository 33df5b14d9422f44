package reading_test

import (
	"os"
	"path/filepath"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/reporttest"
)

// sample is a report of n records.
func sample(n int) reporttest.Sample {
	return reporttest.Sample{ID: "2026-11-20.example.com.1", Domain: "example.com", Records: n}
}

func sampleReport(n int) []byte { return sample(n).XML() }

// tally counts records.
type tally struct{ records int }

func (c *tally) Begin(*reading.Report) error                         { return nil }
func (c *tally) Record(*dmarcrpt.Record) error                       { c.records++; return nil }
func (c *tally) End(*reading.Summary) error                          { return nil }
func (c *tally) Refused(_ *reading.Report, r *finding.Refusal) error { return r }

// More than memory should hold; how much it does hold is measured on the
// program as it is built.
func TestLargeReport(t *testing.T) {
	t.Parallel()
	const records = 20_000
	f, err := os.Create(filepath.Join(t.TempDir(), "large.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := sample(records).WriteTo(f)
	if err != nil {
		t.Fatal(err)
	}
	var c tally
	out, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), mimepart.Source{ReaderAt: f, Size: size}, &c)
	if err != nil || out.Accepted != 1 || c.records != records {
		t.Errorf("%v, %+v, %+v", err, out, c)
	}
}
