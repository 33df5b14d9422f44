package mailbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
)

// dispatchAtOnce has several processes look for work at the same time.
func (b *bench) dispatchAtOnce(t *testing.T, n int) []mailbox.Slice {
	t.Helper()
	done, start := make(chan error, n), make(chan struct{})
	for range n {
		go func() { <-start; done <- b.Dispatch(context.Background()) }()
	}
	close(start)
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	return b.take()
}

// idle connects mailboxes that nobody has claimed yet, each at a host.
func (b *bench) idle(t *testing.T, o org.Access, hosts ...string) {
	t.Helper()
	for _, host := range hosts {
		set := b.settings()
		set.Host = host
		if _, err := b.Connect(t.Context(), o, set); err != nil {
			t.Fatal(err)
		}
	}
	b.admin(t, `UPDATE mailboxes SET lease_until = NULL, holder = NULL`)
	b.take()
}

func TestMailboxIsClaimedOnceByManyProcesses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.idle(t, b.org, "a.example", "b.example", "c.example")
	claimed := b.dispatchAtOnce(t, 6)
	seen := map[mailbox.ID]bool{}
	for _, j := range claimed {
		seen[j.Mailbox] = true
	}
	if len(claimed) != 3 || len(seen) != 3 {
		t.Errorf("%d claims of %d mailboxes, want one of each", len(claimed), len(seen))
	}
}

func TestClaimsStayWithinTheBoundOfAServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 3 {
		b.idle(t, b.newOrg(t, fmt.Sprintf("p@org%d.example", i)), "busy.example", "busy.example", "busy.example")
	}
	if n := len(b.dispatchAtOnce(t, 4)); n != 4 {
		t.Errorf("%d slices at once against one server, want 4", n)
	}
	if n := len(b.dispatchAtOnce(t, 1)); n != 0 {
		t.Errorf("%d more while these run", n)
	}
	b.advance(31 * time.Second)
	if n := len(b.dispatchAtOnce(t, 1)); n != 4 {
		t.Errorf("%d once the leases are over, want 4", n)
	}
}

func TestClaimsStayWithinTheBoundOfAnOrganization(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.idle(t, b.org, "a.example", "b.example", "c.example", "d.example", "e.example", "f.example")
	other := b.newOrg(t, "bob@second.example")
	b.idle(t, other, "g.example")
	claimed := b.dispatchAtOnce(t, 4)
	theirs := 0
	for _, j := range claimed {
		if j.Org == other.ID {
			theirs++
		}
	}
	if len(claimed) != 5 || theirs != 1 {
		t.Errorf("%d slices, %d of the other organization: want 4 and 1", len(claimed), theirs)
	}
}

func TestDeadProcessHandsOverWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.connect(t, b.settings())
	dead := b.take() // claimed, and never done
	b.advance(30*time.Second - time.Millisecond)
	if got := b.dispatchAtOnce(t, 2); len(got) != 0 {
		t.Errorf("%d claims within the lease", len(got))
	}
	b.advance(time.Millisecond)
	if err := b.Dispatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := b.take()
	if len(next) != 1 || next[0].Generation <= dead[0].Generation {
		t.Fatalf("claims after the lease: %v", next)
	}
	if err := b.Do(t.Context(), dead[0]); err != nil { // it wakes up after all
		t.Error(err)
	}
	if r := b.run(t, id, mailbox.TestRun); len(r.Steps) != 0 {
		t.Error("the slice that lost its lease wrote something")
	}
	if err := b.Do(t.Context(), next[0]); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Choosing)
}

func TestSliceThatWasTakenOverCommitsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 150)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.connect(t, set)
	b.settle(t)
	before := b.look(t)
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	b.Intake = disturbed{Intake: b.reports, before: func() {
		b.admin(t, `UPDATE mailboxes SET generation = generation + 1, holder = 'another', lease_until = $1`, b.clock().Add(30*time.Second))
	}}
	for _, j := range b.take() {
		if err := b.Do(t.Context(), j); err != nil {
			t.Error(err)
		}
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM receipts) + (SELECT count(*) FROM reports) + (SELECT count(*) FROM records) + (SELECT count(*) FROM originals)`); n != 0 {
		t.Errorf("%d rows were stored without the lease", n)
	}
	if m := b.get(t, id); m.Cursor != "" || m.State != mailbox.Importing {
		t.Errorf("cursor %q, state %s", m.Cursor, m.State)
	}
	if r := b.run(t, id, mailbox.ImportRun); r.Done != 0 {
		t.Errorf("%d mails are said to be done", r.Done)
	}
	if !slices.Equal(b.look(t), before) {
		t.Error("mails were marked without the lease")
	}
	if holder := one[string](t, b, `SELECT holder FROM mailboxes`); holder != "another" {
		t.Errorf("the lease is %q's", holder)
	}
	b.Intake = b.reports
	b.advance(31 * time.Second)
	b.dispatch(t)
	if n := b.counted(t); n != 1500 {
		t.Errorf("%d messages after the hand-over, want each report once: 1500", n)
	}
}

func TestCrashBetweenBatchesGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 250)
	id := b.connect(t, b.settings())
	b.settle(t)
	if err := b.Choose(t.Context(), b.org, id, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(t.Context())
	b.Intake = disturbed{Intake: b.reports, after: kill} // the first batch is committed, then the process ends
	for _, j := range b.take() {
		_ = b.Do(ctx, j)
	}
	if r := b.run(t, id, mailbox.ImportRun); r.Done != 10 || b.counted(t) != 100 {
		t.Fatalf("%d mails done, %d messages", r.Done, b.counted(t))
	}
	b.Intake = b.reports
	b.advance(31 * time.Second)
	b.dispatch(t)
	if r := b.run(t, id, mailbox.ImportRun); r.Done != 250 || r.Total != 250 || b.counted(t) != 2500 {
		t.Errorf("%d of %d mails done, %d messages", r.Done, r.Total, b.counted(t))
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts`); n != 250 {
		t.Errorf("%d receipts, want one per mail", n)
	}
}
