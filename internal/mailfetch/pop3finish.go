package mailfetch

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The waits for a mailbox that the server still holds locked, each twice the
// one before.
const (
	lockPause = 250 * time.Millisecond
	lockTries = 5
)

// Finish deletes mails in a short session of its own: a server removes what a
// session marked only when that session ends in order (RFC 1939 section 6), so
// that a long one would undo itself at any fault.
func (s *popSession) Finish(ctx context.Context, ids []MailID, d Disposal) (onlyMarked bool, err error) {
	if d.Action == Leave || len(ids) == 0 {
		return false, nil
	}
	if d.Action != Delete {
		return false, s.failure(StepRead, errOnlyIMAP)
	}
	if s.broken != nil && !s.left {
		return false, s.broken
	}
	s.left = true
	_ = s.Close() // never fails
	second, err := s.reopen(ctx)
	if err != nil {
		return false, err
	}
	defer second.hangUp()
	sure := slices.DeleteFunc(slices.Clone(ids), func(id MailID) bool { return !s.drop.removable(id) })
	return false, second.remove(ctx, sure)
}

// reopen signs in once more, waiting a little while the server has not let go
// of the first session.
func (s *popSession) reopen(ctx context.Context) (*popSession, error) {
	pause := lockPause
	for try := 1; ; try++ {
		session, err := s.fetcher.Open(ctx, s.account, nil)
		if second, ok := session.(*popSession); ok {
			return second, nil
		}
		if KindOf(err) != MailboxInUse || try == lockTries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, s.failure(StepSignIn, context.Cause(ctx))
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// remove deletes those of the mails that are there. Without the +OK to QUIT
// nothing is certain, and the caller asks again.
func (s *popSession) remove(ctx context.Context, ids []MailID) error {
	drop, err := s.list(ctx, StepRead)
	if err != nil {
		return err
	}
	var numbers []int
	for _, id := range ids {
		if at, there := drop.index[id]; there && drop.removable(id) {
			numbers = append(numbers, drop.mails[at].number)
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var refused error
	err = s.run(ctx, StepRead, int64(slackBytes+len(numbers)*perMailBytes), func() error {
		return s.pop.pipeline(len(numbers), s.caps.ahead(), func(i int) string {
			return fmt.Sprintf("DELE %d", numbers[i])
		}, func(int) error {
			_, err := s.pop.answer()
			if refusal, ok := asRefusal(err); ok {
				refused = refusal // the others may go
				return nil
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := s.ask(ctx, "QUIT"); err != nil {
		return err
	}
	if refused != nil {
		return s.fail(ctx, StepRead, refused)
	}
	return nil
}
