package report_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
)

// incident is a failure report about a mail of which every part says "secret".
func incident(messageID, domain string) string {
	return "From: Secret Postmaster <secret@mx.receiver.example>\r\nTo: secret@example.org\r\nSubject: About secret\r\nMessage-ID: " + messageID + "\r\n" +
		"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain; name=\"secret.txt\"\r\n\r\nThis is about secret@example.org.\r\n" +
		"--b\r\nContent-Type: message/feedback-report; name=\"secret.arf\"\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\n" +
		"User-Agent: Receiver/1 (secret@receiver.example)\r\nOriginal-Mail-From: <bounce+secret=example.net@example.org>\r\nOriginal-Rcpt-To: <secret@receiver.example>\r\n" +
		"Arrival-Date: Fri, 20 Nov 2026 09:59:30 +0000\r\nSource-IP: 192.0.2.25\r\nReported-Domain: " + domain + "\r\n" +
		"Authentication-Results: mx.receiver.example; dkim=fail header.i=secret@" + domain + "; spf=fail smtp.mailfrom=bounce+secret=example.net@" + domain + "\r\n" +
		"Auth-Failure: dmarc\r\nDelivery-Result: reject\r\nIdentity-Alignment: none\r\nDKIM-Canonicalized-Body: c2VjcmV0\r\n\r\n" +
		"--b\r\nContent-Type: message/rfc822; name=\"secret.eml\"\r\n\r\nFrom: Secret <secret@" + domain + ">\r\nTo: secret@receiver.example\r\nSubject: secret plans\r\n" +
		"Message-ID: <secret.7@" + domain + ">\r\nDate: Fri, 20 Nov 2026 09:59:00 +0000 (secret)\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" +
		"--c\r\nContent-Type: text/plain\r\n\r\nthe secret text\r\n--c\r\nContent-Type: application/xml; name=\"secret.xml\"\r\n\r\n" + simple("inside", 77) + "\r\n--c--\r\n--b--\r\n"
}

// dump is every row of every table, as a superuser sees them, and the bytes of
// binary columns as text too.
func (b *bench) dump(t *testing.T) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	var all strings.Builder
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), `SELECT t::text FROM `+table+` t`)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s: %s\n", table, strings.Join(lines, "\n"))
	}
	return strings.ToLower(all.String())
}

