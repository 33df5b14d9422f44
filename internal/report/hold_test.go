package report_test

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/report"
)

func TestOriginalsOfHeldMailsGoAfterNinetyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := now
	b.Now = func() time.Time { return at }
	nameless := tlsDoc{id: "a"}.json()
	b.take(t, simple("a", 1), nameless)
	for _, step := range []struct{ days, left int }{{90, 2}, {91, 0}} {
		at = now.AddDate(0, 0, step.days)
		if err := b.ExpireOriginals(t.Context(), report.ExpireOriginals{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != step.left {
			t.Errorf("after %d days %d originals are left, want %d", step.days, n, step.left)
		}
	}
	if got := strings.Join(b.verdicts(t), " "); got != "held held" {
		t.Errorf("receipts: %s", got)
	}
	sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(at, 28))
	if err != nil || len(sum.Suggestions) != 0 {
		t.Errorf("domains whose reports are gone are suggested: %v, %v", sum.Suggestions, err)
	}
	at = now.AddDate(0, 0, 92)
	if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), report.Release{Org: b.org.ID}); err != nil {
		t.Errorf("what is gone is waited for: %v", err)
	}
}

// hold has so many mails waiting, with originals of so many bytes each.
func (b *bench) hold(t *testing.T, mails, size int) {
	t.Helper()
	b.admin(t, `ALTER TABLE originals ALTER COLUMN content SET STORAGE MAIN`) // compressed: the test needs no such disk
	b.admin(t, `
		WITH made AS (INSERT INTO receipts (org_id, source, received_at, size, verdict, reason)
			SELECT $1, 'import', $2, 1, 'held', 'domain_not_watched' FROM generate_series(1, $3) RETURNING receipt_id)
		INSERT INTO originals (org_id, receipt_id, content) SELECT $1, receipt_id, convert_to(repeat('a', $4), 'UTF8') FROM made`, b.org.ID, now, mails, size)
}

func TestWhatIsHeldIsBounded(t *testing.T) {
	t.Parallel()
	foreign := func(id string) string { return strings.ReplaceAll(simple(id, 1), "example.org", "example.com") }
	for name, c := range map[string]struct{ mails, size int }{
		"in mails": {9_999, 1},
		"in bytes": {21, 51_130_563}, // 1 GB but for a byte
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "example.org")
			b.hold(t, c.mails, c.size)
			last := func(n int) string {
				return one[string](t, b, `SELECT string_agg(v, ', ' ORDER BY id) FROM (
					SELECT r.receipt_id AS id, r.verdict || coalesce(' ' || r.reason, '') || CASE WHEN o.receipt_id IS NULL THEN '' ELSE ' kept' END AS v
					FROM receipts r LEFT JOIN originals o USING (org_id, receipt_id) ORDER BY r.receipt_id DESC LIMIT $1) AS l`, n)
			}
			b.take(t, foreign("fits"), foreign("does not"), simple("watched", 1),
				zipped(t, "a.xml", foreign("beside"), "b.xml", simple("another", 2)))
			if got := last(4); got != "held domain_not_watched kept, refused too_many_held, accepted kept, refused too_many_held kept" {
				t.Error(got)
			}
			b.take(t, foreign("nor later"))
			if got := last(1); got != "refused too_many_held" {
				t.Error(got)
			}
			// What waits already waits on, and others have room of their own.
			if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{After: report.ReceiptID(c.mails)}); err != nil {
				t.Fatal(err)
			}
			if n := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'held' AND receipt_id > $1`, c.mails); n != 2 {
				t.Errorf("read again, %d are held, want the one and that which is kept for its neighbour", n)
			}
			b.admin(t, `DELETE FROM originals WHERE receipt_id <= 3`)
			b.take(t, foreign("there is room again"))
			if got := last(1); got != "held domain_not_watched kept" {
				t.Error(got)
			}
		})
	}
}
