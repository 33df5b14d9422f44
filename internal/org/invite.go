package org

import (
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 14 * 24 * time.Hour

// InvitationID identifies an invitation. It opens nothing: only who signs in
// with the invited address sees and accepts it.
type InvitationID = uid.ID[Invitation]

// Invitation is an offer of membership to an address.
type Invitation struct {
	ID        InvitationID `db:"invitation_id"`
	Org       ID           `db:"org_id"`
	Email     string       `db:"email"`
	Role      Role         `db:"role"`
	InvitedBy PersonID     `db:"invited_by"`
	CreatedAt time.Time    `db:"created_at"`
	ExpiresAt time.Time    `db:"expires_at"`
}

// InvitationMail is what the mail about an invitation says.
type InvitationMail struct {
	Invitation
	Organization Organization
	Inviter      string // address of who invites
}

// SendInvitation is the job that writes to the invited address.
type SendInvitation struct {
	Org        ID           `json:"org"`
	Invitation InvitationID `json:"invitation"`
}

// Kind implements work.Args.
func (SendInvitation) Kind() string { return "send_invitation" }

// Invite offers membership to an address and has it told. One invitation waits
// per address.
func (s *Service) Invite(ctx context.Context, a Access, email string, role Role) error {
	email, err := mailaddr.Parse(email)
	if err != nil {
		return err
	}
	if !role.Known() {
		return fault.InvalidFields(fault.Fields{"role": noRole})
	}
	if err := s.mayWrite(ctx, a); err != nil {
		return err
	}
	return s.changing(ctx, a, ManageMembers, func(ctx context.Context, tx postgres.Tx, mine Role) error {
		if !mine.MayGive(role) {
			return fault.New(fault.Denied, ownersOnly)
		}
		now := s.Now()
		i := Invitation{ID: uid.New[Invitation](), Org: a.ID, Email: email, Role: role, InvitedBy: a.Person, CreatedAt: now, ExpiresAt: now.Add(InvitationLife)}
		if err := s.mayTakeSeat(ctx, tx, a.ID, email); err != nil {
			return err
		}
		if err := insertInvitation(ctx, tx, i); err != nil {
			return err
		}
		return s.told(ctx, tx, a, i, "invitation.create")
	})
}

// mayTakeSeat refuses one more than the plan has seats for, and an address that
// is there or invited already.
func (s *Service) mayTakeSeat(ctx context.Context, tx postgres.Tx, org ID, email string) error {
	t, err := team(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, m := range t.Members {
		if m.Email == email {
			return fault.InvalidFields(fault.Fields{"email": "This person is a member already."})
		}
	}
	for _, i := range t.Invited {
		if i.Email == email {
			return fault.InvalidFields(fault.Fields{"email": "This address is invited already. You can send the invitation again, or revoke it and invite anew."})
		}
	}
	allowed, err := s.Limits.Check(ctx, tx, org, billing.Seats)
	if err == nil && !allowed.Allows(t.Seats(s.Now())+1) {
		err = &fault.Error{Kind: fault.LimitReached, Upgrade: !allowed.Largest, Sentence: noSeat(allowed.Max, len(t.Members))}
	}
	return err
}

// noSeat says that a plan's seats are taken, and what makes room if anything
// does.
func noSeat(seats, members int) string {
	switch {
	case seats > 1:
		return fmt.Sprintf("All %d seats of your plan are taken, members and invitations together. Revoke an invitation or remove a member to make room.", seats)
	case members > 1:
		return "Your plan has one seat, and more people than that are members already."
	}
	return "Your plan has one seat, which is yours."
}

// mayWrite takes one turn of sending mail to strangers.
func (s *Service) mayWrite(ctx context.Context, a Access) error {
	for _, key := range []string{a.ID.String(), a.Person.String()} { // a new organization is quickly made
		wait, err := s.Mails.Take(ctx, key)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &fault.Error{Kind: fault.LimitReached, Wait: wait, Sentence: "Too many invitations were sent today. Please try again tomorrow."}
		}
	}
	return nil
}

// told has the invited address written to and records what was done.
func (s *Service) told(ctx context.Context, tx postgres.Tx, a Access, i Invitation, action string) error {
	if err := s.Queue.Enqueue(ctx, tx, SendInvitation{Org: a.ID, Invitation: i.ID}, work.Attempts(6)); err != nil {
		return err
	}
	return s.Trail.Record(ctx, tx, s.invitationEvent(i, a.Person, action))
}

func (s *Service) invitationEvent(i Invitation, person PersonID, action string) audit.Event {
	return audit.Event{Org: i.Org, Person: person, Action: action, Subject: i.ID.String(), Detail: map[string]string{"role": string(i.Role)}, At: s.Now()}
}

// Resend writes to the invited address again; the invitation lives on from now.
func (s *Service) Resend(ctx context.Context, a Access, id InvitationID) error {
	if err := s.mayWrite(ctx, a); err != nil {
		return err
	}
	return s.changing(ctx, a, ManageMembers, func(ctx context.Context, tx postgres.Tx, mine Role) error {
		was, err := invitation(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		if !mine.MayGive(was.Role) {
			return fault.New(fault.Denied, ownersOnly)
		}
		now := s.Now()
		if !was.ExpiresAt.After(now) { // it takes a seat again
			if err := s.mayTakeSeat(ctx, tx, a.ID, ""); err != nil {
				return err
			}
		}
		i, err := renewInvitation(ctx, tx, a.ID, id, a.Person, now, now.Add(InvitationLife))
		if err != nil {
			return err
		}
		return s.told(ctx, tx, a, i, "invitation.resend")
	})
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, a Access, id InvitationID) error {
	return s.changing(ctx, a, ManageMembers, func(ctx context.Context, tx postgres.Tx, _ Role) error {
		i, err := takeInvitation(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.invitationEvent(i, a.Person, "invitation.revoke"))
	})
}

// Send does a SendInvitation job. Nobody is written to about an invitation that
// is gone or over, nor in the name of somebody who is.
func (s *Service) Send(ctx context.Context, job SendInvitation) error {
	var m InvitationMail
	over := false
	err := s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		if m.Invitation, err = invitation(ctx, tx, job.Org, job.Invitation); err != nil {
			return err
		}
		if err := Stays(ctx, tx, job.Org); err != nil {
			return err
		}
		inviter, err := member(ctx, tx, job.Org, m.InvitedBy)
		if err != nil {
			return err
		}
		over = inviter.Leaves || !m.ExpiresAt.After(s.Now())
		m.Inviter = inviter.Email
		m.Organization, err = Named(ctx, tx, job.Org)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound), err == nil && over:
		return nil
	case err != nil:
		return err
	}
	letter, err := s.Compose(m)
	if err != nil {
		return fmt.Errorf("compose invitation: %w", err)
	}
	letter.To, letter.ID = m.Email, uid.New[SendInvitation]().String()
	return s.Mail.Send(ctx, letter)
}

// Post is how invitations are written and sent.
type Post struct {
	Queue   work.Enqueuer
	Mail    mailer.Sender
	Compose func(InvitationMail) (mailer.Message, error)
}
