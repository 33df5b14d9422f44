package reading_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/reporttest"
)

// store is what a caller with a database does: it keeps a report at End and
// throws away everything of an open one at Refused.
type store struct {
	kept    []string
	refused []finding.Code
	pending string
	fail    error // returned by End
}

func (s *store) Begin(r *reading.Report) error {
	switch r.Kind {
	case reading.Aggregate:
		s.pending = r.Aggregate.ReportID
	case reading.TLS:
		s.pending = r.TLS.ReportID
	case reading.Failure:
		s.pending = r.Failure.ReportID
	}
	return nil
}

func (s *store) Record(rec *dmarcrpt.Record) error {
	s.pending += fmt.Sprintf(" %d", rec.Count)
	return nil
}

func (s *store) End(sum *reading.Summary) error {
	s.kept = append(s.kept, fmt.Sprintf("%s %s: %d/%d/%d/%d", sum.Kind, s.pending, sum.Records, sum.Messages, sum.Aligned, sum.BadRecords))
	s.pending = ""
	return s.fail
}

func (s *store) Refused(_ *reading.Report, r *finding.Refusal) error {
	if reading.RefusalSentence(r.Code) == "" {
		return fmt.Errorf("no sentence for %s", r.Code)
	}
	s.refused = append(s.refused, r.Code)
	s.pending = ""
	return nil
}

func (s *store) String() string { return fmt.Sprintf("%q %v", s.kept, s.refused) }

func source(data []byte) mimepart.Source {
	return mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data)), Name: "mail.eml"}
}

