package reading_test

import (
	"reflect"
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
		parts := []string{prose}
		for range reports {
			parts = append(parts, attached("application/tlsrpt+gzip", "tls.json.gz", gzipped(c.doc)))
		}
		mail := mailHead + multi("report; report-type=tlsrpt", parts...)
		got := fates{codes: map[finding.Code]int{}}
		src := mimepart.Source{ReaderAt: strings.NewReader(mail), Size: int64(len(mail))}
		out, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), src, &got)
		if err != nil || got.ended != c.ended || got.codes[c.code] != reports-c.ended || got.after != 0 || out.Accepted != c.ended || out.Refused != reports-c.ended {
			t.Errorf("%s: %v, %+v, %+v", name, err, got, out)
		}
	}
}
