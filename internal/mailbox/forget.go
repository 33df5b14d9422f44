package mailbox

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// ForgetDrafts is the job that removes settings, password included, which
// never passed their connection test.
type ForgetDrafts struct{}

// Kind implements work.Args.
func (ForgetDrafts) Kind() string { return "forget_mailbox_drafts" }

// DraftLife is how long such settings wait for another try.
const DraftLife = 24 * time.Hour

// owned is a mailbox and whose it is.
type owned struct {
	Org org.ID `db:"org_id"`
	ID  ID     `db:"mailbox_id"`
}

// ForgetDrafts does a ForgetDrafts job.
func (s *Service) ForgetDrafts(ctx context.Context, _ ForgetDrafts) error {
	var all []owned
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		all, err = drafts(ctx, tx, s.Now().Add(-DraftLife))
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := s.forgetDraft(ctx, d.Org, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// forgetDraft removes a mailbox unless it was connected or deleted meanwhile,
// and gives back what a provider granted for it.
func (s *Service) forgetDraft(ctx context.Context, org org.ID, id ID) error {
	var m Mailbox
	var granted string
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		if m, err = getToChange(ctx, tx, org, id); err != nil {
			return err
		}
		if is, err := draft(ctx, tx, org, id); err != nil || !is {
			return err
		}
		if granted, err = s.refreshToken(ctx, tx, org, m); err != nil {
			return err
		}
		if err := remove(ctx, tx, org, id); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: org, Action: "mailbox.forget", Subject: id.String(), At: s.Now(), Detail: m.facts()})
	})
	if fault.Is(err, fault.NotFound) {
		return nil // somebody was faster
	}
	if err == nil {
		s.revokeAtProvider(ctx, m, granted)
	}
	return err
}
