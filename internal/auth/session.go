package auth

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// touchEvery is how often a session's last use is written down.
const touchEvery = 5 * time.Minute

// Session is one signed-in browser.
type Session struct {
	ID         SessionID `db:"session_id"`
	Person     PersonID  `db:"person_id"`
	Email      string    `db:"email"`
	Device     string    `db:"device"`
	Network    string    `db:"network"`
	CreatedAt  time.Time `db:"created_at"`
	LastSeenAt time.Time `db:"last_seen_at"`
	ExpiresAt  time.Time `db:"expires_at"`
	// PurgeAt is when the account is erased that its person has deleted; nil
	// for any other.
	PurgeAt *time.Time `db:"purge_at"`
}

// notSignedIn is what anybody without a session is told.
var notSignedIn = fault.New(fault.Unauthenticated, "Please sign in to see this page.")

// Session returns the session of a cookie's token and notes its use. Without
// a valid one the fault is Unauthenticated.
func (s *Service) Session(ctx context.Context, token string, c Client) (Session, error) {
	if token == "" {
		return Session{}, notSignedIn // most requests of strangers; the database need not know
	}
	var found Session
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		var err error
		if found, err = sessionByToken(ctx, tx, hashToken(token), now); err != nil {
			return err
		}
		if now.Sub(found.LastSeenAt) < touchEvery {
			return nil
		}
		return touchSession(ctx, tx, found.ID, c.Network, now, expiry(found.CreatedAt, now))
	})
	return found, err
}

// Sessions lists the person's sessions, last used first.
func (s *Service) Sessions(ctx context.Context, person PersonID) ([]Session, error) {
	var list []Session
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		list, err = sessionsOf(ctx, tx, person, s.Now())
		return err
	})
	return list, err
}

// End signs one session of the person out; ending one that is gone is fine.
func (s *Service) End(ctx context.Context, person PersonID, id SessionID) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		ended, err := deleteSession(ctx, tx, person, id)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, "session.end", ended...)
	})
}

// EndOthers signs the person out everywhere but in the session keep; a zero
// keep ends all.
func (s *Service) EndOthers(ctx context.Context, person PersonID, keep SessionID) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		ended, err := deleteSessionsBut(ctx, tx, person, keep)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, "session.end", ended...)
	})
}

// record notes in their person's own chain what became of sessions.
func (s *Service) record(ctx context.Context, tx postgres.Tx, action string, sessions ...Session) error {
	return s.Trail.Record(ctx, tx, s.events(action, sessions)...)
}

func (s *Service) events(action string, sessions []Session) []audit.Event {
	events := make([]audit.Event, 0, len(sessions))
	for _, in := range sessions {
		events = append(events, audit.Event{Person: in.Person, Action: action, Subject: in.ID.String(), At: s.Now(),
			Detail: map[string]string{"device": in.Device, "network": in.Network}})
	}
	return events
}

// Sweep is the job that forgets expired requests and sessions.
type Sweep struct{}

// Kind implements work.Args.
func (Sweep) Kind() string { return "sweep_sign_in" }

// Sweep does a Sweep job.
func (s *Service) Sweep(ctx context.Context, _ Sweep) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return deleteExpired(ctx, tx, s.Now())
	})
}
