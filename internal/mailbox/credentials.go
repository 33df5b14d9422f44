package mailbox

import (
	"context"
	"crypto/sha256"
	"net/url"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/oauth"
	"sendvery.com/sendvery/internal/postgres"
)

// credentials turns a mailbox's stored secret into what its server takes: a
// password, or an access token of the provider that let us in. A provider that
// does not, any more or just now, is a *mailfetch.Error; any other error is
// ours to mend.
func (s *Service) credentials(ctx context.Context, j Slice, m Mailbox, secret string) (password, token string, err error) {
	if m.SignIn == ByPassword {
		return secret, "", nil
	}
	client, ok := s.Grants[m.SignIn]
	if !ok {
		return "", "", fault.New(fault.Internal, "This Sendvery is no longer set up for signing in with the provider of this mailbox. Whoever operates it has to look at that.")
	}
	if m.Host != client.IMAP.Host && m.Host != client.POP3.Host {
		return "", "", failed(mailfetch.BadAccount, m.Host, nil) // access is for the provider's own servers
	}
	if token, ok := s.tokens.get(m.ID, secret, s.Now()); ok {
		return "", token, nil
	}
	fresh, err := client.Refresh(ctx, secret)
	if oauth.ReasonOf(err) == oauth.Revoked {
		// It may be void because a slice before this one has just replaced it.
		if newer, ok := s.replaced(ctx, j, secret); ok {
			return s.credentials(ctx, j, m, newer)
		}
	}
	if err != nil {
		return "", "", notRefreshed(ctx, client, m, err)
	}
	if fresh.Rotated {
		if err := s.keepRotated(ctx, j, m, secret, fresh.Refresh); err != nil {
			return "", "", err
		}
	}
	s.tokens.put(m.ID, fresh, s.Now())
	return "", fresh.Access, nil
}

// replaced returns the stored secret if it is another one by now.
func (s *Service) replaced(ctx context.Context, j Slice, old string) (newer string, ok bool) {
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		newer, err = s.secret(ctx, tx, j.Org, j.Mailbox)
		return err
	})
	return newer, err == nil && newer != old
}

// forgetToken drops the access token of a mailbox, which its server refuses.
func (s *Service) forgetToken(id ID) { s.tokens.forget(id) }

// keepTimeout bounds the storing of a token after its slice has ended, and
// keepAgain is the pause before it is tried again.
const (
	keepTimeout = 10 * time.Second
	keepAgain   = 200 * time.Millisecond
)

// keepRotated stores a refresh token that takes the place of the old one, which
// may be void from now on: also when the slice ends or loses its lease at this
// very moment, and when the database is away for a while. Where the old one is
// not stored any more, nobody will use the new one: it is given back.
func (s *Service) keepRotated(ctx context.Context, j Slice, m Mailbox, old, refresh string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	kept, err := s.rotate(ctx, j, old, refresh)
	for fault.Is(err, fault.Temporary) && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(keepAgain):
			kept, err = s.rotate(ctx, j, old, refresh)
		}
	}
	if err == nil && !kept {
		s.giveBack(ctx, m.SignIn, m.Username, refresh)
		return errLeaseLost
	}
	return err
}

// rotate replaces a stored refresh token and reports whether it was still the
// old one. What is compared is what was sealed: its key may have changed.
func (s *Service) rotate(ctx context.Context, j Slice, old, refresh string) (kept bool, err error) {
	err = s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		kept = false
		_, err := getToChange(ctx, tx, j.Org, j.Mailbox)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		stored, err := s.secret(ctx, tx, j.Org, j.Mailbox)
		if err != nil || stored != old {
			return err
		}
		kept = true
		return saveSecret(ctx, tx, j.Org, j.Mailbox, s.Ring.Seal(place(j.Org, j.Mailbox), []byte(refresh)))
	})
	return kept, err
}

// notRefreshed says why there is no new access token.
func notRefreshed(ctx context.Context, client *oauth.Client, m Mailbox, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case oauth.ReasonOf(err) == oauth.Revoked:
		return failed(mailfetch.OAuthRevoked, m.Host, err)
	case oauth.ReasonOf(err) == oauth.Misconfigured:
		return fault.Wrap(fault.Internal, client.Name+" does not accept how this Sendvery is set up. Whoever operates it has to look at that.", err)
	}
	return failed(mailfetch.Unavailable, hostOf(client.Endpoints.Token), err)
}

func failed(kind mailfetch.Kind, host string, cause error) *mailfetch.Error {
	return &mailfetch.Error{Kind: kind, Step: mailfetch.StepSignIn, Host: host, Port: 443, Cause: cause}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return address // the configuration was checked: this is none
}

// Bounds of the tokens that are kept in memory. One is not used any more
// shortly before its end, so that a slice does not run into it.
const (
	mostTokens  = 10_000
	tokenMargin = time.Minute
)

// tokens are the access tokens of mailboxes, in memory only. The zero value is
// ready for use.
type tokens struct {
	mu  sync.Mutex
	all map[ID]accessToken
}

type accessToken struct {
	of    [sha256.Size]byte // digest of the refresh token that it came from
	token string
	until time.Time
}

// get returns a mailbox's token if it came from this refresh token and is good.
func (t *tokens) get(id ID, refresh string, now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.all[id]
	return known.token, ok && known.of == sha256.Sum256([]byte(refresh)) && now.Before(known.until)
}

// has reports whether a token of the mailbox is kept.
func (t *tokens) has(id ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.all[id]
	return ok
}

func (t *tokens) put(id ID, fresh oauth.Token, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) >= mostTokens {
		t.makeRoom(now)
	}
	if t.all == nil {
		t.all = map[ID]accessToken{}
	}
	t.all[id] = accessToken{of: sha256.Sum256([]byte(fresh.Refresh)), token: fresh.Access, until: fresh.Expiry.Add(-tokenMargin)}
}

// makeRoom drops what is old, or, when nothing is, any: a token can be had
// again.
func (t *tokens) makeRoom(now time.Time) {
	for id, known := range t.all {
		if !now.Before(known.until) {
			delete(t.all, id)
		}
	}
	for id := range t.all {
		if len(t.all) < mostTokens {
			return
		}
		delete(t.all, id)
	}
}

func (t *tokens) forget(id ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, id)
}
