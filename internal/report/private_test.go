package report_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// attached is a mail with one attachment.
func attached(subject, name, data string) string {
	return "From: Someone <someone@example.net>\r\nSubject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/octet-stream; name=\"" + name + "\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(data)) + "\r\n--b--\r\n"
}

// album is a zip of n pictures.
func album(t *testing.T, n int) string {
	t.Helper()
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("IMG_%04d.jpg", i), "\xff\xd8\xff")
	}
	return zipped(t, pairs...)
}

// locked sets the encryption flags of a zip of one file.
func locked(zip string) string {
	data := []byte(zip)
	data[6] |= 1
	data[bytes.LastIndex(data, []byte("PK\x01\x02"))+8] |= 1
	return string(data)
}

// pictures is a mail of n parts.
func pictures(head string, n int) string {
	return head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", n) + "--b--\r\n"
}

const announced = "Report Domain: example.org Submitter: reporter.example Report-ID: <1>"

func TestPrivateMailWithOddArchivesLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const subject = "salaries"
	mails := []string{
		attached(subject, "a.zip", album(t, 150)),
		attached(subject, "a.zip", album(t, 3)[:90]),
		attached(subject, "a.zip", locked(zipped(t, "invoice.xml", "<invoice/>"))),
		attached(subject, "a.zip", zipped(t, "invoice.xml", "salaries\x00")),
		attached(subject, "backup.gz", "\x1f\x8b\x08cut"),
		attached(subject, "a.zip", zipped(t, "a.zip", zipped(t, "a.zip", zipped(t, "a.zip", zipped(t, "a.txt", "x"))))),
		pictures("From: someone@example.net\r\nSubject: salaries\r\n", 120),
		"From: someone@example.net\r\nSubject: salaries\r\nX-Long: " + strings.Repeat("x", 300<<10) + "\r\n\r\nhello\r\n",
	}
	b.take(t, mails...)
	if got, want := strings.Join(b.verdicts(t), " "), strings.TrimSpace(strings.Repeat("no_report ", len(mails))); got != want {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM originals) + (SELECT count(*) FROM receipt_lines)`); n != 0 {
		t.Errorf("%d rows beside the receipts", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts r WHERE reason IS NOT NULL OR label IS NOT NULL OR r::text LIKE '%salaries%'`); n != 0 {
		t.Errorf("%d receipts say more than that there was no report", n)
	}
}

func TestBrokenReportsAreRefusedAndKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const name = "reporter.example!example.org!1794268800!1794355199"
	data := simple("a", 1)
	mails := []string{
		attached(announced, "a.zip", zipped(t, "a.xml", data)[:90]),
		attached(announced, "a.zip", album(t, 150)),
		attached("hello", name+".zip", zipped(t, "a.xml", data)[:90]),
		attached("hello", "a.zip", locked(zipped(t, name+".xml", data))),
		attached("hello", name+".xml.gz", "\x1f\x8b\x08cut"),
		pictures("Subject: "+announced+"\r\n", 120),
		data[:200], // no mail at all
	}
	b.take(t, mails...)
	if got, want := strings.Join(b.verdicts(t), " "), strings.TrimSpace(strings.Repeat("refused ", len(mails))); got != want {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != len(mails) {
		t.Errorf("%d originals of %d broken reports", n, len(mails))
	}
}

func TestFailureReportThatIsRefusedOnTheWayInIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const head = "Subject: " + announced + "\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n"
	fields := "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\n\r\n"
	deep := "--b\r\n" + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 20) + "salaries\r\n"
	mails := []string{
		head + "\r\n" + fields + deep + "--b--\r\n",
		head + "\r\n" + fields + strings.Repeat("--b\r\n\r\nsalaries\r\n", 120) + "--b--\r\n",
		head + "X-Long: " + strings.Repeat("x", 300<<10) + "\r\n\r\nsalaries\r\n",
		strings.Replace(head, "report; report-type=feedback-report", "mixed", 1) + "\r\n" + fields + deep + "--b--\r\n",
		// One that is read, beside an archive that is not.
		failureReport[:len(failureReport)-len("--b--\r\n")] + "--b\r\nContent-Type: application/zip; name=\"a!b!1!2.zip\"\r\n\r\nPK\x03\x04cut\r\n--b--\r\n",
	}
	b.take(t, mails...)
	if got, want := strings.Join(b.verdicts(t), " "), strings.TrimSpace(strings.Repeat("refused ", len(mails))); got != want {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 0 {
		t.Errorf("%d originals of failure reports", n)
	}
}

// bomb makes every reader panic.
type bomb struct{}

func (bomb) ReadAt([]byte, int64) (int, error) { panic("a mistake of ours") }

func TestPanicWhileReadingStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	box := uid.New[mailbox.Mailbox]()
	mails := make([]mailbox.Mail, 3)
	for i := range mails {
		content := simple(fmt.Sprint("r", i), 1)
		mails[i] = mailbox.Mail{Mailbox: box, Generation: "1", ID: mailfetch.MailID(fmt.Sprint(i + 1)), State: mailfetch.Delivered,
			Received: now, Size: int64(len(content)), Content: strings.NewReader(content)}
	}
	mails[1].Content = bomb{}
	var stored []mailfetch.MailID
	err := b.takeIn(t.Context(), mails, func(_ context.Context, _ postgres.Tx, _, reports []mailfetch.MailID) error {
		stored = append(stored, reports...)
		return nil
	})
	if err != nil || fmt.Sprint(stored) != "[1 3]" {
		t.Fatalf("stored %v, %v", stored, err)
	}
	if got := strings.Join(b.verdicts(t), " "); got != "accepted refused accepted" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 2 {
		t.Errorf("%d originals, want those of the two that were read", n)
	}
	reason := report.Reason(one[string](t, b, `SELECT reason FROM receipts WHERE verdict = 'refused'`))
	if reason != report.ReasonNotKept || !strings.Contains(reason.Sentence(), "untouched in your mailbox") {
		t.Errorf("reason %q: %s", reason, reason.Sentence())
	}
	if _, err := b.Survey(t.Context(), bomb{}, 100); err == nil {
		t.Error("a survey hid the panic")
	}
}

func TestImportedFileMayHaveAnyName(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	data := simple("a", 1)
	got, err := b.Import(t.Context(), b.org.ID, []report.File{{Name: "B\xfccher\x1b[2J.xml", Content: strings.NewReader(data), Size: int64(len(data))}})
	if err != nil || got[report.Accepted] != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if label := one[string](t, b, `SELECT label FROM receipts`); label != "B\uFFFDcher[2J.xml" {
		t.Errorf("label %q", label)
	}
}
