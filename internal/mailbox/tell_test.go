package mailbox_test

import (
	"context"
	"testing"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// join makes somebody a member.
func (b *bench) join(t *testing.T, email string, role org.Role) postgres.PersonID {
	t.Helper()
	person := uid.New[postgres.Person]()
	b.admin(t, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, email)
	b.admin(t, `INSERT INTO members (org_id, person_id, role, joined_at) VALUES ($1, $2, $3, now())`, b.org.ID, person, role)
	return person
}

// letters are mails that were sent.
type letters []mailer.Message

// Send implements mailer.Sender.
func (l *letters) Send(_ context.Context, m mailer.Message) error {
	*l = append(*l, m)
	return nil
}

func TestWhoeverManagesMailboxesIsToldThatOneStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var sent letters
	b.Mail = &sent
	b.Compose = func(in org.Organization, m mailbox.Mailbox) (mailer.Message, error) {
		return mailer.Message{Subject: in.Name + " " + m.Title(), Text: *m.Failure}, nil
	}
	b.join(t, "admin@first.example", org.Admin)
	left := b.join(t, "left@first.example", org.Admin)
	b.join(t, "member@first.example", org.Member)
	b.join(t, "viewer@first.example", org.Viewer)
	id := b.polling(t, b.settings())
	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.pauses(t, id)
	if len(b.tells) != 3 {
		t.Fatalf("%d people are told, want the owner and both admins", len(b.tells))
	}
	b.admin(t, `DELETE FROM members WHERE person_id = $1`, left)
	for _, job := range b.tells {
		if err := b.Tell(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent) != 2 || sent[0].To != "ada@first.example" || sent[1].To != "admin@first.example" || sent[0].Text == "" || sent[0].ID == sent[1].ID {
		t.Errorf("sent %+v", sent)
	}
	if got := one[string](t, b, `SELECT action || ' ' || (detail->>'reason') FROM audit_events WHERE action = 'mailbox.stop' AND person_id IS NULL`); got != "mailbox.stop name-not-found" {
		t.Errorf("recorded: %s", got)
	}

	if err := b.CheckNow(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	for _, late := range []func() error{func() error { return nil }, func() error { return b.Delete(t.Context(), b.org, id) }} {
		if err := late(); err != nil {
			t.Fatal(err)
		}
		if err := b.Tell(t.Context(), b.tells[0]); err != nil || len(sent) != 2 {
			t.Errorf("told of what is no longer so: %v, %d mails", err, len(sent))
		}
	}
}

func TestRefusedCredentialsOfATestAreRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := b.settings()
	set.Password = "a wrong one"
	b.connect(t, set)
	b.settle(t)
	if got := one[string](t, b, `SELECT detail->>'reason' || ' ' || (detail->>'domain') FROM audit_events WHERE action = 'mailbox.sign-in-refused'`); got != "wrong-password example.org" {
		t.Errorf("recorded: %s", got)
	}
}
