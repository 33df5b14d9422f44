package mailbox

import (
	"context"
	"errors"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// finish does with report mails what their owner chose. Which ones they are
// was written with their reports, so it is caught up on when a connection or
// the program broke off in between. A server that refuses is the owner's to
// mend and no reason to stop reading.
func (s *Service) finish(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) error {
	if m.AfterImport == LeaveUntouched {
		return nil
	}
	generation := session.Folder().Generation
	var ids []mailfetch.MailID
	err := s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) (err error) {
		ids, err = unfinished(ctx, tx, j, generation)
		return err
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	onlyMarked, err := session.Finish(ctx, ids, mailfetch.Disposal{Action: actions[m.AfterImport], Folder: m.MoveTo})
	refused, ok := errors.AsType[*mailfetch.Error](err)
	switch {
	case ok && !refused.Kind.Retry():
		sentence := "Reports are stored, but their mails stay where they are: " + refused.Sentence()
		return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
			return noteFinishFailure(ctx, tx, j, sentence, refused.Advice())
		})
	case err != nil:
		return err
	}
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return finished(ctx, tx, j, generation, ids, onlyMarked)
	})
}
