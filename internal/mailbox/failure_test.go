package mailbox_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/netguard"
)

// unreachable is a network on which every look-up ends for one reason.
type unreachable struct {
	mailfetch.Dialer
	reason netguard.Reason
}

// Resolve implements mailfetch.Dialer.
func (u unreachable) Resolve(context.Context, string, uint16) ([]netip.Addr, error) {
	return nil, &netguard.Error{Reason: u.reason}
}

// fails makes every connection fail, and returns what mends it.
func (b *bench) fails(reason netguard.Reason) (mend func()) {
	was := b.Fetcher
	b.Fetcher = &mailfetch.Fetcher{Roots: was.Roots, Dialer: unreachable{was.Dialer, reason}}
	return func() { b.Fetcher = was }
}

func TestPassingFailuresAreTriedAgainAtGrowingPauses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.polling(t, b.settings())
	mend := b.fails(netguard.TimedOut)
	var pauses []string
	for range 12 {
		b.advance(b.get(t, id).NextAt.Sub(b.clock()))
		b.dispatch(t)
		m := b.get(t, id)
		if m.Failure == nil || !strings.Contains(*m.Failure, "did not answer in time") || m.Advice == nil || m.State != mailbox.Polling || !m.FailedAt.Equal(b.clock()) {
			t.Fatalf("%+v", m)
		}
		pauses = append(pauses, m.NextAt.Sub(b.clock()).String())
	}
	if got := strings.Join(pauses, " "); got != "2m0s 4m0s 8m0s 16m0s 32m0s 1h4m0s 2h8m0s 4h16m0s 6h0m0s 6h0m0s 6h0m0s 6h0m0s" {
		t.Errorf("pauses: %s", got)
	}
	mend()
	b.advance(6 * time.Hour)
	b.dispatch(t)
	if m := b.get(t, id); m.Failure != nil || m.Failures != 0 || m.NextAt.Sub(b.clock()) > 17*time.Minute {
		t.Errorf("after it passed: %+v", m)
	}
}

func TestFailureThatOnlyTheOwnerMendsPausesAtTheFifth(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 2)
	id := b.polling(t, b.settings(), "example.org")
	mend := b.fails(netguard.NameNotFound)
	for n := 1; n <= 5; n++ {
		b.advance(b.get(t, id).NextAt.Sub(b.clock()))
		b.dispatch(t)
		if m := b.get(t, id); (m.State == mailbox.Paused) != (n == 5) || (m.NextAt == nil) != (n == 5) || m.Failures != n {
			t.Fatalf("after %d failures: %s, next %v", n, m.State, m.NextAt)
		}
	}
	if m := b.get(t, id); !strings.Contains(*m.Failure, "There is no server with the name") || *m.Advice == "" {
		t.Errorf("%q %q", *m.Failure, *m.Advice)
	}
	b.advance(24 * time.Hour)
	b.dispatch(t)
	b.wantState(t, id, mailbox.Paused)

	b.appendReports(t, "later", "example.org", 1)
	mend()
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if n := b.counted(t); n != 30 {
		t.Errorf("%d messages, want 30", n)
	}
}

// pauses fails until the mailbox is paused, and mends it.
func (b *bench) pauses(t *testing.T, id mailbox.ID) {
	t.Helper()
	mend := b.fails(netguard.NameNotFound)
	b.settle(t)
	for range 4 {
		b.advance(b.get(t, id).NextAt.Sub(b.clock()))
		b.dispatch(t)
	}
	b.wantState(t, id, mailbox.Paused)
	mend()
}

func TestMailboxPausedDuringItsScanIsScannedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 2)
	id := b.connect(t, b.settings())
	if err := b.Do(t.Context(), b.take()[0]); err != nil { // the test passes
		t.Fatal(err)
	}
	b.wantState(t, id, mailbox.Scanning)
	b.pauses(t, id)
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Choosing)
}

func TestMailboxPausedDuringItsImportGoesOnImporting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 60)
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.Intake = disturbed{Intake: b.reports, after: func() { b.advance(21 * time.Second) }} // the slice is over before all are read
	if err := b.Do(t.Context(), b.take()[0]); err != nil {
		t.Fatal(err)
	}
	b.Intake = b.reports
	b.pauses(t, id)
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, id, mailbox.Importing)
	b.settle(t)
	if r := b.run(t, id, mailbox.ImportRun); r.State != mailbox.RunDone || r.Done != 60 {
		t.Errorf("import: %+v", r)
	}
}

func TestRenumberedFolderIsReadAgainWithoutCountingTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 5)
	id := b.polling(t, b.settings(), "example.org")
	first := b.get(t, id).Cursor
	b.server.Renumber(t)
	b.appendReports(t, "r", "example.org", 5) // the same mails under other numbers
	b.appendReports(t, "new", "example.org", 1)
	b.advance(17 * time.Minute)
	b.dispatch(t)
	m := b.get(t, id)
	if n := b.counted(t); n != 60 || m.Cursor == first || m.Failure != nil {
		t.Errorf("%d messages, want 60; cursor %q after %q, %v", n, m.Cursor, first, m.Failure)
	}
	if got := one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts GROUP BY 1) v`); got != "accepted 6, known 5" {
		t.Errorf("receipts: %s", got)
	}
}

func TestFolderThatGetsItsOldNumbersBackIsReadAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 5)
	b.server.Append(t, []byte(ordinary), b.clock())
	id := b.polling(t, b.settings(), "example.org")
	// As if a server restored from a backup had been read in between.
	b.admin(t, `UPDATE mailboxes SET cursor = 'imap:4711:99'`)
	b.advance(17 * time.Minute)
	b.dispatch(t)
	m := b.get(t, id)
	if m.Failure != nil || strings.HasPrefix(m.Cursor, "imap:4711:") {
		t.Errorf("cursor %q, failure %v", m.Cursor, m.Failure)
	}
	if got := one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts GROUP BY 1) v`); got != "accepted 5, no_report 1" {
		t.Errorf("receipts: %s", got)
	}
	if n := b.counted(t); n != 50 {
		t.Errorf("%d messages, want 50", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 5 {
		t.Errorf("%d originals, want 5", n)
	}
}

func TestMailsThatDoNotComeHaveReceipts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Fetcher.Limits.MailBytes = 2000
	b.server.Append(t, fmt.Appendf(nil, "Subject: large\r\n\r\n%s\r\n", strings.Repeat("x", 3000)), b.clock())
	b.appendReports(t, "r", "example.org", 1)
	b.polling(t, b.settings(), "example.org")
	if got := one[string](t, b, `SELECT string_agg(mail_id || ' ' || verdict || ' ' || coalesce(reason, '-') || ' ' || (size > 0), ', ' ORDER BY receipt_id) FROM receipts`); got != "1 refused mail_too_large true, 2 accepted - true" {
		t.Errorf("receipts: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 1 {
		t.Errorf("%d originals", n)
	}
}

func TestOnlyMailSinceTheChosenDayIsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.Append(t, reportMail("old", "example.org"), b.clock().AddDate(0, 0, -31))
	b.server.Append(t, reportMail("new", "example.org"), b.clock().AddDate(0, 0, -30))
	set := b.settings()
	set.ReadDays = 30
	b.polling(t, set, "example.org")
	if got := one[string](t, b, `SELECT string_agg(reporter_id, ',') FROM reports`); got != "new" {
		t.Errorf("read %s", got)
	}
}
