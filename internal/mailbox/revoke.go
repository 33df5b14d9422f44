package mailbox

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// revokeTimeout bounds how long somebody waits for a provider that is told
// that its leave is no longer needed.
const revokeTimeout = 5 * time.Second

// revokeAtProvider gives back the access to a mailbox that does without it
// already.
func (s *Service) revokeAtProvider(ctx context.Context, m Mailbox, secret string) {
	s.forgetToken(m.ID)
	if m.SignIn != ByPassword && secret != "" {
		s.giveBack(ctx, m.SignIn, m.Username, secret)
	}
}

// giveBack tells a provider that a refresh token is no longer needed. It is a
// courtesy, done at best: the token itself is gone from here in any case. A
// provider withdraws all that the account granted us, so nothing is given back
// that another mailbox lives by, whoever owns that one.
func (s *Service) giveBack(ctx context.Context, provider SignIn, username, refresh string) {
	client, ok := s.Grants[provider]
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTimeout)
	defer cancel()
	var shared bool
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		shared, err = sharesGrant(ctx, tx, provider, username)
		return err
	})
	if err == nil && !shared {
		_ = client.Revoke(ctx, refresh) // see above
	}
}

// leaveProvider is for a mailbox that is signed in to in another way from now
// on: the events to record, and the refresh token to give back once that is
// committed; "" = none.
func (s *Service) leaveProvider(ctx context.Context, tx postgres.Tx, a org.Access, old Mailbox, signIn SignIn) ([]audit.Event, string, error) {
	if old.SignIn == ByPassword || old.SignIn == signIn {
		return nil, "", nil
	}
	granted, err := s.refreshToken(ctx, tx, a.ID, old)
	if err != nil {
		return nil, "", err
	}
	e := s.event(a, old.ID, "mailbox.grant-returned", old)
	e.Detail["provider"] = string(old.SignIn)
	return []audit.Event{e}, granted, nil
}

// refreshToken is the secret of a mailbox that a provider lets us into; "" for
// one with a password, and for a secret that does not open any more. A slice may
// be about to replace it: m is one of getToChange.
func (s *Service) refreshToken(ctx context.Context, tx postgres.Tx, org org.ID, m Mailbox) (string, error) {
	if m.SignIn == ByPassword {
		return "", nil
	}
	sealed, err := sealedSecret(ctx, tx, org, m.ID)
	if err != nil {
		return "", err
	}
	plain, err := s.Ring.Open(place(org, m.ID), sealed)
	if err != nil {
		return "", nil //nolint:nilerr // a lost key must not keep a mailbox from being deleted
	}
	return string(plain), nil
}
