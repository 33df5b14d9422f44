package report_test

import (
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/report"
)

// bytes returns a stored original.
func (b *bench) bytes(t *testing.T, id report.ReceiptID) (string, error) {
	t.Helper()
	f, err := b.Original(t.Context(), b.org.ID, id)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	return string(raw), err
}

// bulky is a report mail with an attachment that no compression makes small.
func bulky(id string, size int) string {
	noise := make([]byte, size)
	random := rand.NewChaCha8([32]byte([]byte(strings.Repeat(id, 32))[:32]))
	_, _ = random.Read(noise) // it never fails
	return "From: r@reporter.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/xml\r\n\r\n" + simple(id, 7) +
		"\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(noise) + "\r\n--b--\r\n"
}

func TestLargeOriginalsAreKeptInPartsAndComeBackWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	mails := []string{bulky("a", 3<<20), simple("b", 1), bulky("c", 700<<10), bulky("d", 1<<20)}
	b.take(t, mails...)
	if got := strings.Join(b.verdicts(t), " "); got != "accepted accepted accepted accepted" {
		t.Fatalf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT max(octet_length(content)) FROM (SELECT content FROM originals UNION ALL SELECT content FROM original_parts) o`); n > 1<<20 {
		t.Errorf("%d bytes in one row", n)
	}
	ids := one[[]report.ReceiptID](t, b, `SELECT array_agg(receipt_id ORDER BY receipt_id) FROM receipts`)
	for i, want := range mails {
		if got, err := b.bytes(t, ids[i]); err != nil || got != want {
			t.Errorf("mail %d came back with %d of %d bytes, %v", i, len(got), len(want), err)
		}
	}
	counts, err := b.Reparse(t.Context(), b.org.ID, report.Originals{})
	if err != nil || len(counts) != 1 || counts[report.Turn{Before: report.Accepted, After: report.Accepted}] != 4 {
		t.Errorf("read again: %v, %v", counts, err)
	}

	b.admin(t, `DELETE FROM original_parts WHERE receipt_id = $1 AND part = 2`, ids[0])
	if _, err := b.bytes(t, ids[0]); !fault.Is(err, fault.Conflict) {
		t.Errorf("without one of its parts: %v", err)
	}
	b.admin(t, `DELETE FROM originals`)
	if _, err := b.bytes(t, ids[0]); !fault.Is(err, fault.NotFound) {
		t.Errorf("once it is removed: %v", err)
	}
	if n := one[int](t, b, `SELECT count(*) FROM original_parts`); n != 0 {
		t.Errorf("%d parts are left of nothing", n)
	}
}
