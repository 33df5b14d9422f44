package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/report"
)

func (b *bench) deliver(t *testing.T, mail string) report.Receipt {
	t.Helper()
	rec, err := b.Deliver(t.Context(), b.org.ID, report.File{Content: strings.NewReader(mail), Size: int64(len(mail))})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestNobodyVouchesForWhatAProviderHandsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	d := doc{org: "reporter.example", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 50)}}
	for signature, want := range map[string]report.Trust{"signed": report.Vouched, "": report.Unvouched} {
		d.id = "delivered" + signature
		rec := b.deliver(t, mailOf(d, signature))
		if rec.Verdict != report.Accepted || rec.Source != report.FromInbound || rec.Noun() != "mail" || rec.Authentication() == nil {
			t.Errorf("signature %q: %+v", signature, rec)
		}
		if trust := one[int](t, b, fmt.Sprintf(`SELECT trust FROM reports WHERE receipt_id = %d`, rec.ID)); report.Trust(trust) != want {
			t.Errorf("signature %q: trust %d, want %d", signature, trust, want)
		}
	}
}

func TestDeliveredMailWithoutAReportLeavesItsSizeAndTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	rec := b.deliver(t, "From: ada@example.org\r\nTo: bob@example.org\r\nSubject: private matters\r\n\r\nvery private\r\n")
	if rec.Verdict != report.NoReport || rec.Label != nil || rec.Original || rec.Title() != "A mail without a report" {
		t.Errorf("%+v", rec)
	}
	if left := one[string](t, b, `SELECT (SELECT string_agg(r::text, '') FROM receipts r) || (SELECT count(*) FROM originals)`); strings.Contains(left, "private") || strings.Contains(left, "ada@") {
		t.Errorf("it leaves %s", left)
	}
}

func TestDeliveriesTakeTurnsOfTheOrganization(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var err error
	b.Uploads, err = report.NewUploadLimits(func(name string, _ int, per time.Duration) (*limit.Limiter, error) {
		return limit.NewMemory(name, 2, per)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.deliver(t, "Subject: nothing\r\n\r\n")
	}
	if _, err := b.Deliver(t.Context(), b.org.ID, report.File{Content: strings.NewReader("x"), Size: 1}); !fault.Is(err, fault.LimitReached) {
		t.Errorf("the third: %v", err)
	}
}
