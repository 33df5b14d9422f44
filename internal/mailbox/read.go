package mailbox

import (
	"context"
	"errors"
	"math/rand/v2"
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
	var before int64 // mails of the import that earlier slices settled
	if m.State == Importing {
		if before, err = s.expect(ctx, j, len(listing.IDs)); err != nil {
			return 0, err
		}
	}
	began, done := s.Now(), 0
	pace := newPace(m)
	for done < len(listing.IDs) {
		if done >= sliceMails || s.Now().Sub(began) > sliceTime {
			return 0, nil
		}
		ids := listing.IDs[done:min(done+pace.mails, sliceMails, len(listing.IDs))]
		from := s.Now()
		size, err := s.readBatch(ctx, j, m, session, ids, before+int64(done))
		if err != nil {
			return 0, err
		}
		pace.adapt(s.Now().Sub(from), size)
		done += len(ids)
	}
	return pollEvery + rand.N(pollJitter), s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return upToDate(ctx, tx, j, m.State, s.Now())
	})
}

// expect sets how many mails the import has in all, those done and those
// left, and returns how many are done.
func (s *Service) expect(ctx context.Context, j Slice, left int) (done int64, err error) {
	err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		done, err = setTotal(ctx, tx, j, int64(left), s.Now())
		return err
	})
	return done, err
}

// readBatch fetches, stores, and only then does with the mails what their
// owner chose. It returns the bytes that were fetched.
func (s *Service) readBatch(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID, before int64) (int64, error) {
	b, err := fetch(ctx, session, ids)
	defer b.discard()
	if err != nil {
		return 0, err
	}
	for i := range b.mails {
		b.mails[i].Mailbox, b.mails[i].Authserv = m.ID, m.trusted()
	}
	stored, err := s.Intake.Take(ctx, j.Org, b.mails, func(ctx context.Context, tx postgres.Tx, settled int) error {
		cursor, err := session.CursorAt(b.mails[settled-1].ID)
		if err != nil {
			return err
		}
		return advance(ctx, tx, j, cursor.String(), before+int64(settled), s.Now())
	})
	// What was stored is settled, also when a later part of the batch failed.
	return b.size(), errors.Join(err, s.finish(ctx, j, m, session, stored))
}

// finish does with mails whose reports are stored what their owner chose.
func (s *Service) finish(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, stored []mailfetch.MailID) error {
	if len(stored) == 0 {
		return nil
	}
	err := s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error { return noteReport(ctx, tx, j, s.Now()) })
	if err != nil || m.AfterImport != MarkSeen {
		return err
	}
	_, err = session.Finish(ctx, stored, mailfetch.Disposal{Action: mailfetch.MarkSeen})
	return err
}