func TestRead(t *testing.T) {
	t.Parallel()
	report := sampleReport(2)
	twice := append(bytes.Clone(report), bytes.Replace(report, []byte("com.1<"), []byte("com.2<"), 1)...)
	wrongCRC := reporttest.Gzip(twice)
	wrongCRC[len(wrongCRC)-8] ^= 1
	longTwice := append(sampleReport(1000), twice...)
	longWrong := reporttest.Gzip(longTwice)
	longWrong[len(longWrong)-8] ^= 1
	tls := []byte(`{"organization-name":"R","date-range":{"start-datetime":"2026-11-20T00:00:00Z","end-datetime":"2026-11-20T23:59:59Z"},
"report-id":"t1","policies":[{"policy":{"policy-type":"sts","policy-domain":"example.com"},"summary":{"total-successful-session-count":7,"total-failure-session-count":2}}]}`)
	failure := []byte("From: r@receiver.example\r\nMessage-ID: <f1@receiver.example>\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nAuth-Failure: dmarc\r\nReported-Domain: example.com\r\nIncidents: 3\r\n\r\n--b--\r\n")
	abuse := bytes.Replace(failure, []byte("auth-failure"), []byte("abuse"), 1)
	first, second := "aggregate 2026-11-20.example.com.1 1 2: 2/3/3/0", "aggregate 2026-11-20.example.com.2 1 2: 2/3/3/0"
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"aggregate", report, fmt.Sprintf("%q []", []string{first})},
		{"aggregate in a mail", reporttest.Mail("application/gzip", "r.xml.gz", reporttest.Gzip(report)), fmt.Sprintf("%q []", []string{first})},
		{"two in one gzip", reporttest.Gzip(twice), fmt.Sprintf("%q []", []string{first, second})},
		{"two in one gzip, wrong checksum", wrongCRC, "[] [archive_checksum_wrong]"},
		{"two in one long gzip, wrong checksum", longWrong, "[] [archive_checksum_wrong]"},
		{"one in a long gzip, wrong checksum", func() []byte { b := reporttest.Gzip(sampleReport(1000)); b[len(b)-8] ^= 1; return b }(), "[] [archive_checksum_wrong]"},
		{"truncated gzip", reporttest.Gzip(sampleReport(1000))[:3000], "[] [archive_truncated]"},
		{"document cut in a whole gzip", reporttest.Gzip(report[:len(report)-100]), "[] [truncated]"},
		{"TLS", reporttest.Gzip(tls), fmt.Sprintf("%q []", []string{"tls t1: 1/9/7/0"})},
		{"failure", failure, fmt.Sprintf("%q []", []string{"failure f1@receiver.example: 1/3/0/0"})},
		{"XML bomb", []byte(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><lolz>&lol;</lolz>`), "[] [dtd]"},
		{"ordinary mail", []byte("From: a@example.com\r\nSubject: hi\r\n\r\nhello\r\n"), "[] []"},
		{"complaint", abuse, "[] []"},
	}
	r := reading.NewReader(reading.Limits{}, time.Now)
	for _, test := range tests {
		var s store
		out, err := r.Read(t.Context(), source(test.data), &s)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if s.String() != test.want {
			t.Errorf("%s: %s, want %s", test.name, &s, test.want)
		}
		if out.Accepted != len(s.kept) || out.Refused != len(s.refused) || out.NotReport() != (out.Noticed != nil && len(s.kept)+len(s.refused) == 0) {
			t.Errorf("%s: outcome %+v", test.name, out)
		}
	}
}

func TestVisitorErrorIsReturned(t *testing.T) {
	t.Parallel()
	s := store{fail: errors.New("database down")}
	out, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), source(sampleReport(1)), &s)
	if !errors.Is(err, s.fail) || out.Accepted != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// endless is a mail whose header never ends, after its first line.
type endless string

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	if at < int64(len(e)) {
		n = copy(p, e[at:])
	}
	copy(p[n:], strings.Repeat("From: a@example.com\n", len(p[n:])/20+1))
	return len(p), nil
}

func TestTime(t *testing.T) {
	t.Parallel()
	src := mimepart.Source{ReaderAt: endless("Subject: Report Domain: example.com\n"), Size: 1 << 50}
	limits := reading.Limits{Time: 20 * time.Millisecond}
	limits.MailBytes, limits.HeaderLines, limits.HeaderBytes = 1<<50, 1<<60, 1<<60
	var s store
	out, err := reading.NewReader(limits, nil).Read(t.Context(), src, &s)
	if err != nil || out.Refused != 1 || fmt.Sprint(s.refused) != "[reading_took_too_long]" {
		t.Errorf("%+v, %v, %v", out, err, s.refused)
	}
	private := mimepart.Source{ReaderAt: endless("Subject: private\n"), Size: 1 << 50}
	out, err = reading.NewReader(limits, nil).Read(t.Context(), private, &s)
	if err != nil || !out.NotReport() || out.Noticed == nil || out.Noticed.Code != reading.RefusedTime || len(s.refused) != 1 {
		t.Errorf("ordinary mail: %+v, %v, %v", out, err, s.refused)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reading.NewReader(limits, nil).Read(ctx, src, &s); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type brokenSource struct{}

func (brokenSource) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestSourceFails(t *testing.T) {
	t.Parallel()
	_, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), mimepart.Source{ReaderAt: brokenSource{}, Size: 10}, &store{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

// After any mail, however hostile, the same Reader reads the next one.
func TestNextMailGoesThrough(t *testing.T) {
	t.Parallel()
	r := reading.NewReader(reading.Limits{}, nil)
	for _, hostile := range [][]byte{
		reporttest.Gzip(sampleReport(100))[:500],
		[]byte("<feedback>" + strings.Repeat("<a>", 1000)),
		[]byte("Subject: Report Domain: example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n", 200)),
		reporttest.Mail("application/gzip", "r.xml.gz", reporttest.Gzip(reporttest.Gzip(reporttest.Gzip(reporttest.Gzip(sampleReport(1)))))),
	} {
		var s store
		if _, err := r.Read(t.Context(), source(hostile), &s); err != nil || len(s.refused) != 1 {
			t.Errorf("%v, %s", err, &s)
		}
		s = store{}
		if _, err := r.Read(t.Context(), source(reporttest.Mail("application/gzip", "r.xml.gz", reporttest.Gzip(sampleReport(3)))), &s); err != nil || len(s.kept) != 1 {
			t.Errorf("next mail: %v, %s", err, &s)
		}
	}
}
