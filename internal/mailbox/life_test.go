package mailbox_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
)

func TestWholeLifeOfAMailbox(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "a", "example.org", 4)
	b.appendReports(t, "b", "example.net", 2)
	b.server.Append(t, []byte(ordinary), b.clock())
	id := b.connect(t, b.settings())
	b.settle(t)

	b.wantState(t, id, mailbox.Choosing)
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM receipts) + (SELECT count(*) FROM reports)`); n != 0 {
		t.Errorf("the scan stored %d rows", n)
	}
	found, err := b.Found(t.Context(), b.org.ID, id)
	if want := []mailbox.Found{{Name: "example.org", Reports: 4, Messages: 40}, {Name: "example.net", Reports: 2, Messages: 20}}; err != nil || !slices.Equal(found, want) {
		t.Errorf("found %v, %v", found, err)
	}
	if r := b.run(t, id, mailbox.ScanRun); r.State != mailbox.RunDone || r.Done != 7 || r.Total != 7 {
		t.Errorf("scan: %+v", r)
	}

	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if r := b.run(t, id, mailbox.ImportRun); r.State != mailbox.RunDone || r.Done != 7 || r.Total != 7 || r.FinishedAt == nil {
		t.Errorf("import: %+v", r)
	}
	if n := b.counted(t); n != 40 {
		t.Errorf("%d messages counted, want those of the chosen domain", n)
	}
	if got := one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts GROUP BY 1) v`); got != "accepted 4, held 2, no_report 1" {
		t.Errorf("receipts: %s", got)
	}
	m := b.get(t, id)
	if m.LastReportAt == nil || m.LastPollAt == nil || m.NextAt == nil || m.NextAt.Before(b.clock().Add(15*time.Minute)) || m.NextAt.After(b.clock().Add(17*time.Minute)) {
		t.Errorf("last report %v, last poll %v, next %v", m.LastReportAt, m.LastPollAt, m.NextAt)
	}

	b.appendReports(t, "later", "example.org", 1)
	b.advance(17 * time.Minute)
	b.dispatch(t)
	if n := b.counted(t); n != 50 {
		t.Errorf("%d messages after the next poll, want 50", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts`); n != 8 {
		t.Errorf("%d receipts, want one per mail", n)
	}
}

func TestOrdinaryMailIsLeftExactlyAsItWas(t *testing.T) {
	t.Parallel()
	for _, after := range []mailbox.AfterImport{mailbox.LeaveUntouched, mailbox.MarkSeen} {
		b := newBench(t)
		b.server.Append(t, []byte(ordinary), b.clock(), imap.FlagFlagged)
		b.server.Append(t, reportMail("r", "example.org"), b.clock())
		b.server.Append(t, reportMail("held", "example.net"), b.clock())
		b.server.Append(t, []byte(ordinary), b.clock(), imap.FlagSeen)
		before := b.look(t)
		set := b.settings()
		set.AfterImport = after
		id := b.connect(t, set)
		b.settle(t)
		if now := b.look(t); !slices.Equal(now, before) {
			t.Errorf("%s: looking for domains changed the mailbox:\n%q\n%q", after, before, now)
		}
		if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
			t.Fatal(err)
		}
		b.settle(t)
		want := slices.Clone(before)
		if after == mailbox.MarkSeen {
			want[1] = strings.Replace(want[1], "[]", `[\Seen]`, 1)
		}
		if now := b.look(t); !slices.Equal(now, want) {
			t.Errorf("%s: the mailbox is\n%q, want\n%q", after, now, want)
		}
	}
}

func TestMailIsMarkedOnlyAfterItsReportIsCommitted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 2)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.connect(t, set)
	b.settle(t)
	before := b.look(t)
	b.Intake = disturbed{Intake: b.reports, after: func() {
		if n := b.counted(t); n != 20 {
			t.Errorf("%d messages are stored", n)
		}
		if now := b.look(t); !slices.Equal(now, before) {
			t.Errorf("marked before the commit: %q", now)
		}
	}}
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	if now := b.look(t); slices.Equal(now, before) {
		t.Error("never marked")
	}
}

func TestSecondChoiceIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 1)
	id := b.connect(t, b.settings())
	b.settle(t)
	results := make(chan error, 4)
	for range 4 {
		go func() { results <- b.Choose(context.Background(), b.org, id, []fqdn.Name{"example.org"}) }()
	}
	chosen := 0
	for range 4 {
		switch err := <-results; {
		case err == nil:
			chosen++
		case !fault.Is(err, fault.Conflict):
			t.Error(err)
		}
	}
	if chosen != 1 {
		t.Errorf("%d of four choices at once were taken", chosen)
	}
	b.settle(t)
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.net"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a choice after the import: %v", err)
	}
	if n := one[int](t, b, `SELECT count(*) FROM domains`); n != 1 {
		t.Errorf("%d domains", n)
	}
}

func TestLargeImportGoesSliceBySlice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Intake = counting{b}
	for i := range 1100 {
		b.server.Append(t, fmt.Appendf(nil, "Subject: %d\r\n\r\nx\r\n", i), b.clock())
	}
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.Choose(t.Context(), b.org, id, nil); err != nil {
		t.Fatal(err)
	}
	var done []int64
	for all := b.take(); len(all) > 0; all = b.take() {
		began := b.clock()
		if err := b.Do(t.Context(), all[0]); err != nil {
			t.Fatal(err)
		}
		r := b.run(t, id, mailbox.ImportRun)
		if took := b.clock().Sub(began); took > 30*time.Second {
			t.Errorf("a slice took %s", took)
		}
		if len(done) > 0 && r.Done <= done[len(done)-1] || r.Total != 1100 {
			t.Errorf("after %v: %d of %d", done, r.Done, r.Total)
		}
		if r.State == mailbox.RunRunning && (r.Rate() <= 0 || r.Left() <= 0) {
			t.Errorf("rate %f, left %s", r.Rate(), r.Left())
		}
		done = append(done, r.Done)
	}
	if r := b.run(t, id, mailbox.ImportRun); r.State != mailbox.RunDone || r.Done != 1100 || len(done) < 3 {
		t.Errorf("after %v: %+v", done, r)
	}
}

// counting is an intake that stores nothing and takes four seconds to do so.
type counting struct{ *bench }

// Survey implements mailbox.Intake.
func (counting) Survey(context.Context, io.ReaderAt, int64) ([]mailbox.Found, error) { return nil, nil }

// Read implements mailbox.Intake.
func (c counting) Read(_ context.Context, o org.ID, mails []mailbox.Mail) (mailbox.Reading, error) {
	return counted{c.bench, o, mails}, nil
}

type counted struct {
	*bench
	org   org.ID
	mails []mailbox.Mail
}

// Store implements mailbox.Reading.
func (c counted) Store(ctx context.Context, settle mailbox.Settle) error {
	ids := make([]mailfetch.MailID, len(c.mails))
	for i, m := range c.mails {
		ids[i] = m.ID
	}
	c.advance(4 * time.Second)
	return c.db.InOrg(ctx, c.org, func(ctx context.Context, tx postgres.Tx) error { return settle(ctx, tx, ids, nil) })
}

func TestDeletingTakesThePasswordAndKeepsTheReports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	running := b.take()
	stranger := b.newOrg(t, "bob@second.example")
	if err := b.Delete(t.Context(), stranger, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
	for _, j := range running {
		if err := b.Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Delete(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM mailboxes) + (SELECT count(*) FROM mailbox_runs) + (SELECT count(*) FROM found_domains)`); n != 0 {
		t.Errorf("%d rows are left of the mailbox", n)
	}
	if n := b.counted(t); n != 30 {
		t.Errorf("%d messages are left, want 30", n)
	}
	for _, j := range running {
		if err := b.Do(t.Context(), j); err != nil {
			t.Errorf("a slice of a deleted mailbox: %v", err)
		}
	}
}

