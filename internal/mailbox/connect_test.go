package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/seal"
)

func TestSettingsAreRefusedFieldByField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := strings.Repeat("a", 1001)
	for name, c := range map[string]struct {
		change func(*mailbox.Settings)
		field  string
	}{
		"no host":             {func(s *mailbox.Settings) { s.Host = " " }, "host"},
		"host with a scheme":  {func(s *mailbox.Settings) { s.Host = "https://imap.example.org" }, "host"},
		"host with a port":    {func(s *mailbox.Settings) { s.Host = "imap.example.org:993" }, "host"},
		"host with a newline": {func(s *mailbox.Settings) { s.Host = "imap.example.org\r\nX" }, "host"},
		"no port":             {func(s *mailbox.Settings) { s.Port = 0 }, "port"},
		"port too high":       {func(s *mailbox.Settings) { s.Port = 65536 }, "port"},
		"no TLS":              {func(s *mailbox.Settings) { s.Security = "plain" }, "security"},
		"no user":             {func(s *mailbox.Settings) { s.Username = "" }, "username"},
		"user with NUL":       {func(s *mailbox.Settings) { s.Username = "a\x00b" }, "username"},
		"endless user":        {func(s *mailbox.Settings) { s.Username = long }, "username"},
		"no password":         {func(s *mailbox.Settings) { s.Password = "" }, "password"},
		"password of 2 lines": {func(s *mailbox.Settings) { s.Password = "a\nb" }, "password"},
		"folder of 2 lines":   {func(s *mailbox.Settings) { s.Folder = "IN\r\nBOX" }, "folder"},
		"unknown action":      {func(s *mailbox.Settings) { s.AfterImport = "burn" }, "after"},
		"unknown protocol":    {func(s *mailbox.Settings) { s.Protocol = "smtp" }, "protocol"},
		"marks in POP3":       {func(s *mailbox.Settings) { s.Protocol, s.AfterImport = mailfetch.POP3, mailbox.MarkSeen }, "after"},
		"folders in POP3":     {func(s *mailbox.Settings) { s.Protocol, s.AfterImport, s.MoveTo = mailfetch.POP3, mailbox.Move, "Done" }, "after"},
		"moved to nowhere":    {func(s *mailbox.Settings) { s.AfterImport = mailbox.Move }, "move"},
		"moved to itself":     {func(s *mailbox.Settings) { s.AfterImport, s.MoveTo = mailbox.Move, "inbox" }, "move"},
		"target of 2 lines":   {func(s *mailbox.Settings) { s.AfterImport, s.MoveTo = mailbox.Move, "a\nb" }, "move"},
		"days below zero":     {func(s *mailbox.Settings) { s.ReadDays = -1 }, "days"},
		"days beyond reason":  {func(s *mailbox.Settings) { s.ReadDays = 3651 }, "days"},
	} {
		set := b.settings()
		c.change(&set)
		_, err := b.Connect(t.Context(), b.org, set)
		if fields := fault.FieldsOf(err); len(fields) != 1 || fields[c.field] == "" {
			t.Errorf("%s: %v, want a sentence for %s alone", name, err, c.field)
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM mailboxes`); n != 0 {
		t.Errorf("%d mailboxes were kept", n)
	}
}

func TestSettingsAreCompleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.Host, set.Username, set.Folder, set.ReadDays = " IMAP.Example.ORG. ", " u@example.org ", " ", 30
	m := b.get(t, b.connect(t, set))
	if m.Host != "imap.example.org" || m.Username != "u@example.org" || m.Folder != "INBOX" {
		t.Errorf("kept as %q %q %q", m.Host, m.Username, m.Folder)
	}
	if m.ReadFrom == nil || !m.ReadFrom.Equal(time.Date(2026, 10, 21, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("thirty days back is %v", m.ReadFrom)
	}
}

func TestPasswordIsSealedAndOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, other := b.connect(t, b.settings()), b.connect(t, b.settings())
	secret := one[[]byte](t, b, `SELECT secret FROM mailboxes WHERE mailbox_id = $1`, id)
	if bytes.Contains(secret, []byte("correct")) || bytes.Equal(secret, one[[]byte](t, b, `SELECT secret FROM mailboxes WHERE mailbox_id = $1`, other)) {
		t.Error("the row holds the password, or the same bytes as another with the same password")
	}
	b.admin(t, `UPDATE mailboxes SET secret = $2 WHERE mailbox_id = $1`, other, secret)
	for _, j := range b.take() {
		err := b.Do(t.Context(), j)
		if j.Mailbox == id && err != nil {
			t.Errorf("in its place: %v", err)
		}
		if j.Mailbox == other && !errors.Is(err, seal.ErrNotOpened) {
			t.Errorf("moved to another row: %v, want it not to open", err)
		}
	}
}

func TestRetestSendsTheOldPasswordNowhereElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.Folder = "Missing"
	id := b.connect(t, set)
	b.settle(t)
	set.Password = ""
	for name, change := range map[string]func(*mailbox.Settings){
		"another host":      func(s *mailbox.Settings) { s.Host = "127.0.0.1" },
		"another user":      func(s *mailbox.Settings) { s.Username = "bob@example.org" },
		"the user in caps":  func(s *mailbox.Settings) { s.Username = strings.ToUpper(s.Username) },
		"host with a label": func(s *mailbox.Settings) { s.Host = "localhost.example" },
	} {
		changed := set
		change(&changed)
		if err := b.Retest(t.Context(), b.org, id, changed); fault.FieldsOf(err)["password"] == "" {
			t.Errorf("%s without a password: %v", name, err)
		}
	}
	set.Host, set.Folder = " LOCALHOST", "INBOX"
	if err := b.Retest(t.Context(), b.org, id, set); err != nil {
		t.Fatal("the same server and user: ", err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Choosing)
}

func TestConnectedMailboxGoesOnWhereItWasAfterAChange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.polling(t, b.settings(), "example.org")
	before, err := b.Get(t.Context(), b.org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	wrong := b.settings()
	wrong.Password = "not the one"
	if err := b.Retest(t.Context(), b.org, id, wrong); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Testing)
	b.advance(48 * time.Hour)
	if err := b.ForgetDrafts(t.Context(), mailbox.ForgetDrafts{}); err != nil {
		t.Fatal(err)
	}
	if err := b.Retest(t.Context(), b.org, id, b.settings()); err != nil {
		t.Fatal("a connected mailbox was forgotten as a draft: ", err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	after, err := b.Get(t.Context(), b.org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	if after.Cursor != before.Cursor || after.Cursor == "" {
		t.Errorf("cursor %q, before the change %q", after.Cursor, before.Cursor)
	}
	if n := b.counted(t); n != 30 {
		t.Errorf("%d messages counted, want each report once: 30", n)
	}
}

func TestStepsOfTheConnectionTestAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.appendReports(t, "r", "example.org", 3)
	id := b.connect(t, b.settings())
	if r := b.run(t, id, mailbox.TestRun); r.State != mailbox.RunRunning || len(r.Steps) != 0 {
		t.Errorf("before: %+v", r)
	}
	b.settle(t)
	r := b.run(t, id, mailbox.TestRun)
	want := []mailfetch.StepName{mailfetch.StepResolve, mailfetch.StepConnect, mailfetch.StepTLS, mailfetch.StepSignIn, mailfetch.StepFolder, mailfetch.StepCount}
	if r.State != mailbox.RunDone || len(r.Steps) != len(want) || r.FinishedAt == nil {
		t.Fatalf("%+v", r)
	}
	for i, s := range r.Steps {
		if s.Name != want[i] || s.State != mailfetch.Done || s.Sentence == "" {
			t.Errorf("step %d: %+v, want %s", i, s, want[i])
		}
	}
	if r.Steps[5].Mails != 3 {
		t.Errorf("counted %d mails", r.Steps[5].Mails)
	}
}

func TestFailedTestLeavesTheMailboxForItsOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.Password = "wrong"
	id := b.connect(t, set)
	b.settle(t)
	r := b.run(t, id, mailbox.TestRun)
	last := r.Steps[len(r.Steps)-1]
	if r.State != mailbox.RunFailed || last.Name != mailfetch.StepSignIn || last.State != mailfetch.Failed || last.Kind != mailfetch.WrongPassword || last.Advice == "" {
		t.Errorf("%+v", r)
	}
	if m := b.get(t, id); m.State != mailbox.Testing || m.NextAt != nil {
		t.Errorf("state %s, next %v: want to wait for the owner", m.State, m.NextAt)
	}
	b.advance(time.Hour)
	b.dispatch(t)
	if again := b.run(t, id, mailbox.TestRun); !again.UpdatedAt.Equal(r.UpdatedAt) {
		t.Error("it was tried again by itself")
	}
}

func TestTestOfOlderSettingsCannotPassForNewerOnes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.connect(t, b.settings())
	set := b.settings()
	set.Password = "wrong"
	b.meanwhile(func() { // the test with the right password has begun
		if err := b.Retest(t.Context(), b.org, id, set); err != nil {
			t.Error(err)
		}
	})
	b.settle(t)
	if r := b.run(t, id, mailbox.TestRun); r.State != mailbox.RunFailed {
		t.Errorf("the test of the new settings is %s", r.State)
	}
	b.wantState(t, id, mailbox.Testing)
}

func TestSettingsThatNeverPassedAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	passed := b.connect(t, b.settings())
	b.settle(t)
	set := b.settings()
	set.Password = "wrong"
	b.connect(t, set)
	b.settle(t)
	left := func() int { return one[int](t, b, `SELECT count(*) FROM mailboxes`) }
	b.advance(24 * time.Hour)
	if err := b.ForgetDrafts(t.Context(), mailbox.ForgetDrafts{}); err != nil || left() != 2 {
		t.Errorf("after a day: %d mailboxes, %v", left(), err)
	}
	b.advance(time.Second)
	if err := b.ForgetDrafts(context.Background(), mailbox.ForgetDrafts{}); err != nil || left() != 1 {
		t.Errorf("then: %d mailboxes, %v", left(), err)
	}
	b.wantState(t, passed, mailbox.Choosing)
}
