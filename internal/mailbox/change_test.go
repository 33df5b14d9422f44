package mailbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/netguard"
)

// letter is somebody's mail with a report of ten messages attached.
func letter(subject, report string) []byte {
	_, xml, _ := strings.Cut(string(reportMail(report, "example.org")), "\r\n\r\n")
	return []byte("From: friend@example.net\r\nSubject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nThe contract is attached, and that report you asked about.\r\n" +
		"--b\r\nContent-Type: application/pdf; name=contract.pdf\r\n\r\n%PDF-1.7 not really\r\n" +
		"--b\r\nContent-Type: text/xml; name=report.xml\r\n\r\n" + xml + "\r\n--b--\r\n")
}

// What is deleted is kept here whole, also when its report was known before.
func TestWhatIsDeletedIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.Append(t, reportMail("a", "example.org"), b.clock())
	b.server.Append(t, letter("the contract", "a"), b.clock())
	set := b.settings()
	set.AfterImport = mailbox.Delete
	b.polling(t, set, "example.org")
	if now := b.look(t); len(now) != 0 {
		t.Fatalf("left: %q", now)
	}
	if got := one[string](t, b, `SELECT string_agg(verdict, ' ' ORDER BY receipt_id) FROM receipts`); got != "accepted known" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 2 {
		t.Errorf("%d of 2 deleted mails are kept", n)
	}
}

// The redacted report is all that is kept of a failure report, so its mail
// stays with its owner.
func TestMailOfAFailureReportIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.Append(t, []byte("From: dmarc@reporter.example\r\nSubject: failure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nA failure.\r\n"+
		"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nUser-Agent: x/1\r\nVersion: 1\r\nReported-Domain: example.org\r\nSource-IP: 192.0.2.1\r\nAuth-Failure: dmarc\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: somebody@example.org\r\nSubject: x\r\n\r\n--b--\r\n"), b.clock())
	b.server.Append(t, reportMail("a", "example.org"), b.clock())
	set := b.settings()
	set.AfterImport = mailbox.Delete
	b.polling(t, set, "example.org")
	if n := one[int](t, b, `SELECT count(*) FROM failure_reports`); n != 1 {
		t.Fatalf("%d failure reports", n)
	}
	if now := strings.Join(b.look(t), "|"); now != "1 failure []" {
		t.Errorf("the mailbox holds %q", now)
	}
}

func TestEditDoesNotForgetHowFarBackToRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "early", "example.org", 2)
	set := b.settings()
	set.ReadDays = 30
	id := b.polling(t, set, "example.org")
	if err := b.Pause(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.advance(24 * time.Hour)
	b.appendReports(t, "waiting", "example.org", 2)
	b.advance(40 * 24 * time.Hour)
	set.AfterImport = mailbox.MarkSeen
	if err := b.Retest(t.Context(), b.org, id, set); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Paused) // by a person, which an edit is no reason to end
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if n := b.counted(t); n != 40 {
		t.Errorf("%d messages, want also those that waited", n)
	}
}

// A mailbox elsewhere numbers its mails anew: they are others.
func TestMailsOfAnotherServerAreOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "here", "example.org", 2)
	id := b.polling(t, b.settings(), "example.org")
	other := mailtest.NewMemory(t, mailtest.Options{Cert: b.cert, Implicit: true})
	for _, name := range []string{"there-0", "there-1"} {
		other.Append(t, reportMail(name, "example.org"), b.clock())
	}
	b.allow(b.server.Port, other.Port)
	set := b.settings()
	set.Port = int(other.Port)
	if err := b.Retest(t.Context(), b.org, id, set); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	if n := one[int](t, b, `SELECT count(*) FROM receipts`); n != 4 || b.counted(t) != 40 {
		t.Errorf("%d receipts and %d messages, want 4 and 40", n, b.counted(t))
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 4 {
		t.Errorf("%d originals", n)
	}
}

// A server that refuses to mark mails is read on, at its usual times.
func TestRefusalToMarkIsNoFailureOfReading(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server = mailtest.NewMemory(t, mailtest.Options{Cert: b.cert, Implicit: true, Faults: mailtest.Faults{Store: &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the mailbox is read-only"}}})
	b.allow(b.server.Port)
	b.appendReports(t, "r", "example.org", 2)
	set := b.settings()
	set.AfterImport = mailbox.MarkSeen
	id := b.polling(t, set, "example.org")
	for range 2 {
		m := b.get(t, id)
		if m.State != mailbox.Polling || m.Failure != nil || m.FinishFailure == nil || !strings.HasPrefix(*m.FinishFailure, "Reports are stored") || m.NextAt.Sub(b.clock()) < 15*time.Minute {
			t.Fatalf("%+v", m)
		}
		b.advance(17 * time.Minute)
		b.dispatch(t)
	}
	if n := b.counted(t); n != 20 {
		t.Errorf("%d messages", n)
	}
}

func TestCheckingNowIsNoWayToTryPasswords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.Password = "a guess"
	id := b.connect(t, set)
	b.settle(t)
	if err := b.CheckNow(t.Context(), b.org, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("a mailbox whose test failed: %v", err)
	}
	var err error
	if b.Tests, err = limit.NewMemory("tests", 2, time.Hour); err != nil {
		t.Fatal(err)
	}
	if b.TestsAtHost, err = limit.NewMemory("tests at host", 3, time.Hour); err != nil {
		t.Fatal(err)
	}
	working := b.polling(t, b.settings()) // one turn
	for want := range 2 {
		if err := b.CheckNow(t.Context(), b.org, working); fault.Is(err, fault.LimitReached) != (want == 1) {
			t.Errorf("turn %d: %v", want, err)
		}
	}
	stranger := b.newOrg(t, "bob@second.example")
	for want, host := range []string{"localhost", " LOCALHOST. "} {
		set := b.settings()
		set.Host = host
		if _, err := b.Connect(t.Context(), stranger, set); fault.Is(err, fault.LimitReached) != (want == 1) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestFailureStaysInSightUntilReadingWorks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.polling(t, b.settings())
	mend := b.fails(netguard.NameNotFound)
	b.advance(17 * time.Minute)
	b.dispatch(t)
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	if m := b.get(t, id); m.Failure == nil || m.Failures != 1 {
		t.Errorf("before the check: %+v", m)
	}
	mend()
	b.settle(t)
	if m := b.get(t, id); m.Failure != nil || m.Failures != 0 {
		t.Errorf("after it: %+v", m)
	}
}
