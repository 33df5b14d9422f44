package mailbox

import (
	"context"
	"math/rand/v2"
	"time"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// read takes in mail that was not read yet, oldest first, until the slice is
// full or nothing is left, and returns when to go on. How far it has come is
// noted in the transactions that store the mails, so a crash neither loses nor
// doubles any.
func (s *Service) read(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) (next time.Duration, err error) {
	ids, err := s.unread(ctx, j, m, session)
	if err != nil {
		return 0, err
	}
	if m.State == Importing {
		if err := s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error { return setTotal(ctx, tx, j, int64(len(ids)), s.Now()) }); err != nil {
			return 0, err
		}
	}
	done, err := s.readSome(ctx, j, m, session, ids)
	if err != nil || done < len(ids) {
		return 0, err
	}
	return pollEvery + rand.N(pollJitter), s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		return upToDate(ctx, tx, j, m.State, s.Now())
	})
}

// unread names the mails that were not read yet.
func (s *Service) unread(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) ([]mailfetch.MailID, error) {
	after, err := mailfetch.ParseCursor(m.Cursor)
	if err != nil {
		return nil, err
	}
	listing, err := session.List(ctx, mailfetch.Query{After: after, Since: account(m).Since})
	if err != nil || m.Protocol.Ordered() {
		return listing.IDs, err
	}
	ids := listing.IDs
	err = s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		if err := forgetGone(ctx, tx, j, listing.IDs); err != nil {
			return err
		}
		ids, err = notRead(ctx, tx, j, listing.IDs)
		return err
	})
	return ids, err
}

// readSome reads batches of the mails until the slice is full and returns how
// many mails they were.
func (s *Service) readSome(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID) (done int, err error) {
	began := s.Now()
	pace := newPace(m)
	for done < len(ids) && done < sliceMails && s.Now().Sub(began) <= sliceTime {
		batch := ids[done:min(done+pace.mails, sliceMails, len(ids))]
		from := s.Now()
		size, err := s.readBatch(ctx, j, m, session, batch)
		if err != nil {
			return done, err
		}
		pace.adapt(s.Now().Sub(from), size)
		done += len(batch)
	}
	return done, nil
}

// readBatch fetches mails and has them stored. It returns the bytes that were
// fetched.
func (s *Service) readBatch(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID) (int64, error) {
	b, err := fetch(ctx, session, ids)
	defer b.discard()
	if err != nil {
		return 0, err
	}
	for i := range b.mails {
		b.mails[i].Mailbox, b.mails[i].Authserv = m.ID, m.trusted()
	}
	return b.size(), s.Intake.Take(ctx, j.Org, b.mails, func(ctx context.Context, tx postgres.Tx, settled, stored []mailfetch.MailID) error {
		cursor, err := session.CursorAt(settled[len(settled)-1])
		if err != nil {
			return err
		}
		if err := advance(ctx, tx, j, cursor.String(), len(settled), len(stored), s.Now()); err != nil {
			return err
		}
		if !m.Protocol.Ordered() {
			if err := noteRead(ctx, tx, j, settled); err != nil {
				return err
			}
		}
		if m.AfterImport == LeaveUntouched || len(stored) == 0 {
			return nil
		}
		return noteUnfinished(ctx, tx, j, session.Folder().Generation, stored)
	})
}
