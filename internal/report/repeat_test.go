package report_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// troubles are files that end refused, in conflict or replaced.
func troubles(t *testing.T, b *bench) map[report.Verdict]string {
	t.Helper()
	other := func(n int) string {
		return doc{org: "reporter.example", id: "a", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", n)}}.xml()
	}
	cut := simple("cut", 1)
	out := map[report.Verdict]string{report.Refused: cut[:len(cut)-40], report.Conflict: other(8), report.Replaced: other(9)}
	b.take(t, out[report.Replaced], other(7))
	b.choose(t, 1, 0, report.Replace, "replaced accepted")
	b.take(t, out[report.Refused], out[report.Conflict])
	return out
}

// first is what the n-th receipt says about its file.
func (b *bench) first(t *testing.T, n int) string {
	t.Helper()
	return one[string](t, b, `SELECT r.verdict || coalesce(' ' || r.reason, '') || coalesce(' of ' || f.verdict, '') || CASE WHEN o.receipt_id IS NULL THEN '' ELSE ' kept' END
		FROM (SELECT receipt_id, verdict, reason, first_id FROM receipts ORDER BY receipt_id OFFSET $1 LIMIT 1) r LEFT JOIN receipts f ON f.receipt_id = r.first_id
		LEFT JOIN originals o ON o.receipt_id = r.receipt_id`, n)
}

func TestSameFileAgainIsNoSecondTrouble(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	files := troubles(t, b)
	counts := func() string {
		return one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts WHERE verdict <> 'known' GROUP BY verdict) x`) +
			"; " + b.lines(t) + "; " + b.numbers(t)
	}
	before, n := counts(), len(b.verdicts(t))
	for verdict, content := range files {
		if stored := b.take(t, content); len(stored) != 0 { // or the mail would be moved
			t.Errorf("%s: its mail is said to be stored", verdict)
		}
		got := b.upload(t, uid.New[report.Visit](), "again.xml", content)
		if r := got.Receipts[0]; r.Verdict != report.Known || r.First == nil || r.Original {
			t.Errorf("%s, uploaded: %+v", verdict, r)
		}
		again := func() report.File {
			return report.File{Name: "a.xml", Content: strings.NewReader(content), Size: int64(len(content))}
		}
		if counts, err := b.Import(t.Context(), b.org.ID, []report.File{again(), again()}); err != nil || counts[report.Known] != 2 {
			t.Errorf("%s, imported: %v, %v", verdict, counts, err)
		}
		for range 4 {
			if got, want := b.first(t, n), "known same_file_again of "+string(verdict); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			n++
		}
	}
	if after := counts(); after != before {
		t.Errorf("counts %s, before %s", after, before)
	}
	if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil || counts() != before {
		t.Errorf("read again %s, before %s, %v", counts(), before, err)
	}
}

func TestFileIsReadAnewForWhatCanBeHeldByNow(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.hold(t, 10_000, 1)
	cut := simple("cut", 1)
	file := zipped(t, "a.xml", cut[:len(cut)-40], "b.xml", strings.ReplaceAll(simple("foreign", 1), "example.org", "example.com"))
	b.take(t, file)
	b.admin(t, `DELETE FROM receipts WHERE verdict = 'held'`)
	b.take(t, file)
	if got := b.lines(t); got != "refused+refused refused+held" {
		t.Error(got)
	}
}

func TestSameFileTwiceAtOnceIsRefusedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const files, writers = 60, 4
	done := make(chan error, writers)
	for w := range writers {
		var list []report.File
		for i := range files {
			x := simple(fmt.Sprint(i*[writers]int{1, 7, 11, 59}[w]%files), 1) // none shares a factor with files: each comes once
			x = x[:len(x)-40]
			list = append(list, report.File{Name: "r.xml", Content: strings.NewReader(x), Size: int64(len(x))})
		}
		go func() {
			_, err := b.Import(context.Background(), b.org.ID, list)
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts GROUP BY verdict) v`); got != "known 180, refused 60" {
		t.Error(got)
	}
}

func TestSameFileIsReadAnewWhenItsFirstReceiptIsNoAnswer(t *testing.T) {
	t.Parallel()
	cut := simple("cut", 1)
	cut = cut[:len(cut)-40]
	for name, c := range map[string]struct{ before, want string }{
		"its original is gone":                 {`DELETE FROM originals`, "refused truncated kept"},
		"its original is damaged":              {`UPDATE originals SET damaged = true`, "refused truncated kept"},
		"it was no trouble to an older reader": {`UPDATE receipts SET verdict = 'held'`, "refused truncated kept"},
		"it was another organization's":        {`UPDATE receipts SET org_id = gen_random_uuid(); UPDATE originals o SET org_id = r.org_id FROM receipts r WHERE r.receipt_id = o.receipt_id`, "refused truncated kept"},
	} {
		b := newBench(t, "example.org")
		b.take(t, cut)
		b.admin(t, c.before)
		b.take(t, cut)
		if got := b.first(t, len(b.verdicts(t))-1); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	// What was refused for a reason of ours can be read by now.
	b := newBench(t, "example.org")
	b.refusedForNow(t, 1)
	b.take(t, simple("poison-0", 666))
	if got := b.first(t, 1); got != "accepted kept" {
		t.Errorf("after an upgrade: %s", got)
	}
	id, _ := b.part(t, 0, 0)
	if verdict, err := b.Retry(t.Context(), b.org.ID, id); err != nil || verdict != report.Known {
		t.Errorf("the first one, read again: %s, %v", verdict, err)
	}
	b.wantTotals(t, 666)
}

// A mail with something new in it is no repetition, whatever else is in it.
func TestFileWithSomethingNewIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	cut := simple("cut", 1)
	both := zipped(t, "a.xml", strings.ReplaceAll(simple("b", 1), "example.org", "example.com"), "b.xml", cut[:len(cut)-40])
	b.take(t, both)
	if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.com"}); err != nil {
		t.Fatal(err)
	}
	b.take(t, both) // before the job reads the first one again
	if got := b.first(t, 1) + ", " + b.lines(t); got != "refused truncated kept, held+refused accepted+refused" {
		t.Error(got)
	}
}
