package mailbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
)

// withDovecot puts a real server in the place of the one in memory.
func (b *bench) withDovecot(t *testing.T) *mailtest.Dovecot {
	t.Helper()
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: b.cert})
	b.allow(d.IMAPS, d.POP3S)
	return d
}

// subjects are those of the mails in a folder, in the order of their arrival.
func subjects(files map[string]string, folder string) (all []string) {
	for name, content := range files {
		if strings.HasPrefix(name, folder) {
			_, after, _ := strings.Cut(content, "Subject: ")
			subject, _, _ := strings.Cut(after, "\r\n")
			all = append(all, subject)
		}
	}
	slices.Sort(all)
	return all
}

func TestWholeLifeOfAPOP3Mailbox(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.withDovecot(t)
	for n, raw := range [][]byte{reportMail("a", "example.org"), []byte(ordinary), reportMail("b", "example.org"), reportMail("c", "example.net")} {
		d.Deliver(t, raw, b.clock().Add(time.Duration(n)*time.Second), "")
	}
	before := d.Snapshot(t)
	set := b.settings()
	set.Protocol, set.Port, set.AfterImport = mailfetch.POP3, int(d.POP3S), mailbox.LeaveUntouched
	id := b.polling(t, set, "example.org")
	if n := b.counted(t); n != 20 {
		t.Errorf("%d messages, want 20", n)
	}
	if now := d.Snapshot(t); len(now) != len(before) {
		t.Errorf("the mailbox holds %q", subjects(now, ""))
	}

	// Another choice, another mail: only that one is read, and it alone goes.
	set.AfterImport, set.Password = mailbox.Delete, ""
	if err := b.Retest(t.Context(), b.org, id, set); err != nil {
		t.Fatal(err)
	}
	d.Deliver(t, reportMail("d", "example.org"), b.clock().Add(time.Minute), "")
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if n := one[int](t, b, `SELECT count(*) FROM receipts`); n != 5 || b.counted(t) != 30 {
		t.Errorf("%d receipts and %d messages, want one receipt per mail and 30 messages", n, b.counted(t))
	}
	if got := subjects(d.Snapshot(t), ""); !slices.Equal(got, []string{"Report a", "Report b", "Report c", "private matter"}) {
		t.Errorf("the mailbox holds %q", got)
	}

	// The mail that is gone is forgotten at the next poll.
	b.advance(17 * time.Minute)
	b.dispatch(t)
	if n := one[int](t, b, `SELECT count(*) FROM mailbox_read`); n != 4 {
		t.Errorf("%d mails are remembered, want the 4 that are there", n)
	}

	// From the start, all that is counted is done with as was chosen; what is
	// held stays, and so does other mail.
	if err := b.ReadAgain(t.Context(), b.org, id, 0); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	if got := subjects(d.Snapshot(t), ""); !slices.Equal(got, []string{"Report c", "private matter"}) || b.counted(t) != 30 {
		t.Errorf("the mailbox holds %q, %d messages are counted", got, b.counted(t))
	}
}

func TestReportMailsAreMovedOrDeletedAndNoOthers(t *testing.T) {
	t.Parallel()
	for after, want := range map[mailbox.AfterImport][2]string{
		mailbox.Move:   {"Report held|Report refused|private matter", "Report a|Report a again|Report b"},
		mailbox.Delete: {"Report held|Report refused|private matter", ""},
	} {
		b := newBench(t)
		d := b.withDovecot(t)
		again := []byte(strings.Replace(string(reportMail("a", "example.org")), "Subject: Report a", "Subject: Report a again", 1))
		refused := []byte(strings.Replace(string(reportMail("refused", "example.org")), "</feedback>", "", 1))
		refused = []byte(strings.Replace(string(refused), "<policy_published>", "<policy_publishe", 1))
		for n, raw := range [][]byte{reportMail("a", "example.org"), []byte(ordinary), again, reportMail("held", "example.net"), refused, reportMail("b", "example.org")} {
			d.Deliver(t, raw, b.clock().Add(time.Duration(n)*time.Second), map[bool]string{true: "T"}[n == 1])
		}
		set := b.settings()
		set.Port, set.AfterImport, set.MoveTo = int(d.IMAPS), after, "DMARC"
		id := b.polling(t, set, "example.org")
		if m := b.get(t, id); m.FinishFailure != nil || m.OnlyMarked {
			t.Errorf("%s: %v %v", after, m.FinishFailure, m.OnlyMarked)
		}
		files := d.Snapshot(t)
		if got := strings.Join(subjects(files, "cur/"), "|"); got != want[0] {
			t.Errorf("%s: INBOX holds %s, want %s", after, got, want[0])
		}
		if got := strings.Join(subjects(files, ".DMARC/"), "|"); got != want[1] {
			t.Errorf("%s: the other folder holds %s, want %s", after, got, want[1])
		}
	}
}