func TestMailboxThatIsConnectedAgainHasNoMoreHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC) // the reports are of the 10th
	b.admin(t, `UPDATE organizations SET created_at = '2026-11-05'`)
	b.reports.Plans.Of = func(_ context.Context, _ postgres.Tx, _ postgres.TenantID, l billing.Limit) (billing.Allowance, error) {
		return billing.Allowance{Unlimited: l != billing.Reports, Max: 2}, nil
	}
	if err := b.Domains.Add(t.Context(), b.org, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	connect := func() mailbox.ID {
		id := b.connect(t, b.settings())
		b.settle(t)
		if b.get(t, id).State == mailbox.Choosing {
			if err := b.Choose(t.Context(), b.org, id, nil); err != nil {
				t.Fatal(err)
			}
			b.settle(t)
		}
		return id
	}
	id := connect()
	b.advance(7 * 24 * time.Hour)
	b.appendReports(t, "a", "example.org", 4)
	b.dispatch(t)
	b.settle(t)
	want := report.Usage{Counted: 2, Held: 2}
	usage := func() report.Usage {
		u, err := b.reports.Usage(t.Context(), b.org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return report.Usage{Counted: u.Counted, Held: u.Held}
	}
	if got := usage(); got != want || b.counted(t) != 20 {
		t.Fatalf("usage %+v, %d messages", got, b.counted(t))
	}
	connect() // beside the first one
	if got := usage(); got != want || b.counted(t) != 20 {
		t.Errorf("connected twice: usage %+v, %d messages", got, b.counted(t))
	}
	if err := b.Delete(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.advance(24 * time.Hour)
	b.appendReports(t, "meanwhile", "example.org", 1)
	connect()
	want.Held++
	if got := usage(); got != want || b.counted(t) != 20 {
		t.Errorf("connected again: usage %+v, %d messages", got, b.counted(t))
	}
	if n := one[int](t, b, `SELECT count(*) FROM mailbox_accounts WHERE position(convert_to($1, 'UTF8') IN account) > 0`, mailtest.User); n != 0 {
		t.Error("the account is kept by its name")
	}
}
