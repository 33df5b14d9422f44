package mailfetch

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// states shortens outcomes: one letter each.
func states(outcomes []Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		b.WriteByte("udtg"[o.State])
	}
	return b.String()
}

// TestMailsThatVanish: another program removes mails after they were listed.
func TestMailsThatVanish(t *testing.T) {
	t.Parallel()
	for at, p := range places(t) {
		if !strings.Contains(at, "UIDPLUS") {
			continue // it cannot remove single mails
		}
		for n := range 6 {
			p.add(n, false)
		}
		s := open(t, p.f, p.a)
		l, err := s.List(t.Context(), Query{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, p.f, p.a).Finish(t.Context(), []MailID{"2", "5"}, Disposal{Action: Delete}); err != nil {
			t.Fatal(err)
		}
		got, outcomes, err := readAll(t, s, l.IDs)
		if err != nil || states(outcomes) != "dgddgd" || len(got) != 4 {
			t.Errorf("%s: %s, %v", at, states(outcomes), err)
		}
	}
}

// TestExpungeWithinABatch: a server tells of a mail that another program
// removed while bodies are on their way, which moves the sequence numbers of
// those behind it.
func TestExpungeWithinABatch(t *testing.T) {
	t.Parallel()
	f, a := scripted(t, 4, func(tag, command string) (string, bool) {
		done := tag + " OK\r\n"
		switch {
		case strings.HasPrefix(command, "UID SEARCH"):
			return "* SEARCH 1 3 4\r\n" + done, true
		case strings.Contains(command, "RFC822.SIZE"):
			return sizes(1, 2, 3, 4) + done, true
		}
		return "* 1 FETCH (UID 1 BODY[] {5}\r\nmail1)\r\n* 2 EXPUNGE\r\n* 2 FETCH (UID 3 BODY[] {5}\r\nmail3)\r\n" +
			"* 3 EXISTS\r\n* 3 FETCH (UID 4 BODY[] {5}\r\nmail4)\r\n" + done, true
	})
	got, outcomes, err := readAll(t, open(t, f, a), []MailID{"1", "2", "3", "4"})
	if err != nil || states(outcomes) != "dgdd" {
		t.Errorf("%s, %v", states(outcomes), err)
	}
	if d := cmp.Diff(map[MailID]string{"1": "mail1", "3": "mail3", "4": "mail4"}, got); d != "" {
		t.Error(d)
	}
}

// TestRenumberedWhileReading: the cursor of a session whose folder was
// replaced meanwhile means nothing to the next one, which lists everything.
func TestRenumberedWhileReading(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 3)
	s := open(t, f, a)
	m.Renumber(t)
	for n := range 5 {
		m.Append(t, mail(n+10), time.Now())
	}
	if _, outcomes, err := readAll(t, s, []MailID{"1", "2", "3"}); err == nil && states(outcomes) != "ddd" {
		t.Errorf("the old ones: %s", states(outcomes))
	}
	after, err := s.CursorAt("3")
	if err != nil {
		t.Fatal(err)
	}
	next := open(t, f, a)
	l, err := next.List(t.Context(), Query{After: after})
	if err != nil || !l.Reset || len(l.IDs) != 5 {
		t.Fatalf("%+v, %v", l, err)
	}
	if got, _, err := readAll(t, next, l.IDs); err != nil || len(got) != 5 || got["1"] != string(mail(10)) {
		t.Errorf("%d mails, %v", len(got), err)
	}
}

// TestListOfManyMails: 100,000 numbers that make no ranges, and the same from
// a cursor in their middle.
func TestListOfManyMails(t *testing.T) {
	t.Parallel()
	const mails = 100_000
	all := odd(mails)
	f, a := scripted(t, mails, func(tag, _ string) (string, bool) { return "* SEARCH" + all + "\r\n" + tag + " OK\r\n", true })
	s := open(t, f, a)
	l, err := s.List(t.Context(), Query{})
	if err != nil || len(l.IDs) != mails || l.IDs[0] != "1" || l.IDs[mails-1] != "199999" {
		t.Fatalf("%d mails, %v", len(l.IDs), err)
	}
	half, err := s.CursorAt(l.IDs[mails/2-1])
	if err != nil {
		t.Fatal(err)
	}
	if l, err = s.List(t.Context(), Query{After: half}); err != nil || len(l.IDs) != mails/2 || l.IDs[0] != "100001" {
		t.Errorf("from the middle: %d mails, %v", len(l.IDs), err)
	}
}

