package mailbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
)

// disturbed is an intake with something that happens right before mails are
// stored, or right after, before anything else happens to them.
type disturbed struct {
	mailbox.Intake
	before, after func()
}

// Read implements mailbox.Intake.
func (d disturbed) Read(ctx context.Context, o org.ID, mails []mailbox.Mail) (mailbox.Reading, error) {
	r, err := d.Intake.Read(ctx, o, mails)
	return disturbance{r, d}, err
}

type disturbance struct {
	mailbox.Reading
	disturbed
}

// Store implements mailbox.Reading.
func (d disturbance) Store(ctx context.Context, settle mailbox.Settle) error {
	if d.before != nil {
		d.before()
	}
	err := d.Reading.Store(ctx, settle)
	if d.after != nil {
		d.after()
	}
	return err
}

// brokenOff connects a mailbox with two reports and an ordinary mail whose
// import ends right after the commit, before anything is done with the mails.
func (b *bench) brokenOff(t *testing.T, set mailbox.Settings) mailbox.ID {
	t.Helper()
	b.appendReports(t, "r", "example.org", 2)
	b.server.Append(t, []byte(ordinary), b.clock())
	id := b.connect(t, set)
	b.settle(t)
	intake := b.Intake
	b.Intake = disturbed{Intake: intake, after: func() {
		b.admin(t, `UPDATE mailboxes SET generation = generation + 1, holder = NULL, lease_until = NULL`)
	}}
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	for _, j := range b.take() {
		if err := b.Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	b.Intake = intake
	if n := b.counted(t); n != 20 {
		t.Fatalf("%d messages are stored", n)
	}
	if now := b.look(t); strings.Contains(strings.Join(now, ""), `Seen`) {
		t.Fatalf("marked already: %q", now)
	}
	b.take()
	return id
}

func TestMarkingIsCaughtUpAfterABreak(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.brokenOff(t, set)
	b.dispatch(t)
	b.wantState(t, id, mailbox.Polling)
	if now := b.look(t); !slices.Equal(now, []string{`1 Report r-0 [\Seen]`, `2 Report r-1 [\Seen]`, "3 private matter []"}) {
		t.Errorf("the mailbox is %q", now)
	}
	if n := one[int](t, b, `SELECT count(*) FROM mailbox_unfinished`); n != 0 {
		t.Errorf("%d mails are still to be marked", n)
	}
}

func TestOwnerWhoChangesTheirMindIsObeyed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.brokenOff(t, set)
	before := b.look(t)
	set.AfterImport = mailbox.LeaveUntouched
	if err := b.Retest(t.Context(), b.org, id, set); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if now := b.look(t); !slices.Equal(now, before) {
		t.Errorf("the mailbox is %q, was %q", now, before)
	}
}

func TestMailsOfAnotherGenerationAreNotTouched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.brokenOff(t, set)
	b.admin(t, `UPDATE mailbox_unfinished SET generation = 'of long ago'`)
	before := b.look(t)
	b.dispatch(t)
	b.wantState(t, id, mailbox.Polling)
	if now := b.look(t); !slices.Equal(now, before) {
		t.Errorf("the mailbox is %q, was %q", now, before)
	}
	if n := one[int](t, b, `SELECT count(*) FROM mailbox_unfinished`); n != 0 {
		t.Errorf("%d of them are still remembered", n)
	}
}

func TestPausedMailboxIsLeftAloneUntilItIsResumed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.Pause(t.Context(), b.org, id); err == nil {
		t.Error("a mailbox that is being connected was paused")
	}
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.meanwhile(func() {
		if err := b.Pause(t.Context(), b.org, id); err != nil {
			t.Error(err)
		}
	})
	b.settle(t)
	b.advance(24 * time.Hour)
	b.dispatch(t)
	m := b.get(t, id)
	if m.State != mailbox.Paused || m.Failure != nil || m.NextAt != nil || b.counted(t) != 0 {
		t.Errorf("%+v, %d messages", m, b.counted(t))
	}
	if len(b.tells) != 0 {
		t.Errorf("somebody is told of what they did: %v", b.tells)
	}
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if n := b.counted(t); n != 30 {
		t.Errorf("%d messages, want 30", n)
	}
	if got := one[string](t, b, `SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_events WHERE action IN ('mailbox.pause', 'mailbox.resume')`); got != "mailbox.pause mailbox.resume" {
		t.Errorf("recorded: %s", got)
	}
}

func TestReadingAgainCountsNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.ReadAgain(t.Context(), b.org, id, 0); err == nil {
		t.Error("a mailbox that is being connected is read again")
	}
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.admin(t, `DELETE FROM daily_due; DELETE FROM daily_senders; DELETE FROM daily_receivers`) // so that what is read again must not come in by counting
	b.admin(t, `DELETE FROM records`)
	b.admin(t, `DELETE FROM reports WHERE report_id = (SELECT min(report_id) FROM reports)`)
	if err := b.ReadAgain(t.Context(), b.org, id, 0); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, id, mailbox.Importing)
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if r := b.run(t, id, mailbox.ImportRun); r.State != mailbox.RunDone || r.Done != 3 || r.Total != 3 {
		t.Errorf("import: %+v", r)
	}
	if n := b.counted(t); n != 10 {
		t.Errorf("%d messages, want those of the one report that was gone", n)
	}
}
