package mailbox

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// TellPaused is the job that writes to one person that a mailbox has stopped
// being read.
type TellPaused struct {
	Org     org.ID            `json:"org"`
	Mailbox ID                `json:"mailbox"`
	Person  postgres.PersonID `json:"person"`
}

// Kind implements work.Args.
func (TellPaused) Kind() string { return "tell_mailbox_paused" }

// tellPaused has everybody told who may do something about it: a job each, so
// that a second try does not write to the others again.
func (s *Service) tellPaused(ctx context.Context, tx postgres.Tx, j Slice) error {
	people, err := org.Holders(ctx, tx, j.Org, org.ManageMailboxes)
	if err != nil {
		return err
	}
	for _, p := range people {
		job := TellPaused{Org: j.Org, Mailbox: j.Mailbox, Person: p.ID}
		if err := s.Queue.Enqueue(ctx, tx, job, work.Attempts(6)); err != nil {
			return err
		}
	}
	return nil
}

// Tell does a TellPaused job. Nobody is told what is no longer so: that the
// mailbox is deleted, or read again, or that they may not manage it any more.
func (s *Service) Tell(ctx context.Context, job TellPaused) error {
	var m Mailbox
	var in org.Organization
	to := ""
	err := s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		if m, err = get(ctx, tx, job.Org, job.Mailbox); err != nil {
			return err
		}
		people, err := org.Holders(ctx, tx, job.Org, org.ManageMailboxes)
		if err != nil {
			return err
		}
		for _, p := range people {
			if p.ID == job.Person {
				to = p.Email
			}
		}
		in, err = org.Named(ctx, tx, job.Org)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case to == "" || m.State != Paused || m.Failure == nil:
		return nil
	}
	letter, err := s.Compose(in, m)
	if err != nil {
		return fmt.Errorf("compose mail about a paused mailbox: %w", err)
	}
	letter.To, letter.ID = to, uid.New[TellPaused]().String()
	return s.Mail.Send(ctx, letter)
}
