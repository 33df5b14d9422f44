package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// Request is one asking for a link, as its confirm page shows it.
type Request struct {
	ID        RequestID  `db:"request_id"`
	Email     string     `db:"email"`
	Device    string     `db:"device"`
	Network   string     `db:"network"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	UsedAt    *time.Time `db:"used_at"`
}

// SendLink is the job that makes a link and mails it. Only it ever knows the
// link: the queue holds the request's id alone.
type SendLink struct {
	Request RequestID `json:"request"`
}

// Kind implements work.Args.
func (SendLink) Kind() string { return "send_sign_in_link" }

// Ask notes that somebody wants to sign in and has the mail sent. It does the
// same, in the same time, whether or not the address is known. browser is a
// secret that the asking browser keeps: the code works only with it.
func (s *Service) Ask(ctx context.Context, email, browser string, c Client) (RequestID, error) {
	email, err := mailaddr.Parse(email)
	if err != nil {
		return RequestID{}, err
	}
	if err := s.Limits.ask(ctx, email, c); err != nil {
		return RequestID{}, err
	}
	now := s.Now()
	r := Request{
		ID: uid.New[Request](), Email: email, Device: c.Device, Network: c.Network,
		CreatedAt: now, ExpiresAt: now.Add(LinkLife),
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := insertRequest(ctx, tx, r, hashToken(browser)); err != nil {
			return err
		}
		return s.Queue.Enqueue(ctx, tx, SendLink{Request: r.ID}, work.On(work.QueueSignIn), work.Attempts(6))
	})
	return r.ID, err
}

// Send does a SendLink job. A second try makes a new link and voids the first.
func (s *Service) Send(ctx context.Context, job SendLink) error {
	token, hash := newToken()
	code, err := newCode()
	if err != nil {
		return err
	}
	var r Request
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		r, err = arm(ctx, tx, job.Request, hash, s.codeMAC(job.Request, code), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	m, err := s.Compose(LinkMail{
		To: r.Email, Link: s.LinkURL(token), Code: code, Device: r.Device, Network: r.Network,
		AskedAt: r.CreatedAt, Life: LinkLife,
	})
	if err != nil {
		return fmt.Errorf("compose sign-in mail: %w", err)
	}
	m.To, m.ID = r.Email, uid.New[Request]().String()
	return s.Mail.Send(ctx, m)
}

// newCode returns six random digits.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// codeMAC binds a code to its request; six digits alone would fall to a table.
func (s *Service) codeMAC(r RequestID, code string) []byte { return s.Box.MAC(r.String(), code) }
