package auth

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// Sentences for links and codes that do not work.
const (
	linkUnknown = "This link is not complete, or it is not one of ours. Copy the whole link from the mail, or ask for a new one."
	linkUsed    = "This link has been used already. Each link signs in once; ask for a new one."
	linkExpired = "This link has expired: links work for 15 minutes. Ask for a new one."
	codeWrong   = "That is not the code from the newest mail. Check the six digits and try again."
	codeGone    = "This code no longer works in this browser. Ask for a new link."
)

// LinkProblem tells the three ways apart in which a link does not work.
type LinkProblem string

// The problems of links.
const (
	LinkUnknown LinkProblem = "unknown"
	LinkUsed    LinkProblem = "used"
	LinkExpired LinkProblem = "expired"
)

// LinkError is a link that does not work.
type LinkError struct {
	Problem LinkProblem
	fault   *fault.Error
}

// Error implements error.
func (e *LinkError) Error() string { return e.fault.Error() }

// Unwrap returns the fault inside, with the sentence for the user.
func (e *LinkError) Unwrap() error { return e.fault }

func linkError(p LinkProblem, sentence string) error {
	return &LinkError{Problem: p, fault: fault.New(fault.Invalid, sentence)}
}

// SignedIn is a session that has just begun. Token is for the browser's
// cookie and known to nobody else.
type SignedIn struct {
	Token  string
	Person PersonID
	Email  string
}

// Inspect returns the request behind a link without using it up: mail
// scanners open links too.
func (s *Service) Inspect(ctx context.Context, token string) (Request, error) {
	var r Request
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		r, err = requestByToken(ctx, tx, hashToken(token))
		return err
	})
	if err != nil {
		return Request{}, err
	}
	return r, s.usable(r)
}

func (s *Service) usable(r Request) error {
	switch {
	case r.UsedAt != nil:
		return linkError(LinkUsed, linkUsed)
	case !s.Now().Before(r.ExpiresAt):
		return linkError(LinkExpired, linkExpired)
	}
	return nil
}

// Confirm uses the link up and begins a session. The first time an address
// signs in, it becomes a person.
func (s *Service) Confirm(ctx context.Context, token string, c Client) (SignedIn, error) {
	var in SignedIn
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		hash := hashToken(token)
		if err := lockAddress(ctx, tx, hash, RequestID{}); err != nil {
			return err
		}
		r, err := requestByToken(ctx, tx, hash)
		if err != nil {
			return err
		}
		if err := s.usable(r); err != nil {
			return err
		}
		in, err = s.begin(ctx, tx, r, c)
		return err
	})
	return in, err
}

// ConfirmCode begins a session by the code, in the browser that asked.
func (s *Service) ConfirmCode(ctx context.Context, id RequestID, browser, code string, c Client) (SignedIn, error) {
	if err := s.Limits.try(ctx, c); err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	var wrong error
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := lockAddress(ctx, tx, nil, id); err != nil {
			return err
		}
		r, want, err := takeTry(ctx, tx, id, hashToken(browser), s.Now())
		if err != nil {
			return err
		}
		if !s.Box.Made(want, id.String(), code) {
			wrong = fault.InvalidFields(fault.Fields{"code": codeWrong})
			return nil // the try is counted: the transaction commits
		}
		in, err = s.begin(ctx, tx, r, c)
		return err
	})
	if err == nil {
		err = wrong
	}
	return in, err
}

// begin uses up the request and every other open one of the address, and
// opens a session.
func (s *Service) begin(ctx context.Context, tx postgres.Tx, r Request, c Client) (SignedIn, error) {
	now := s.Now()
	if err := useRequest(ctx, tx, r, now); err != nil {
		return SignedIn{}, err
	}
	person, err := ensurePerson(ctx, tx, uid.New[postgres.Person](), r.Email, now)
	if err != nil {
		return SignedIn{}, err
	}
	token, hash := newToken()
	begun := Session{
		ID: uid.New[Session](), Person: person, Device: c.Device, Network: c.Network,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: expiry(now, now),
	}
	if err := insertSession(ctx, tx, begun, hash); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Token: token, Person: person, Email: r.Email}, s.record(ctx, tx, "session.begin", begun)
}

// expiry slides with use, up to the absolute end.
func expiry(created, seen time.Time) time.Time {
	slide, end := seen.Add(SessionIdle), created.Add(SessionAbsolute)
	if slide.Before(end) {
		return slide
	}
	return end
}
