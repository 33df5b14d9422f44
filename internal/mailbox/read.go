package mailbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
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

// delivery is a batch of mails on its way from the server to the intake.
type delivery struct {
	batch   *batch
	reading Reading
	err     error // why it is not whole; nothing of it is taken then
}

// readSome reads batches of the mails until the slice is full and returns how
// many mails they were. The next batch is fetched and read while the last one is
// stored: neither the mail server nor the database waits for the other.
func (s *Service) readSome(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID) (done int, err error) {
	ctx, stop := context.WithCancel(ctx)
	deliveries := make(chan delivery)
	go func() {
		defer close(deliveries)
		defer func() { // a panic ends the job, as one of its own goroutine does, not the process
			if p := recover(); p != nil {
				err := fmt.Errorf("panic while fetching: %v\n%s", p, debug.Stack())
				select {
				case deliveries <- delivery{batch: &batch{}, err: err}:
				case <-ctx.Done():
				}
			}
		}()
		s.fetchAhead(ctx, j, m, session, ids, deliveries)
	}()
	defer func() { // the session is ours again when this ends
		stop()
		for d := range deliveries {
			d.batch.discard()
		}
	}()
	for d := range deliveries {
		if err := s.takeBatch(ctx, j, m, session, d); err != nil {
			return done, err
		}
		done += len(d.batch.mails)
	}
	return done, ctx.Err()
}

// fetchAhead fetches batches until the slice's time is over, and each when the
// one before it was accepted.
func (s *Service) fetchAhead(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, ids []mailfetch.MailID, out chan<- delivery) {
	began := s.Now()
	pace := newPace(m)
	for len(ids) > 0 && s.Now().Sub(began) <= sliceTime {
		from := s.Now()
		n := min(pace.mails, len(ids))
		b, err := fetch(ctx, session, ids[:n])
		size := b.size()
		d := delivery{batch: b, err: err}
		if err == nil {
			d.reading, d.err = s.Intake.Read(ctx, j.Org, m.addressed(session, b.mails))
		}
		select {
		case out <- d:
		case <-ctx.Done():
			b.discard()
			return
		}
		if d.err != nil {
			return
		}
		pace.adapt(s.Now().Sub(from), size)
		ids = ids[n:]
	}
}

// addressed says of fetched mails what the intake has to know of their mailbox.
func (m Mailbox) addressed(session mailfetch.Session, mails []Mail) []Mail {
	generation, trusted := m.generation(session), m.trusted()
	for i := range mails {
		mails[i].Mailbox, mails[i].Generation, mails[i].Authserv, mails[i].Doomed = m.ID, generation, trusted, m.AfterImport == Delete
	}
	return mails
}

// takeBatch has mails stored, and how far they go noted with them.
func (s *Service) takeBatch(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session, d delivery) error {
	defer d.batch.discard()
	if d.err != nil {
		return d.err
	}
	return d.reading.Store(ctx, func(ctx context.Context, tx postgres.Tx, settled, stored []mailfetch.MailID) error {
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
		return noteUnfinished(ctx, tx, j, m.generation(session), stored)
	})
}