// TestMailOf60MB stands alone, because it counts what the whole process
// allocates: the mail is refused before it is downloaded, and with a higher
// limit streams through a small part of its size.
func TestMailOf60MB(t *testing.T) { //nolint:paralleltest // see above
	const size = 60 << 20
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	line := strings.Repeat("x", 70) + "\r\n"
	raw := append([]byte("Subject: large\r\n\r\n"), strings.Repeat(line, size/len(line))...)
	d.Deliver(t, raw, time.Now(), "")
	d.Deliver(t, mail(1), time.Now(), "")

	p := mailtest.NewProxy(t, d.IMAPS, mailtest.Spoil{CutAfter: 1 << 20})
	s := open(t, fetcher(cert.Roots, p.Port), account(p.Port, ImplicitTLS))
	got, outcomes, err := readAll(t, s, []MailID{"1", "2"})
	if err != nil || states(outcomes) != "td" || len(got) != 1 || outcomes[0].Size < int64(len(raw)) {
		t.Fatalf("%s, %v", states(outcomes), err)
	}

	f := fetcher(cert.Roots, d.IMAPS)
	f.Limits.MailBytes = 2 * size
	s = open(t, f, account(d.IMAPS, ImplicitTLS))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var read int64
	outcomes, err = s.Fetch(t.Context(), []MailID{"1", "2"}, func(m Mail) error {
		n, err := io.Copy(io.Discard, m.Body)
		read = max(read, n)
		return err
	})
	runtime.ReadMemStats(&after)
	if err != nil || states(outcomes) != "dd" || read != int64(len(raw)) {
		t.Fatalf("%s, %d bytes, %v", states(outcomes), read, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("allocated %d bytes for a mail of %d", took, size)
	}
}

// trouble reads three mails from a server in trouble. However it ends, each
// has one outcome, those that were handed over are whole, and the next session
// gets them all.
func trouble(t *testing.T, f *Fetcher, a Account, what string, whole func(n int, body string) bool) error {
	t.Helper()
	s, err := f.Open(t.Context(), a, nil)
	if err != nil {
		if KindOf(err) == WrongPassword || KindOf(err) == FolderMissing {
			return nil // what it said, in an answer that was garbled so
		}
		return err
	}
	defer s.Close()
	ids := []MailID{"1", "2", "3"}
	got, outcomes, err := readAll(t, s, ids)
	if len(outcomes) != len(ids) {
		t.Errorf("%s: %d outcomes", what, len(outcomes))
	}
	for i, o := range outcomes {
		if body, ok := got[ids[i]]; ok != (o.State == Delivered) || o.ID != ids[i] {
			t.Errorf("%s: mail %s ended in %d", what, ids[i], o.State)
		} else if ok && !whole(i, body) {
			t.Errorf("%s: mail %s is %q", what, ids[i], body)
		}
	}
	return err
}

// TestTroubleAtAnyByte lets a server fall silent, or spoils a byte of its TLS,
// at many places of a session.
func TestTroubleAtAnyByte(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 3)
	whole := func(n int, body string) bool { return body == string(mail(n)) }
	var total atomic.Int64
	spoil := func(at int64, silence time.Duration, change func(b []byte, i int) []byte) error {
		var seen int64 // one connection, read by one goroutine
		_, g, b := through(t, f, a, m.Port, mailtest.Spoil{FromServer: func(b []byte) []byte {
			first := seen
			seen += int64(len(b))
			total.Store(seen)
			if at < seen {
				b = change(b, int(max(at-first, 0)))
			}
			return b
		}})
		g.Limits.Silence = silence
		return trouble(t, g, b, fmt.Sprintf("byte %d", at), whole)
	}
	if err := spoil(1<<40, time.Minute, nil); err != nil {
		t.Fatal(err)
	}
	const short = 150 * time.Millisecond
	all := total.Load()
	failed := 0
	for at := int64(1); at < all; at += all / 25 {
		stalled := spoil(at, short, func(b []byte, i int) []byte { return b[:i] })
		done := false
		garbled := spoil(at, short, func(b []byte, i int) []byte {
			if !done {
				b[i] ^= 0x55
				done = true
			}
			return b
		})
		for what, err := range map[string]error{"silent": stalled, "garbled": garbled} {
			if err == nil {
				continue
			}
			failed++
			if what == "silent" && KindOf(err) != TimedOut {
				t.Errorf("silent from byte %d: %v", at, err)
			}
		}
	}
	if failed < 40 {
		t.Errorf("only %d sessions failed", failed)
	}
	if err := trouble(t, f, a, "afterwards", whole); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestGarbageAtAnyByte puts a wrong byte at every place of what a server says,
// where TLS does not notice: a server that is broken itself.
func TestGarbageAtAnyByte(t *testing.T) {
	t.Parallel()
	body := func(n int) string { return fmt.Sprintf("mail%d", n+1) }
	whole := func(n int, got string) bool { // but for the wrong byte
		if len(got) != 5 {
			return false
		}
		wrong := 0
		for i := range got {
			if got[i] != body(n)[i] {
				wrong++
			}
		}
		return wrong <= 1
	}
	var at, seen atomic.Int64
	var with atomic.Int32
	f, a := scripted(t, 3, func(tag, command string) (string, bool) {
		answer := tag + " OK done\r\n"
		switch {
		case strings.HasPrefix(command, "UID SEARCH"):
			answer = "* SEARCH 1 2 3\r\n" + answer
		case strings.Contains(command, "RFC822.SIZE"):
			answer = sizes(1, 2, 3) + answer
		case strings.Contains(command, "BODY.PEEK"):
			var b strings.Builder
			for n := range 3 {
				fmt.Fprintf(&b, "* %d FETCH (UID %d BODY[] {5}\r\n%s)\r\n", n+1, n+1, body(n))
			}
			answer = b.String() + answer
		}
		spoilt := []byte(answer)
		if i := at.Load() - seen.Load(); i >= 0 && i < int64(len(spoilt)) {
			spoilt[i] = byte(with.Load())
		}
		seen.Add(int64(len(spoilt)))
		return string(spoilt), true
	})
	at.Store(-1)
	if err := trouble(t, f, a, "nothing wrong", whole); err != nil {
		t.Fatal(err)
	}
	long := f.Limits.Silence
	f.Limits.Silence = 100 * time.Millisecond
	all, failed := seen.Load(), 0
	garbage := []byte("\x00\xff*\n{)\"9A ")
	for i := range all {
		at.Store(i)
		seen.Store(0)
		with.Store(int32(garbage[int(i)%len(garbage)]))
		if trouble(t, f, a, fmt.Sprintf("byte %d of %d", i, all), whole) != nil {
			failed++
		}
	}
	if failed < int(all)/4 {
		t.Errorf("only %d of %d sessions failed", failed, all)
	}
	at.Store(-1)
	f.Limits.Silence = long
	if err := trouble(t, f, a, "afterwards", whole); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestResponseInFrontOfSTARTTLS is about the attacker who speaks before the
// command is sent, so that its answer is there before the server's.
func TestResponseInFrontOfSTARTTLS(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	m := mailtest.NewMemory(t, mailtest.Options{Cert: cert})
	for answer, want := range map[string]Kind{"a OK go ahead": Interference, "a NO never": TLSNotOffered, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK go ahead": Interference} {
		p, f, a := through(t, fetcher(cert.Roots, 1), account(0, STARTTLS), m.Port, mailtest.Spoil{FromServer: func(b []byte) []byte {
			if bytes.HasPrefix(b, []byte("* OK")) {
				return append(b, answer+"\r\n"...)
			}
			return b
		}})
		expect(t, f, a, want, StepTLS)
		noSecret(t, p)
	}
}
