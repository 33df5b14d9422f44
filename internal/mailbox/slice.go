package mailbox

import (
	"context"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// Bounds of a slice. Time is checked between batches; workTime ends
// one whose server is so slow that a single batch takes minutes, SliceTimeout
// leaves time to note that. The lease, not a timeout, hands a mailbox over.
const (
	SliceTimeout = workTime + time.Minute

	workTime    = 4 * time.Minute
	openTimeout = 2 * time.Minute
	sliceTime   = 20 * time.Second
)

// How often a mailbox is read, and when one gives up on failures that only
// its owner can mend.
const (
	pollEvery     = 15 * time.Minute
	pollJitter    = 2 * time.Minute
	pauseFailures = 5
	maxBackoff    = 6 * time.Hour
)

// Do does a slice: the next bit of whatever the mailbox's state asks for. It
// then gives the lease back and says when the next one is due.
func (s *Service) Do(ctx context.Context, j Slice) error {
	var m Mailbox
	var next time.Duration
	err := s.underLease(ctx, j, func(held context.Context) error {
		var secret string
		var err error
		if m, secret, err = s.load(held, j); err != nil {
			return err
		}
		work, cancel := context.WithTimeout(held, workTime)
		defer cancel()
		next, err = s.step(work, j, m, secret)
		if err != nil && held.Err() == nil && errors.Is(work.Err(), context.DeadlineExceeded) {
			next, err = s.noteFailure(held, j, m, errTooSlow)
		}
		return err
	})
	switch {
	case errors.Is(err, errLeaseLost) || fault.Is(err, fault.NotFound):
		return nil // another process has it, or its owner deleted it
	case ctx.Err() != nil || fault.Is(err, fault.Temporary):
		return err // the lease runs out and the work is taken up again
	case err != nil:
		// Ours to mend: the log has the cause, the owner an apology, and the next
		// try its pause.
		var noteErr error
		next, noteErr = s.noteFailure(ctx, j, m, err)
		err = errors.Join(err, noteErr)
	}
	if releaseErr := s.release(ctx, j, m.NextAt, next); releaseErr != nil {
		return errors.Join(err, releaseErr)
	}
	s.dispatchSoon(ctx) // what is due at once does not wait for the next round
	return err
}

// errTooSlow is what a server is told about that does not hand over a single
// batch in the time of a slice.
var errTooSlow = fault.New(fault.Temporary, "The mail server is too slow: not even a few mails arrived in four minutes. We go on with one mail at a time.")

// step does what the state asks for and returns the pause until the next
// slice. Failures of the customer's server are noted on the mailbox and are
// no error of ours.
func (s *Service) step(ctx context.Context, j Slice, m Mailbox, secret string) (time.Duration, error) {
	switch m.State {
	case Testing:
		return s.test(ctx, j, m, secret)
	case Choosing, Paused:
		return never, nil
	}
	session, err := s.open(ctx, j, m, secret, nil)
	if _, ok := errors.AsType[*mailfetch.Error](err); ok {
		return s.noteFailure(ctx, j, m, err)
	}
	if err != nil {
		return 0, err
	}
	next, handedOn := never, false
	defer func() {
		if !handedOn {
			_ = session.Close() // nothing hangs on how it went
		}
	}()
	if m.State == Scanning {
		err = s.scan(ctx, j, m, session)
	} else {
		next, err = s.readAndFinish(ctx, j, m, session)
	}
	if _, ok := errors.AsType[*mailfetch.Error](err); ok {
		return s.noteFailure(ctx, j, m, err)
	}
	handedOn = err == nil && next > 0 && s.idle(j, session, next)
	return next, err
}

// readAndFinish reads what is new and then does with report mails what their
// owner chose.
func (s *Service) readAndFinish(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) (next time.Duration, err error) {
	if next, err = s.read(ctx, j, m, session); err != nil {
		return next, err
	}
	more, err := s.finish(ctx, j, m, session)
	if more {
		next = 0
	}
	return next, err
}

// open opens the mailbox, within a bound on the whole of it. A token that was
// kept and is refused is asked for again once: it may have been withdrawn
// before its time.
func (s *Service) open(ctx context.Context, j Slice, m Mailbox, secret string, onStep func(mailfetch.Step)) (mailfetch.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	kept := s.tokens.has(m.ID)
	a := account(m)
	var err error
	if a.Password, a.Token, err = s.credentials(ctx, j, m, secret); err != nil {
		return nil, err
	}
	session, err := s.Fetcher.Open(ctx, a, onStep)
	if refused, ok := errors.AsType[*mailfetch.Error](err); ok && refused.Kind == mailfetch.TokenRefused {
		s.forgetToken(m.ID)
		if kept {
			return s.open(ctx, j, m, secret, onStep)
		}
	}
	return session, err
}

// never means that nothing is due until a person acts.
const never time.Duration = -1

// account describes the mailbox without its secret.
func account(m Mailbox) mailfetch.Account {
	a := mailfetch.Account{
		Protocol: m.Protocol, Host: m.Host, Port: uint16(m.Port), Security: m.Security,
		Username: m.Username, Folder: m.Folder,
	}
	if m.ReadFrom != nil {
		a.Since = *m.ReadFrom
	}
	return a
}

// load returns the mailbox and its secret.
func (s *Service) load(ctx context.Context, j Slice) (m Mailbox, secret string, err error) {
	err = s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		if m, err = get(ctx, tx, j.Org, j.Mailbox); err != nil {
			return err
		}
		secret, err = s.secret(ctx, tx, j.Org, j.Mailbox)
		return err
	})
	return m, secret, err
}

// noteFailure writes down for the owner why the mailbox could not be read and
// returns when to try again: after a growing pause, or never once a failure
// that only the owner can mend has come back too often.
func (s *Service) noteFailure(ctx context.Context, j Slice, m Mailbox, cause error) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if m.State == Testing { // somebody waits for the end of the test
		return never, s.endTest(ctx, j, cause)
	}
	sentence, advice := fault.Sentence(cause), ""
	failures := m.Failures + 1
	pause, next := false, min(time.Minute<<min(failures, 10), maxBackoff)
	if e, ok := errors.AsType[*mailfetch.Error](cause); ok {
		sentence, advice = e.Sentence(), e.Advice()
		if e.Kind == mailfetch.OAuthRevoked || !e.Kind.Retry() && failures >= pauseFailures {
			pause, next = true, never
		}
	}
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		held, err := setFailure(ctx, tx, j, pause, sentence, advice, s.Now())
		if err != nil || !held || !pause {
			return err
		}
		if err := s.tellPaused(ctx, tx, j); err != nil {
			return err
		}
		events := []audit.Event{s.ownEvent(j, m, "mailbox.stop", cause)}
		if mailfetch.KindOf(cause) == mailfetch.OAuthRevoked {
			events = append([]audit.Event{s.ownEvent(j, m, "mailbox.grant-lost", cause)}, events...)
		}
		return s.Trail.Record(ctx, tx, events...)
	})
	return next, err
}

// release gives the lease back and sets when the mailbox is due again.
func (s *Service) release(ctx context.Context, j Slice, was *time.Time, next time.Duration) error {
	return s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		var at *time.Time
		if next != never {
			t := s.Now().Add(next)
			at = &t
		}
		return releaseLease(ctx, tx, j, was, at)
	})
}

// fenced runs one transaction that only the lease's holder may commit.
func (s *Service) fenced(ctx context.Context, j Slice, fn func(context.Context, postgres.Tx) error) error {
	return s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		if err := checkLease(ctx, tx, j); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}
