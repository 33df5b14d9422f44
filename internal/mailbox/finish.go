package mailbox

import (
	"context"
	"errors"
	"slices"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// Bounds of what is done with report mails: of a slice, and of what is done
// before the lease is looked at again, because its owner may have changed
// their mind.
const (
	mostUnfinished = 5000
	finishAtOnce   = 500
)

// finish does with report mails what their owner chose, and reports whether
// some are left for the next slice. Which ones they are was written with their
// reports, so it is caught up on when a connection or the program broke off in
// between. That it does not work is noted for the owner and no reason to stop
// reading: it is tried again with the next poll.
func (s *Service) finish(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) (more bool, err error) {
	if m.AfterImport == LeaveUntouched {
		return false, nil
	}
	generation := m.generation(session)
	var ids []mailfetch.MailID
	err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) (err error) {
		ids, err = unfinished(ctx, tx, j, generation)
		return err
	})
	if err != nil {
		return false, err
	}
	disposal := mailfetch.Disposal{Action: actions[m.AfterImport], Folder: m.MoveTo}
	for some := range slices.Chunk(ids, finishAtOnce) {
		onlyMarked, err := session.Finish(ctx, some, disposal)
		failed, refused := errors.AsType[*mailfetch.Error](err)
		if err != nil && (!refused || ctx.Err() != nil) {
			return false, err
		}
		err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
			if refused {
				sentence := "Reports are stored, but their mails stay where they are: " + failed.Sentence()
				return noteFinishFailure(ctx, tx, j, sentence, failed.Advice())
			}
			return finished(ctx, tx, j, generation, some, onlyMarked)
		})
		if err != nil || refused {
			return false, err
		}
	}
	return len(ids) == mostUnfinished, nil
}
