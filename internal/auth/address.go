package auth

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// ChangeLife is how long the links of a change of address live.
const ChangeLife = time.Hour

// ChangeID identifies a change of address.
type ChangeID = uid.ID[AddressChange]

// Side is one of the two addresses that confirm a change.
type Side string

// The sides.
const (
	OldSide Side = "old"
	NewSide Side = "new"
)

// AddressChange is a change that waits for both addresses to confirm it.
type AddressChange struct {
	ID         ChangeID  `db:"change_id"`
	Person     PersonID  `db:"person_id"`
	Old        string    `db:"email"`
	New        string    `db:"new_email"`
	Device     string    `db:"device"`
	Network    string    `db:"network"`
	CreatedAt  time.Time `db:"created_at"`
	ExpiresAt  time.Time `db:"expires_at"`
	OldSaidYes bool      `db:"old_said_yes"`
	NewSaidYes bool      `db:"new_said_yes"`
}

// ChangeMail is what the mail to one side says.
type ChangeMail struct {
	AddressChange
	Side Side
	Link string
}

// SendAddressLink is the job that makes the link of one side and mails it.
type SendAddressLink struct {
	Change ChangeID `json:"change"`
	Side   Side     `json:"side"`
}

// Kind implements work.Args.
func (SendAddressLink) Kind() string { return "send_address_link" }

// Sentences about changes of address.
const (
	changeGone   = "This link does not work any more: the change was stopped, is done, or its hour is over. Begin again on the page of your account."
	changeFailed = "The change cannot be made any more. Begin again on the page of your account."
	addressUsed  = "The new address has an account of its own. Sign in with it and delete that account first, or choose another address."
)

// ChangeComposer writes the mail to one side of a change.
type ChangeComposer func(ChangeMail) (mailer.Message, error)

// AskAddress begins a change of the person's address: both addresses get a link
// to confirm it. A change that waits already gives way to this one. Whether the
// new address has an account is told to nobody but who reads its mail.
func (s *Service) AskAddress(ctx context.Context, in Session, email string, c Client) error {
	email, err := mailaddr.Parse(email)
	if err != nil {
		return err
	}
	if email == in.Email {
		return fault.InvalidFields(fault.Fields{"email": "This is your address already."})
	}
	if err := s.Limits.ask(ctx, email, c); err != nil {
		return err
	}
	now := s.Now()
	change := AddressChange{ID: uid.New[AddressChange](), Person: in.Person, Old: in.Email, New: email, Device: c.Device, Network: c.Network, CreatedAt: now, ExpiresAt: now.Add(ChangeLife)}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := putChange(ctx, tx, change); err != nil {
			return err
		}
		for _, side := range []Side{OldSide, NewSide} {
			if err := s.Queue.Enqueue(ctx, tx, SendAddressLink{Change: change.ID, Side: side}, work.On(work.QueueSignIn), work.Attempts(6)); err != nil {
				return err
			}
		}
		return s.recordChange(ctx, tx, change, "address.ask")
	})
}

func (s *Service) recordChange(ctx context.Context, tx postgres.Tx, c AddressChange, action string) error {
	return s.Trail.Record(ctx, tx, audit.Event{Person: c.Person, Action: action, Subject: c.ID.String(), At: s.Now()})
}

// SendAddress does a SendAddressLink job. A second try makes a new link and voids the first.
func (s *Service) SendAddress(ctx context.Context, job SendAddressLink) error {
	token, hash := newToken()
	var change AddressChange
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		change, err = armChange(ctx, tx, job, hash, s.Now())
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := s.ComposeChange(ChangeMail{AddressChange: change, Side: job.Side, Link: s.AddressURL(token)})
	if err != nil {
		return fmt.Errorf("compose mail about an address: %w", err)
	}
	m.To, m.ID = change.New, uid.New[AddressChange]().String()
	if job.Side == OldSide {
		m.To = change.Old
	}
	return s.Mail.Send(ctx, m)
}

// AddressChangeOf returns the change that waits for the person; nil without one.
func (s *Service) AddressChangeOf(ctx context.Context, person PersonID) (waiting *AddressChange, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		c, err := changeOf(ctx, tx, person, s.Now())
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		waiting = &c
		return err
	})
	return waiting, err
}

// InspectAddress returns the change behind a link and whose link it is, without
// doing anything.
func (s *Service) InspectAddress(ctx context.Context, token string) (c AddressChange, side Side, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		c, side, err = changeByToken(ctx, tx, hashToken(token), s.Now())
		return err
	})
	return c, side, err
}

// ConfirmAddress takes one side's word. With both, the address is changed and
// the person signed out everywhere: done is true.
func (s *Service) ConfirmAddress(ctx context.Context, token string) (c AddressChange, done bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var side Side
		if c, side, err = changeByToken(ctx, tx, hashToken(token), s.Now()); err != nil {
			return err
		}
		if side == NewSide { // who reads its mail may know
			if used, err := taken(ctx, tx, c.New); err != nil || used {
				return cmp.Or(err, error(fault.New(fault.Conflict, addressUsed)))
			}
		}
		c.OldSaidYes, c.NewSaidYes = c.OldSaidYes || side == OldSide, c.NewSaidYes || side == NewSide
		if done = c.OldSaidYes && c.NewSaidYes; !done {
			return saidYes(ctx, tx, c)
		}
		return s.changeAddress(ctx, tx, c)
	})
	return c, done && err == nil, err
}

func (s *Service) changeAddress(ctx context.Context, tx postgres.Tx, c AddressChange) error {
	if err := setAddress(ctx, tx, c); err != nil {
		return err
	}
	if err := deleteChange(ctx, tx, c.Person); err != nil {
		return err
	}
	if err := voidRequests(ctx, tx, c.Old, s.Now()); err != nil {
		return err
	}
	return s.endAll(ctx, tx, c.Person, audit.Event{Person: c.Person, Action: "address.change", Subject: c.ID.String(), At: s.Now()})
}

// endAll signs the person out everywhere and records that and why.
func (s *Service) endAll(ctx context.Context, tx postgres.Tx, person PersonID, why audit.Event) error {
	ended, err := deleteSessionsBut(ctx, tx, person, SessionID{})
	if err != nil {
		return err
	}
	return s.Trail.Record(ctx, tx, append([]audit.Event{why}, s.events("session.end", ended)...)...)
}

// StopAddress stops the change behind a link.
func (s *Service) StopAddress(ctx context.Context, token string) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		c, _, err := changeByToken(ctx, tx, hashToken(token), s.Now())
		if err != nil {
			return err
		}
		return s.stop(ctx, tx, c)
	})
}

// StopOwnAddress stops the change that waits for the person; none is fine.
func (s *Service) StopOwnAddress(ctx context.Context, person PersonID) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		c, err := changeOf(ctx, tx, person, s.Now())
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.stop(ctx, tx, c)
	})
}

func (s *Service) stop(ctx context.Context, tx postgres.Tx, c AddressChange) error {
	if err := deleteChange(ctx, tx, c.Person); err != nil {
		return err
	}
	return s.recordChange(ctx, tx, c, "address.stop")
}
