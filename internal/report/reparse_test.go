package report_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// refusedForNow stores n mails that are refused for a reason of ours, which is
// then mended: read again, they are accepted.
func (b *bench) refusedForNow(t *testing.T, n int) {
	t.Helper()
	b.admin(t, `ALTER TABLE records ADD CONSTRAINT poison CHECK (messages <> 666)`)
	var mails []string
	for i := range n {
		mails = append(mails, simple(fmt.Sprint("poison-", i), 666))
	}
	b.take(t, mails...)
	b.admin(t, `ALTER TABLE records DROP CONSTRAINT poison`)
}

// rereadings is how many jobs were asked to read everything refused again.
func (b *bench) rereadings() (n int) {
	for _, job := range b.queue.jobs {
		if _, ok := job.(report.Reread); ok {
			n++
		}
	}
	return n
}

// sums is everything that is counted.
func (b *bench) sums(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT (SELECT count(*) FROM reports) || ' reports, ' || (SELECT count(*) || ' records of ' || coalesce(sum(messages), 0) FROM records) || ', ' ||
		(SELECT count(*) || ' totals of ' || coalesce(sum(messages), 0) FROM messages_by_receiver) || ', ' || (SELECT count(*) FILTER (WHERE own) FROM sources)`)
}

// everything stores one of each and returns what is counted then.
func (b *bench) everything(t *testing.T) string {
	t.Helper()
	cut := simple("cut", 1)
	other := doc{org: "reporter.example", id: "a", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 8)}}.xml() // in conflict with the first
	twice := zipped(t, "a.xml", simple("twice", 3), "b.xml", simple("twice", 3), "c.xml", strings.Replace(simple("twice", 3), "<count>3", "<count>4", 1))
	b.take(t, simple("a", 1), simple("a", 1), other, twice, cut[:len(cut)-40], ordinary, strings.ReplaceAll(simple("b", 1), "example.org", "example.com"))
	return b.sums(t)
}

func TestReadingAgainChangesNothingThatIsStored(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	before := b.everything(t)
	items := func() string {
		return one[string](t, b, `SELECT string_agg(receipt_id || ' ' || seq || ' ' || verdict || ' ' || coalesce(reason, '') || ' ' || coalesce(report_id, 0), ', ' ORDER BY receipt_id, seq) FROM receipt_lines`)
	}
	first := items()
	for range 2 {
		counts, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Since: now.Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for turn, n := range counts {
			if turn.Before != turn.After {
				t.Errorf("%d went from %s to %s", n, turn.Before, turn.After)
			}
		}
		if after := b.sums(t); after != before {
			t.Errorf("after reading again %s, before %s", after, before)
		}
		if again := items(); again != first {
			t.Errorf("after reading again\n%s, before\n%s", again, first)
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 5 {
		t.Errorf("%d originals are left of 5", n)
	}
	none, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Since: now.Add(time.Hour)})
	if err != nil || len(none) != 0 {
		t.Errorf("what came in before is read: %v, %v", none, err)
	}
}

// A newer reader may see more in a report, and so have another digest for it.
func TestReportThatANewerReaderReadsOtherwiseIsNotInConflictWithItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	before := b.everything(t)
	b.admin(t, `UPDATE reports SET content_digest = substring(sha256('an older reader') FOR 16)`)
	counts, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Since: now.Add(-time.Hour)})
	if err != nil || counts[report.Turn{Before: report.Accepted, After: report.Accepted}] != 1 || counts[report.Turn{Before: report.Conflict, After: report.Conflict}] != 2 {
		t.Errorf("%v, %v", counts, err)
	}
	if after := b.sums(t); after != before {
		t.Errorf("after reading again %s, before %s", after, before)
	}
}

func TestRefusedMailIsReadAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.refusedForNow(t, 1)
	id := report.ReceiptID(one[int64](t, b, `SELECT receipt_id FROM receipts`))
	for range 2 { // a second press does no harm
		verdict, err := b.Retry(t.Context(), b.org.ID, id)
		if err != nil || verdict != report.Accepted {
			t.Errorf("%s, %v", verdict, err)
		}
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 666 {
		t.Errorf("%d messages are counted, want 666", n)
	}
}

func TestRefusedMailIsReadAgainOnceByTwoAtATime(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.refusedForNow(t, 1)
	id := report.ReceiptID(one[int64](t, b, `SELECT receipt_id FROM receipts`))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if verdict, err := b.Retry(t.Context(), b.org.ID, id); err != nil || verdict != report.Accepted {
				t.Errorf("%s, %v", verdict, err)
			}
		})
	}
	all.Wait()
	if got := b.sums(t); got != "1 reports, 1 records of 666, 1 totals of 666, 1" {
		t.Error(got)
	}
}

func TestRefusedMailWithoutItsOriginalSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	mails := []mailbox.Mail{{Mailbox: uid.New[mailbox.Mailbox](), Generation: "1", ID: "1", State: mailfetch.TooLarge, Received: now, Size: 60 << 20}}
	if err := b.takeIn(t.Context(), mails, settle); err != nil {
		t.Fatal(err)
	}
	_, err := b.Retry(t.Context(), b.org.ID, report.ReceiptID(one[int64](t, b, `SELECT receipt_id FROM receipts`)))
	if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Sentence(err), "not kept") {
		t.Errorf("%v", err)
	}
	if _, err := b.Retry(t.Context(), b.org.ID, 999_999); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that does not exist: %v", err)
	}
	r, err := b.Refusals(t.Context(), b.org.ID)
	if err != nil || r.Kept != 0 || r.Lost != 1 || r.Run != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if err := b.RetryAll(t.Context(), b.org); err != nil || b.rereadings() != 0 {
		t.Errorf("a run begins about nothing: %d jobs, %v", b.rereadings(), err)
	}
}

func TestAllRefusedMailsAreReadAgainInSlices(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	cut := simple("cut", 1)
	b.take(t, cut[:len(cut)-40], simple("a", 1))
	b.refusedForNow(t, 60)
	for range 2 { // a second press changes nothing
		if err := b.RetryAll(t.Context(), b.org); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.rereadings(); n != 1 {
		t.Fatalf("%d jobs", n)
	}
	var seen []string
	for ended := false; !ended; {
		err := b.Reread(t.Context(), report.Reread{Org: b.org.ID})
		if ended = err == nil; !ended && err.Error() != work.Again(0).Error() {
			t.Fatal(err)
		}
		r, err := b.Refusals(t.Context(), b.org.ID)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprintf("%d of %d, %d readable, %v", r.Run.Done, r.Run.Total, r.Run.Readable(), r.Run.FinishedAt != nil))
	}
	if got := strings.Join(seen, "; "); got != "50 of 61, 49 readable, false; 61 of 61, 60 readable, false; 61 of 61, 60 readable, true" {
		t.Errorf("progress: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 60*666+1 {
		t.Errorf("%d messages are counted", n)
	}
	if err := b.Reread(t.Context(), report.Reread{Org: b.org.ID}); err != nil {
		t.Errorf("a job after the end: %v", err)
	}
	if err := b.RetryAll(t.Context(), b.org); err != nil || b.rereadings() != 2 {
		t.Errorf("after the end another run may begin: %d jobs, %v", b.rereadings(), err)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_events WHERE action = 'receipts.retry'`); n != 2 {
		t.Errorf("%d runs are on record", n)
	}
}

