package reading_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsrpt"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	d := reading.Defaults()
	fields := reflect.ValueOf(d)
	for i := range fields.NumField() {
		if fields.Field(i).Int() <= 0 {
			t.Errorf("%s has no default", fields.Type().Field(i).Name)
		}
	}
	if d.MailBytes != 50_000_000 || d.Records != 500_000 || d.Time != time.Minute {
		t.Errorf("%+v", d)
	}
	// Every limit is somebody's.
	for _, share := range []any{d.Mail(), d.Aggregate(), d.TLS(), d.Failure()} {
		for i := range reflect.TypeOf(share).NumField() {
			if reflect.ValueOf(share).Field(i).IsZero() {
				t.Errorf("%T.%s is not filled", share, reflect.TypeOf(share).Field(i).Name)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := (reading.Limits{Time: -1}).Check(); err != nil {
		t.Error(err)
	}
	err := reading.Limits{Records: -1, MailBytes: -1}.Check()
	if err == nil || !strings.Contains(err.Error(), "LIMIT_RECORDS is negative") || !strings.Contains(err.Error(), "LIMIT_MAIL_BYTES is negative") {
		t.Error(err)
	}
}

// fates notes what became of each TLS report.
type fates struct {
	tally

	ended int
	codes map[finding.Code]int
	after int // that ended after one was refused
}

func (f *fates) End(*reading.Summary) error {
	f.ended++
	if len(f.codes) > 0 {
		f.after++
	}
	return nil
}

func (f *fates) Refused(_ *reading.Report, r *finding.Refusal) error {
	f.codes[r.Code]++
	return nil
}

// fatesOf reads a mail with TLS reports.
func fatesOf(t *testing.T, docs ...string) (fates, reading.Outcome, error) {
	t.Helper()
	parts := []string{prose}
	for _, doc := range docs {
		parts = append(parts, attached("application/tlsrpt+gzip", "tls.json.gz", gzipped(doc)))
	}
	mail := mailHead + multi("report; report-type=tlsrpt", parts...)
	got := fates{codes: map[finding.Code]int{}}
	src := mimepart.Source{ReaderAt: strings.NewReader(mail), Size: int64(len(mail))}
	out, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), src, &got)
	return got, out, err
}

// All reports of a mail are held until they are stored, so their limits are
// those of the mail and not of each.
func TestTLSReportsOfAMailShareTheirLimits(t *testing.T) {
	t.Parallel()
	const reports = 90
	start, end, _ := strings.Cut(goodTLS, `"policies":[`)
	report := func(entry string) string { return start + `"policies":[` + entry + end }
	detail := `{"failed-session-count":1}`
	for name, c := range map[string]struct {
		doc   string
		ended int
		code  finding.Code
	}{
		"policies":        {report(strings.Repeat("{},", 999)), 10, tlsrpt.RefusedMany},
		"failure details": {report(`{"failure-details":[` + detail + strings.Repeat(","+detail, 1998) + "]},"), 10, tlsrpt.RefusedMany},
		"bytes":           {goodTLS + strings.Repeat(" ", 4<<20/10-len(goodTLS)), 10, tlsrpt.RefusedTooLarge},
		"few of all":      {goodTLS, reports, ""},
	} {
		got, out, err := fatesOf(t, slices.Repeat([]string{c.doc}, reports)...)
		if err != nil || got.ended != c.ended || (got.codes[c.code] > 0) != (c.code != "") || got.after != 0 || out.Accepted != c.ended || out.Refused != reports-c.ended {
			t.Errorf("%s: %v, %+v, %+v", name, err, got, out)
		}
	}
}

func TestRefusedTLSReportsUseUpTheLimitsToo(t *testing.T) {
	t.Parallel()
	const reports = 90
	broken := goodTLS[:300] + strings.Repeat(" ", 4<<20/10-300)
	got, out, err := fatesOf(t, slices.Repeat([]string{broken}, reports)...)
	if err != nil || out.Accepted != 0 || got.codes[tlsrpt.RefusedMalformed] != 10 || got.codes[tlsrpt.RefusedTooLarge] != reports-10 {
		t.Errorf("cut ones: %v, %+v, %+v", err, got, out)
	}
	got, out, err = fatesOf(t, goodTLS, goodTLS+strings.Repeat(" ", 4<<20), goodTLS)
	if err != nil || out.Accepted != 1 || got.codes[tlsrpt.RefusedTooLarge] != 2 {
		t.Errorf("one that is too large, among others: %v, %+v, %+v", err, got, out)
	}
}
