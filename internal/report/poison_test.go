package report_test

import (
	"archive/zip"
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/report"
)

// admin changes the database past all policies.
func (b *bench) admin(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(sql, ": ", err)
	}
}

// simple is a report of one record.
func simple(id string, messages int) string {
	return doc{org: "reporter.example", id: id, domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", messages)}}.xml()
}

const ordinary = "From: someone@example.net\r\nSubject: private matter\r\n\r\nhello\r\n"

const failureReport = "From: r@receiver.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nAuth-Failure: dmarc\r\nReported-Domain: example.org\r\n\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: boss@example.org\r\nSubject: salaries\r\n\r\nsecret\r\n--b--\r\n"

func TestMailThatTheDatabaseRefusesStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.admin(t, `ALTER TABLE records ADD CONSTRAINT poison CHECK (messages <> 666)`)
	poison := simple("bad", 666)
	b.take(t, simple("one", 1), poison, simple("two", 2), ordinary, simple("three", 3))
	if got := strings.Join(b.verdicts(t), " "); got != "accepted refused accepted no_report accepted" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 6 {
		t.Errorf("%d messages counted, want those of the other mails: 6", n)
	}
	id := one[int64](t, b, `SELECT receipt_id FROM receipts WHERE reason = $1`, report.ReasonOurFault)
	if raw, err := b.bytes(t, report.ReceiptID(id)); err != nil || raw != poison {
		t.Errorf("its original: %d bytes, %v", len(raw), err)
	}
}

func TestFailureOfTheDatabaseKeepsNothingPrivate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ constraint, mail string }{
		"an ordinary mail": {`ALTER TABLE receipts ADD CONSTRAINT poison CHECK (verdict <> 'no_report')`, ordinary},
		"a failure report": {`ALTER TABLE receipt_items ADD CONSTRAINT poison CHECK (kind <> 'failure')`, failureReport},
	} {
		b := newBench(t, "example.org")
		b.admin(t, c.constraint)
		b.take(t, c.mail)
		if got := strings.Join(b.verdicts(t), " "); got != "refused" {
			t.Errorf("%s: %s", name, got)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 0 {
			t.Errorf("%s was kept", name)
		}
	}
}

// zipped packs files by name, in order.
func zipped(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: pairs[i], NonUTF8: true, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// noise is text that no compression shortens below what an index takes.
func noise(n int) string {
	random, text := rand.New(rand.NewPCG(1, 2)), make([]rune, n)
	for i := range text {
		text[i] = rune(0x4e00 + random.IntN(0x5000))
	}
	return string(text)
}

func TestOddBytesAreNoReasonToRefuse(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	long := strings.Replace(simple("long", 1), "<org_name>reporter.example</org_name><email>dmarc@reporter.example</email>",
		"<org_name>"+noise(6000)+"</org_name><email>nobody</email>", 1)
	for name, mail := range map[string]string{
		"a name in Latin-1 in the zip": zipped(t, "B\xfccher.xml", simple("latin", 1)),
		"a name with NUL in the zip":   zipped(t, "a\x00b.xml", simple("nul", 1)),
		"an endless reporter":          long,
		"NUL in the text":              strings.Replace(simple("text", 1), "<version>1.0", "<version>1.0\x00", 1),
		"an override comment with NUL": strings.Replace(simple("comment", 1), "</spf></policy_evaluated>", "</spf><reason><type>other</type><comment>a\x00b&#65533;</comment></reason></policy_evaluated>", 1),
	} {
		b.take(t, mail)
		if reason := one[string](t, b, `SELECT verdict || ' ' || coalesce(reason, '') FROM receipts ORDER BY receipt_id DESC LIMIT 1`); strings.Contains(reason, string(report.ReasonOurFault)) {
			t.Errorf("%s: %s", name, reason)
		}
	}
	data := []byte(simple("import", 1))
	got, err := b.Import(t.Context(), b.org.ID, []report.File{{Name: "B\xfccher.xml", Content: bytes.NewReader(data), Size: int64(len(data))}})
	if err != nil || got[report.Accepted] != 1 {
		t.Errorf("a file with a name in Latin-1: %v, %v", got, err)
	}
}
