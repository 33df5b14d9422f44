package mailbox

import (
	"context"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// test opens the mailbox as reading would and writes down each step as it
// happens. A mailbox that passes goes on to be scanned; one that does not waits
// for its owner.
func (s *Service) test(ctx context.Context, j Slice, m Mailbox, secret string) (time.Duration, error) {
	var steps []mailfetch.Step
	var saveErr error
	note := func(step mailfetch.Step) {
		if step.Name == mailfetch.StepResolve && step.State == mailfetch.Running {
			steps = nil // also of a second try, with a new token
		}
		if n := len(steps); n > 0 && steps[n-1].Name == step.Name {
			steps[n-1] = step
		} else {
			steps = append(steps, step)
		}
		if err := s.saveSteps(ctx, j, steps, RunRunning); err != nil && saveErr == nil {
			saveErr = err
		}
	}
	session, err := s.open(ctx, j, m, secret, note)
	if saveErr != nil {
		if err == nil {
			_ = session.Close() // nothing was changed
		}
		return 0, saveErr
	}
	if refused, ok := errors.AsType[*mailfetch.Error](err); ok {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if len(steps) == 0 { // it failed before the server was asked: at the provider
			steps = append(steps, mailfetch.Step{Name: refused.Step, State: mailfetch.Failed, Kind: refused.Kind, Sentence: refused.Sentence(), Advice: refused.Advice()})
		}
		return never, s.failTest(ctx, j, m, steps, refused)
	}
	if err != nil {
		return 0, err
	}
	if err := session.Close(); err != nil {
		return 0, err
	}
	now := s.Now()
	next := time.Duration(0)
	err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		if err := saveSteps(ctx, tx, j, steps, RunDone, now); err != nil {
			return err
		}
		state, err := passTest(ctx, tx, j)
		if err != nil || state != Scanning {
			if state == Paused {
				next = never
			}
			return err
		}
		return startRun(ctx, tx, j.Org, j.Mailbox, ScanRun, now)
	})
	return next, err
}

// failTest ends a test. That credentials were refused is recorded: somebody
// may be trying passwords.
func (s *Service) failTest(ctx context.Context, j Slice, m Mailbox, steps []mailfetch.Step, refused *mailfetch.Error) error {
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		if err := saveSteps(ctx, tx, j, steps, RunFailed, s.Now()); err != nil || refused.Step != mailfetch.StepSignIn || refused.Kind.Retry() {
			return err
		}
		return s.Trail.Record(ctx, tx, s.ownEvent(j, m, "mailbox.sign-in-refused", refused))
	})
}

// endTest ends a test that failed for a reason of ours, so that nobody waits
// for it.
func (s *Service) endTest(ctx context.Context, j Slice, cause error) error {
	step := mailfetch.Step{Name: mailfetch.StepRead, State: mailfetch.Failed, Sentence: fault.Sentence(cause)}
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error { return endTest(ctx, tx, j, step, s.Now()) })
}

func (s *Service) saveSteps(ctx context.Context, j Slice, steps []mailfetch.Step, state RunState) error {
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return saveSteps(ctx, tx, j, steps, state, s.Now())
	})
}
