package mailbox

import (
	"context"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// scanMails is how many of the newest mails the first look reads: enough to
// meet every domain that is reported on daily.
const scanMails = 1000

// scan looks through the newest mails for the domains that they report on. It
// stores no mail: that begins when the owner has chosen. It goes through them
// in one slice of several batches; a repeated scan starts over.
func (s *Service) scan(ctx context.Context, j Slice, m Mailbox, session mailfetch.Session) error {
	listing, err := session.List(ctx, mailfetch.Query{Since: account(m).Since, Newest: scanMails})
	if err != nil {
		return err
	}
	sums := map[fqdn.Name]Found{}
	began := s.Now()
	done := 0
	pace := newPace(m)
	for done < len(listing.IDs) && s.Now().Sub(began) <= sliceTime { // what was seen by then is enough to choose from
		ids := listing.IDs[done:min(done+pace.mails, len(listing.IDs))]
		from := s.Now()
		size, err := s.survey(ctx, session, ids, sums)
		if err != nil {
			return err
		}
		pace.adapt(s.Now().Sub(from), size)
		done += len(ids)
		if err := s.saveScan(ctx, j, sums, done, len(listing.IDs)); err != nil {
			return err
		}
	}
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		if err := progress(ctx, tx, j, ScanRun, RunDone, int64(done), int64(len(listing.IDs)), s.Now()); err != nil {
			return err
		}
		return setState(ctx, tx, j, Choosing)
	})
}

// survey adds what one batch of mails reports on to the sums and returns the
// bytes that were fetched.
func (s *Service) survey(ctx context.Context, session mailfetch.Session, ids []mailfetch.MailID, sums map[fqdn.Name]Found) (int64, error) {
	batch, err := fetch(ctx, session, ids)
	defer batch.discard()
	if err != nil {
		return 0, err
	}
	for _, mail := range batch.mails {
		if mail.Content == nil {
			continue
		}
		domains, err := s.Intake.Survey(ctx, mail.Content, mail.Size)
		if err != nil {
			return 0, err
		}
		for _, d := range domains {
			sum := sums[d.Name]
			sum.Name = d.Name
			sum.Reports += d.Reports
			sum.Messages += d.Messages
			sums[d.Name] = sum
		}
	}
	return batch.size(), nil
}

func (s *Service) saveScan(ctx context.Context, j Slice, sums map[fqdn.Name]Found, done, total int) error {
	return s.fenced(ctx, j, func(ctx context.Context, tx postgres.Tx) error {
		if err := saveFound(ctx, tx, j, sums); err != nil {
			return err
		}
		return progress(ctx, tx, j, ScanRun, RunRunning, int64(done), int64(total), s.Now())
	})
}