func TestNothingOfAPersonIsStoredOfAFailureReport(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	whole := incident("<secret-1@mx.receiver.example>", "news.example.org")
	sample := strings.Index(whole, "--b\r\nContent-Type: message/rfc822")
	b.take(t, whole, incident("<secret-2@mx.receiver.example>", "example.com"), whole[:sample]+"--b\r\nContent-Type: application/zip; name=\"secret!example.org!1!2.zip\"\r\n\r\nPK\x03\x04secret\r\n--b--\r\n")
	if _, err := b.Import(t.Context(), b.org.ID, []report.File{{Name: "secret.eml", Content: strings.NewReader(whole), Size: int64(len(whole))}}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(b.verdicts(t), " "), "accepted refused refused known"; got != want {
		t.Errorf("verdicts: %s, want %s", got, want)
	}
	dump := b.dump(t)
	for _, private := range []string{"secret", hex.EncodeToString([]byte("secret")), "c2vjcmv0"} {
		if i := strings.Index(dump, private); i >= 0 {
			t.Errorf("%q is stored: …%s…", private, dump[max(0, i-200):min(len(dump), i+60)])
		}
	}
	if !strings.Contains(dump, "192.0.2.25") || !strings.Contains(dump, "news.example.org") {
		t.Error("the dump does not hold what may be kept")
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM originals) + (SELECT count(*) FROM reports)`); n != 0 {
		t.Errorf("%d originals, or reports that were in the mail inside", n)
	}
	if labels := one[string](t, b, `SELECT string_agg(DISTINCT label, ', ') FROM receipt_items`); labels != "failure report" {
		t.Errorf("labels: %s", labels)
	}
}

func TestFailureReportIsStoredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	none := strings.Replace(incident("<x@y>", "example.org"), "Message-ID: <x@y>\r\n", "", 1)
	b.take(t, incident("<1@mx.receiver.example>", "example.org"), incident("<1@mx.receiver.example>", "example.org"), incident("<2@mx.receiver.example>", "example.org"),
		strings.Replace(incident("<1@mx.receiver.example>", "example.org"), "secret@mx.receiver.example", "secret@other.example", 1),
		none, none, strings.Replace(none, "192.0.2.25", "192.0.2.26", 1), incident("<3@mx.receiver.example>", "example.com"))
	if got, want := strings.Join(b.verdicts(t), " "), "accepted known accepted accepted accepted known accepted refused"; got != want {
		t.Errorf("verdicts: %s, want %s", got, want)
	}
	reason := report.Reason(one[string](t, b, `SELECT reason FROM receipts WHERE verdict = 'refused'`))
	if !strings.Contains(reason.Sentence(), "do not watch") || !strings.Contains(reason.Sentence(), "nothing of it was kept") {
		t.Errorf("%s: %s", reason, reason.Sentence())
	}
	if n := one[int](t, b, `SELECT count(*) FROM failure_reports`); n != 5 {
		t.Errorf("%d failure reports", n)
	}
}

func TestFailureReportsGoAfterThirtyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	clock := func() time.Time { return at }
	b.Now = clock
	failures := &failurereport.Service{DB: b.db.DB, Now: clock}
	b.take(t, incident("<1@mx.receiver.example>", "example.org"))
	at = now.Add(24 * time.Hour)
	b.take(t, incident("<2@mx.receiver.example>", "example.org"))
	id := failurereport.ID(one[int64](t, b, `SELECT min(failure_id) FROM failure_reports`))
	for _, step := range []struct {
		age  time.Duration
		left int64
	}{{30*24*time.Hour - time.Second, 2}, {30 * 24 * time.Hour, 1}, {31 * 24 * time.Hour, 0}} {
		at = now.Add(step.age)
		// What is over is not shown, even before the job has run.
		if _, total, err := failures.Reports(t.Context(), b.org.ID, failurereport.Query{Limit: 10}); err != nil || total != step.left {
			t.Errorf("after %s: %d shown, %v", step.age, total, err)
		}
		if shown, err := failures.Exists(t.Context(), b.org.ID, id); err != nil || shown != (step.left == 2) {
			t.Errorf("after %s: the first is shown: %v, %v", step.age, shown, err)
		}
		if err := failures.Expire(t.Context(), failurereport.Expire{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int64](t, b, `SELECT count(*) FROM failure_reports`); n != step.left {
			t.Errorf("after %s: %d are left", step.age, n)
		}
	}
	if n := len(b.verdicts(t)); n != 2 {
		t.Errorf("%d receipts are left", n)
	}
}

func TestFailureReportOfAnotherOrganizationIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, incident("<1@mx.receiver.example>", "example.org"))
	id := failurereport.ID(one[int64](t, b, `SELECT failure_id FROM failure_reports`))
	other := b.org.ID
	other[0] ^= 1
	failures := &failurereport.Service{DB: b.db.DB, Now: b.Now}
	admin, err := postgres.Open(t.Context(), postgres.Config{URL: b.db.AdminURL}) // whom no policy binds
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	for name, db := range map[string]*postgres.DB{"app": b.db.DB, "superuser": admin} {
		s := &failurereport.Service{DB: db, Now: b.Now}
		if shown, err := s.Exists(t.Context(), other, id); err != nil || shown {
			t.Errorf("%s: %v, %v", name, shown, err)
		}
		if lines, total, err := s.Reports(t.Context(), other, failurereport.Query{Limit: 9}); err != nil || len(lines) != 0 || total != 0 {
			t.Errorf("%s: %d of %d, %v", name, len(lines), total, err)
		}
	}
	if got, err := failures.Report(t.Context(), b.org.ID, id); err != nil || got.Kept.SourceIP.String() != "192.0.2.25" || got.Kept.ReportID != "" {
		t.Errorf("%+v, %v", got, err)
	}
}
