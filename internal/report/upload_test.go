package report_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// upload brings a file in and fails when it is not taken.
func (b *bench) upload(t *testing.T, visit report.UploadID, name, content string) report.Uploaded {
	t.Helper()
	got, err := b.Upload(t.Context(), b.org, visit, report.File{Name: name, Content: strings.NewReader(content), Size: int64(len(content))})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return got
}

func TestUploadGivesTheVerdictsOfMail(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	visit := uid.New[report.Visit]()
	good, cut := simple("good", 40), simple("cut", 1)
	for _, c := range []struct{ name, content, want string }{
		{"good.xml", good, "accepted"},
		{"again.zip", zipped(t, "good.xml", good), "known"},
		{"mail.eml", attached("hello", "other.xml", simple("other", 2)), "accepted"},
		{"cut.xml", cut[:len(cut)-40], "refused"},
		{"other.xml", strings.ReplaceAll(simple("x", 1), "example.org", "example.com"), "held"},
		{"holiday.jpg", "\xff\xd8\xff salaries", "no_report"},
		{"private.eml", ordinary, "no_report"},
		{"empty", "", "no_report"},
	} {
		got := b.upload(t, visit, c.name, c.content)
		if len(got.Receipts) != 1 || string(got.Receipts[0].Verdict) != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got.Receipts, c.want)
			continue
		}
		r := got.Receipts[0]
		if r.Source != report.FromUpload || r.Label == nil || *r.Label != c.name || r.Upload == nil || *r.Upload != visit {
			t.Errorf("%s: its receipt says %v, %v, %v", c.name, r.Source, r.Label, r.Upload)
		}
		if c.want == "no_report" && (r.Reason == nil || r.Reason.Sentence() == "" || r.Original) {
			t.Errorf("%s: reason %v, kept: %v", c.name, r.Reason, r.Original)
		}
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 42 {
		t.Errorf("%d messages are counted, want 42", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts r WHERE r::text LIKE '%salaries%' OR r::text LIKE '%private matter%'`); n != 0 {
		t.Error("content of a file without a report was kept")
	}
	list, _, err := b.Receipts(t.Context(), b.org.ID, report.ReceiptQuery{Upload: visit, Limit: 100})
	if err != nil || len(list) != 8 {
		t.Errorf("the upload has %d receipts, %v", len(list), err)
	}
}

func TestUploadedMailboxFileIsReadMailByMail(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var box strings.Builder
	mail := func(content string) { box.WriteString("From x Thu Jan  1 00:00:00 2026\n" + content + "\n\n") }
	mail(attached("hello", "a.xml", simple("a", 1)))
	mail(ordinary)
	mail(attached("hello", "b.xml", simple("b", 2)))
	got := b.upload(t, uid.New[report.Visit](), "all.mbox", box.String())
	if verdicts := strings.Join(b.verdicts(t), " "); verdicts != "accepted no_report accepted" || got.Mails != 3 || len(got.Receipts) != 3 {
		t.Errorf("%s; %d mails, %d receipts", verdicts, got.Mails, len(got.Receipts))
	}
	for i, r := range got.Receipts {
		if want := fmt.Sprintf("all.mbox, mail %d", i+1); *r.Label != want {
			t.Errorf("receipt %d is of %q, want %q", i, *r.Label, want)
		}
	}
	if got.Verdicts[report.Accepted] != 2 || got.Verdicts[report.NoReport] != 1 {
		t.Errorf("verdicts: %v", got.Verdicts)
	}
	_, err := b.Upload(t.Context(), b.org, uid.New[report.Visit](), report.File{Name: "huge.mbox", Content: strings.NewReader(strings.Repeat("From x Thu Jan  1 00:00:00 2026\n\n", 5001)), Size: 5001 * 33})
	if !fault.Is(err, fault.Invalid) || len(b.verdicts(t)) != 3 {
		t.Errorf("more mails than are read at once: %v, %d receipts", err, len(b.verdicts(t)))
	}
}

func TestUploaderIsNamedWhileTheyAreAMember(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.upload(t, uid.New[report.Visit](), "a.xml", simple("a", 1))
	by := func() *string {
		t.Helper()
		list, _, err := b.Receipts(t.Context(), b.org.ID, report.ReceiptQuery{Source: report.FromUpload, Limit: 1})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].UploadedBy
	}
	if got := by(); got == nil || !strings.HasSuffix(*got, "@example.org") {
		t.Errorf("uploaded by %v", got)
	}
	b.admin(t, `DELETE FROM members`)
	if got := by(); got != nil {
		t.Errorf("a former member is named: %s", *got)
	}
}

// gone is a file that cannot be read any more.
type gone struct{}

func (gone) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrClosed }

func TestUploadsAreLimited(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var err error
	if b.Uploads, err = report.NewUploadLimits(limit.NewMemory); err != nil {
		t.Fatal(err)
	}
	for i := range 2200 {
		_, err = b.Upload(t.Context(), b.org, uid.New[report.Visit](), report.File{Content: gone{}, Size: 1})
		if fault.Is(err, fault.LimitReached) {
			if i < 2000 {
				t.Errorf("limited after %d files", i)
			}
			return
		}
	}
	t.Error("nobody is stopped")
}

func TestNameOfAnUploadIsALabel(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	got := b.upload(t, uid.New[report.Visit](), "\x1b[2Ja\u202eb\x00"+strings.Repeat("é", 5000)+".xml", simple("a", 1))
	if label := *got.Receipts[0].Label; !strings.HasPrefix(label, "[2Jabé") || len([]rune(label)) != 201 {
		t.Errorf("label of %d characters: %.20q", len([]rune(label)), label)
	}
}