func TestOriginalThatTurnsOutToBePrivateIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, simple("a", 1))
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	// As if an older reader had taken these for broken reports.
	b.admin(t, `UPDATE receipts SET verdict = 'refused'`)
	for _, content := range []string{ordinary, failureReport} {
		b.admin(t, `DELETE FROM originals`)
		b.admin(t, `INSERT INTO originals (org_id, receipt_id, content) SELECT org_id, receipt_id, $1 FROM receipts`, packer.EncodeAll([]byte(content), nil))
		b.admin(t, `UPDATE receipts SET verdict = 'refused'`)
		if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Refused: true}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 0 {
			t.Errorf("it is still kept: %.40q", content)
		}
	}
}

// spoil makes the stored original of the receipt something that nobody can unpack.
func (b *bench) spoil(t *testing.T, id int64) {
	t.Helper()
	b.admin(t, `UPDATE originals SET content = 'spoilt' WHERE receipt_id = $1`, id)
}

// ours is how many receipts are refused for a reason of ours, with how many originals.
func (b *bench) ours(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT count(*) || ' with ' || count(o.receipt_id) FROM receipts r LEFT JOIN originals o USING (org_id, receipt_id) WHERE r.verdict = 'refused' AND r.reason = $1`,
		report.ReasonOurFault)
}

func TestDamagedOriginalStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	t.Run("all that is kept", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "example.org")
		b.take(t, simple("a", 1), simple("b", 2), simple("c", 3))
		id := one[int64](t, b, `SELECT receipt_id FROM receipts ORDER BY receipt_id OFFSET 1 LIMIT 1`)
		whole := one[[]byte](t, b, `SELECT content FROM originals WHERE receipt_id = $1`, id)
		b.spoil(t, id)
		counts, err := b.Reparse(t.Context(), b.org.ID, report.Originals{})
		if err != nil || counts[report.Turn{Before: report.Accepted, After: report.Accepted}] != 2 || counts[report.Turn{Before: report.Accepted, After: report.Damaged}] != 1 {
			t.Errorf("%v, %v", counts, err)
		}
		if got := strings.Join(b.verdicts(t), " ") + ", " + b.itemsOf(t); got != "accepted accepted accepted, "+strings.TrimSuffix(strings.Repeat("aggregate accepted example.org, ", 3), ", ") {
			t.Error(got)
		}
		said := func() string {
			return one[string](t, b, `SELECT string_agg(damaged::text, ' ' ORDER BY receipt_id) FROM originals`)
		}
		if got := said(); got != "false true false" {
			t.Errorf("damaged: %s", got)
		}
		if got := b.sums(t); got != "3 reports, 3 records of 6, 3 totals of 6, 1" {
			t.Error(got)
		}
		b.admin(t, `UPDATE originals SET content = $1 WHERE damaged`, whole)
		if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil || said() != "false false false" {
			t.Errorf("mended, it is still said to be damaged: %s, %v", said(), err)
		}
	})
	t.Run("what is held", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.take(t, simple("a", 1), simple("b", 2), simple("c", 3))
		b.spoil(t, one[int64](t, b, `SELECT min(receipt_id) FROM receipts`))
		if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.org"}); err != nil {
			t.Fatal(err)
		}
		if err := b.Release(t.Context(), report.Release{Org: b.org.ID}); err == nil || err.Error() != work.Again(0).Error() {
			t.Errorf("the first slice: %v", err)
		}
		if err := b.Release(t.Context(), report.Release{Org: b.org.ID}); err != nil {
			t.Errorf("it does not come to its end: %v", err)
		}
		if got := strings.Join(b.verdicts(t), " ") + ", " + b.ours(t); got != "refused accepted accepted, 1 with 1" {
			t.Error(got)
		}
	})
	t.Run("all that is refused", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "example.org")
		b.refusedForNow(t, 3)
		b.spoil(t, one[int64](t, b, `SELECT min(receipt_id) FROM receipts`))
		if err := b.RetryAll(t.Context(), b.org); err != nil {
			t.Fatal(err)
		}
		if err := b.Reread(t.Context(), report.Reread{Org: b.org.ID}); err == nil || err.Error() != work.Again(0).Error() {
			t.Errorf("the first slice: %v", err)
		}
		if err := b.Reread(t.Context(), report.Reread{Org: b.org.ID}); err != nil {
			t.Errorf("it does not come to its end: %v", err)
		}
		r, err := b.Refusals(t.Context(), b.org.ID)
		if err != nil || r.Kept != 1 || r.Run.Done != 3 || r.Run.FinishedAt == nil {
			t.Errorf("%+v, %+v, %v", r, r.Run, err)
		}
		if got := strings.Join(b.verdicts(t), " ") + ", " + b.ours(t); got != "refused accepted accepted, 1 with 1" {
			t.Error(got)
		}
	})
}

func TestRunThatStandsStillIsTakenOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	b.refusedForNow(t, 60)
	start := func(want int) {
		t.Helper()
		if err := b.RetryAll(t.Context(), b.org); err != nil || b.rereadings() != want {
			t.Errorf("%d runs began, want %d, %v", b.rereadings(), want, err)
		}
	}
	start(1)
	at = at.Add(59 * time.Minute)
	if err := b.Reread(t.Context(), report.Reread{Org: b.org.ID}); err == nil {
		t.Fatal("60 are read in one slice")
	}
	at = at.Add(59 * time.Minute) // since it last came forward
	start(1)
	at = at.Add(time.Minute)
	start(2)
	r, err := b.Refusals(t.Context(), b.org.ID)
	if err != nil || r.Run.Done != 0 || r.Run.Total != 10 || !r.Run.StartedAt.Equal(at) || !r.Run.UnderWay(at) {
		t.Errorf("%+v, %v", r.Run, err)
	}
}
