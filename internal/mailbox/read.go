package mailbox

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// read takes in mail after the cursor, oldest first, until the slice is full
// or nothing is left, and returns when to go on. The cursor moves in the
// transactions that store the mails, so a crash neither loses nor doubles any.
func (s *Service) read(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) (next time.Duration, err error) {
	after, err := mailfetch.ParseCursor(m.Cursor)
	if err != nil {
		return 0, err
	}
	listing, err := session.List(ctx, mailfetch.Query{After: after, Since: account(m, "").Since})
	if err != nil {
		return 0, err
	}
	if m.State == Importing {
		if err := s.expect(ctx, j, len(listing.IDs)); err != nil {
			return 0, err
		}
	}
	began, done := s.Now(), 0
	for ids := range slices.Chunk(listing.IDs, batchMails) {
		if done >= sliceMails || s.Now().Sub(began) > sliceTime {
			return 0, nil
		}
		if err := s.readBatch(ctx, j, m, session, ids); err != nil {
			return 0, err
		}
		done += len(ids)
	}
	return pollEvery + rand.N(pollJitter), s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return upToDate(ctx, tx, j, m.State, s.Now())
	})
}

// expect sets how many mails the import has in all: those done and those left.
func (s *Service) expect(ctx context.Context, j Slice, left int) error {
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return setTotal(ctx, tx, j, int64(left), s.Now())
	})
}

// readBatch fetches, stores, and only then does with the mails what their
// owner chose.
func (s *Service) readBatch(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID) error {
	b, err := fetch(ctx, session, ids)
	defer b.discard()
	if err != nil {
		return err
	}
	for i := range b.mails {
		b.mails[i].Mailbox = m.ID
	}
	settledBefore := 0
	stored, err := s.Intake.Take(ctx, j.Org, b.mails, func(ctx context.Context, tx postgres.Tx, settled int) error {
		cursor, err := session.CursorAt(b.mails[settled-1].ID)
		if err != nil {
			return err
		}
		step := settled - settledBefore
		settledBefore = settled
		return advance(ctx, tx, j, cursor.String(), step, s.Now())
	})
	if err != nil || len(stored) == 0 {
		return err
	}
	err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error { return noteReport(ctx, tx, j, s.Now()) })
	if err != nil || m.AfterImport != MarkSeen {
		return err
	}
	return session.Finish(ctx, stored, mailfetch.MarkSeen)
}
