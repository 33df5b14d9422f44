package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// Bounds of one transaction, and of the rows held before they are written.
const (
	groupItems = 50
	groupRows  = 5000
)

// item is one mail or file on its way in.
type item struct {
	receipt    ReceiptID // of an earlier reading; 0 = new
	was        Verdict   // of that reading
	source     Source
	mailbox    mailbox.ID
	generation string
	mail       mailfetch.MailID
	upload     UploadID
	person     postgres.PersonID // who uploaded it
	label      string
	received   time.Time
	size       int64
	content    io.ReaderAt // nil: not delivered, for reason
	reason     Reason
}

// result is what became of an item.
type result struct {
	receipt ReceiptID
	verdict Verdict
	items   []receiptItem
	notice  Reason // why there is no report in a file that a person took for one
	private bool   // holds other people's mail: the original is not kept
}

// Take implements mailbox.Intake.
func (s *Service) Take(ctx context.Context, org org.ID, mails []mailbox.Mail, advance func(context.Context, postgres.Tx, int) error) ([]mailfetch.MailID, error) {
	items := make([]item, len(mails))
	for i, m := range mails {
		items[i] = item{
			source: FromMailbox, mailbox: m.Mailbox, generation: m.Generation, mail: m.ID,
			received: m.Received, size: m.Size, content: m.Content, reason: undelivered(m.State),
		}
	}
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return readBefore(ctx, tx, org, items) })
	if err != nil {
		return nil, err
	}
	results, err := s.ingest(ctx, org, items, advance)
	var stored []mailfetch.MailID
	for i, r := range results {
		if r.verdict.Stored() {
			stored = append(stored, mails[i].ID)
		}
	}
	if err == nil && len(stored) > 0 && s.Names != nil {
		err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			return s.Queue.Enqueue(ctx, tx, LookUpNames{}, work.Once())
		})
	}
	return stored, err
}

func undelivered(state mailfetch.OutcomeState) Reason {
	switch state {
	case mailfetch.TooLarge:
		return ReasonTooLarge
	case mailfetch.Gone:
		return ReasonGone
	case mailfetch.Undelivered:
		return ReasonUndelivered
	}
	return ""
}

// ingest stores the items in their order, several to a transaction. One that
// fails is tried alone; one that fails alone for a reason of ours is refused
// with its original kept, so that it stands in nobody's way.
func (s *Service) ingest(ctx context.Context, org org.ID, items []item, advance func(context.Context, postgres.Tx, int) error) ([]result, error) {
	var done []result
	alone := 0 // items that are tried one by one after a failure
	for len(done) < len(items) {
		n := groupItems
		if alone > 0 {
			n = 1
		}
		group := items[len(done):min(len(done)+n, len(items))]
		results, err := s.ingestGroup(ctx, org, group, func(ctx context.Context, tx postgres.Tx, n int) error {
			return advance(ctx, tx, len(done)+n)
		})
		switch {
		case err == nil:
			done = append(done, results...)
			alone = max(0, alone-len(results))
		case ctx.Err() != nil, fault.KindOf(err) != fault.Internal:
			return done, err // passes by itself, or is not ours to store
		case len(group) > 1:
			alone = len(group)
		default:
			r, poisonErr := s.poisoned(ctx, org, group[0], err, func(ctx context.Context, tx postgres.Tx) error {
				return advance(ctx, tx, len(done)+1)
			})
			if poisonErr != nil {
				return done, errors.Join(err, poisonErr)
			}
			done = append(done, r)
			alone = max(0, alone-1)
		}
	}
	return done, nil
}

// missingMonths stops a group whose partitions are to be made first, outside
// of its transaction.
type missingMonths struct{ days []time.Time }

func (missingMonths) Error() string { return "partitions are missing" }

// ingestGroup stores as many of the items as fit one transaction.
func (s *Service) ingestGroup(ctx context.Context, org org.ID, items []item, advance func(context.Context, postgres.Tx, int) error) ([]result, error) {
	for try := 0; ; try++ {
		var results []result
		err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
			g, err := s.newGroup(ctx, tx, org, len(items))
			if err != nil {
				return err
			}
			for _, it := range items {
				if err := g.read(ctx, it); err != nil {
					return err
				}
				if len(g.rows) >= groupRows {
					break
				}
			}
			results, err = g.write(ctx, advance)
			return err
		})
		missing, ok := errors.AsType[missingMonths](err)
		if postgres.Violates(err, "reports_key_key") && try < 3 {
			continue // the same report came in by another way meanwhile: it is known now
		}
		if !ok || try > 24 {
			return results, err
		}
		if err := s.ensureMonths(ctx, missing.days); err != nil {
			return nil, err
		}
	}
}

// poisoned settles an item that could not be stored for a reason of ours: the
// log has the cause, the owner a receipt, and the original is kept if it is
// that of a report.
func (s *Service) poisoned(ctx context.Context, org org.ID, it item, cause error, advance func(context.Context, postgres.Tx) error) (result, error) {
	s.Log.ErrorContext(ctx, "a report mail could not be stored", "org", org, "mailbox", it.mailbox, "mail", it.mail, "error", cause)
	again := it.receipt != 0
	keep := again && it.mail == "" || s.mayKeep(ctx, it) // one that is read out of its own original is kept already
	r := result{verdict: Refused, items: []receiptItem{{verdict: Refused, reason: ReasonOurFault, label: "report"}}}
	if !keep {
		r.items[0].reason, r.items[0].label = ReasonNotKept, "mail"
	}
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		if again {
			if err := replaceItems(ctx, tx, org, it.receipt, r); err != nil {
				return err
			}
		} else {
			ids, err := takeIDs(ctx, tx, 1)
			if err != nil {
				return err
			}
			it.receipt = ids.receipts[0]
			if err := insertReceipts(ctx, tx, org, []item{it}, []result{r}, s.Now()); err != nil {
				return err
			}
		}
		if keep {
			if err := keepOriginal(ctx, tx, org, it, s.compress); err != nil {
				return err
			}
		}
		r.receipt = it.receipt
		if err := insertItems(ctx, tx, org, []result{r}); err != nil {
			return err
		}
		return advance(ctx, tx)
	})
	return r, err
}

// Survey implements mailbox.Intake.
func (s *Service) Survey(ctx context.Context, content io.ReaderAt, size int64) ([]mailbox.Found, error) {
	var v survey
	_, err := s.readItem(ctx, s.newReader(FromMailbox), item{content: content, size: size}, &v)
	return v.found, err
}

// watched finds the organization's domain that a report is for: the policy
// domain itself or its nearest parent.
func watched(domains map[fqdn.Name]domain.ID, policy fqdn.Name) (domain.ID, bool) {
	name, ok := fqdn.Nearest(policy, func(n fqdn.Name) bool { _, known := domains[n]; return known })
	return domains[name], ok
}

// ensureMonths makes the partitions for the days, in a transaction of its own.
func (s *Service) ensureMonths(ctx context.Context, days []time.Time) error {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		for _, d := range days {
			if err := ensureMonth(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make partitions: %w", err)
	}
	for _, d := range days {
		s.months.Store(monthOf(d), true)
	}
	return nil
}

func monthOf(d time.Time) string { return d.Format("2006-01") }
