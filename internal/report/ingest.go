package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/spool"
	"sendvery.com/sendvery/internal/tlsreport"
)

// Bounds of one transaction, and of the rows held before they are written.
const (
	groupItems = 400
	groupRows  = 5000
	groupBytes = 2 << 20
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
	again      bool              // its receipt is there already
	stored     bool              // content is its stored original
	original   *spool.File       // which it is read out of, to be discarded
	digest     []byte            // of content; nil = not asked for, or not to be kept
	packed     []byte            // content as it would be kept, when it is small and was packed ahead
	damaged    bool              // its stored original could not be unpacked at an earlier reading
	unreadable bool              // nor can it at this one: there is no content
	authserv   string            // whose Authentication-Results are trusted; see mailauth
	doomed     bool              // deleted by its owner once it counts as stored; see mailbox.Mail
	auth       *mailauth.Verdict // who the mail comes from; nil: not checked
	choices    map[int]decision  // what the owner chose, by place in the receipt
}

// stays reports whether the item's receipt stays as it is, because its
// original cannot be read any more: nobody waits for that.
func (it *item) stays() bool { return it.unreadable && it.was != Held && it.was != Refused }

// result is what became of an item.
type result struct {
	receipt ReceiptID
	verdict Verdict
	items   []receiptItem
	notice  Reason    // why there is no report in a file that a person took for one, or none again
	first   ReceiptID // the receipt of the same file, when it was read before; 0 = it was not
	private bool      // holds other people's mail: the original is not kept
}

// intake is mails of a mailbox on their way in.
type intake struct {
	*readers
	ids []mailfetch.MailID
}

// Read implements mailbox.Intake.
func (s *Service) Read(ctx context.Context, org org.ID, mails []mailbox.Mail) (mailbox.Reading, error) {
	in := intake{&readers{s: s, org: org, items: make([]item, len(mails))}, make([]mailfetch.MailID, len(mails))}
	for i, m := range mails {
		in.ids[i] = m.ID
		in.items[i] = item{
			source: FromMailbox, mailbox: m.Mailbox, generation: m.Generation, mail: m.ID,
			received: m.Received, size: m.Size, content: m.Content, reason: undelivered(m.State), authserv: m.Authserv, doomed: m.Doomed,
		}
	}
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return readBefore(ctx, tx, org, in.items) })
	if err == nil {
		in.begin(ctx)
	}
	return in, err
}

// Store implements mailbox.Reading.
func (in intake) Store(ctx context.Context, settle mailbox.Settle) error {
	s := in.s
	results, err := s.store(ctx, in.readers, func(ctx context.Context, tx postgres.Tx, done int, results []result) error {
		group := in.items[done-len(results) : done]
		return settle(ctx, tx, in.ids[done-len(results):done], storedOf(group, results))
	})
	if err == nil && s.Stored != nil && slices.ContainsFunc(results, result.stored) {
		err = s.DB.InTx(ctx, s.Stored)
	}
	return err
}

// storedOf returns the mails whose reports are all stored; of those that are
// doomed only the ones whose bytes are kept, which may hold more than reports.
func storedOf(items []item, results []result) (stored []mailfetch.MailID) {
	for i, r := range results {
		if it := &items[i]; r.stored() && (!it.doomed || !r.private && it.keepable()) {
			stored = append(stored, it.mail)
		}
	}
	return stored
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

// ingest stores the items in their order, several to a transaction, and reads
// the next ones meanwhile. One that fails is tried alone; one that fails alone
// for a reason of ours is refused with its original kept, so that it stands in
// nobody's way.
func (s *Service) ingest(ctx context.Context, org org.ID, items []item, advance advance) ([]result, error) {
	return s.store(ctx, &readers{s: s, org: org, items: items}, advance)
}

// store is ingest for items that may have been begun with.
func (s *Service) store(ctx context.Context, r *readers, advance advance) ([]result, error) {
	defer r.wait()
	var done []result
	alone := 0 // items that are tried one by one after a failure
	for len(done) < len(r.items) {
		n := min(groupItems, len(r.items)-len(done))
		if alone > 0 {
			n = 1
		}
		results, err := s.ingestGroup(ctx, func() (*group, error) { return r.read(ctx, len(done), n) }, advance.after(len(done)))
		switch {
		case err == nil:
			done = append(done, results...)
			alone = max(0, alone-len(results))
		case ctx.Err() != nil, fault.KindOf(err) != fault.Internal:
			return done, err // passes by itself, or is not ours to store
		case n > 1:
			alone = n
		default:
			result, poisonErr := s.poisoned(ctx, r.org, r.items[len(done)], err, advance.after(len(done)))
			if poisonErr != nil {
				return done, errors.Join(err, poisonErr)
			}
			done = append(done, result)
			alone = max(0, alone-1)
		}
	}
	return done, nil
}

// missingMonths stops a group whose partitions are to be made first, outside
// of its transaction.
type missingMonths struct{ days []time.Time }

func (missingMonths) Error() string { return "partitions are missing" }

// ingestGroup stores a group, which is read again for another try.
func (s *Service) ingestGroup(ctx context.Context, read func() (*group, error), advance advance) ([]result, error) {
	for try := 0; ; try++ {
		g, err := read()
		if err != nil {
			return nil, err
		}
		err = g.store(ctx, advance)
		missing, months := errors.AsType[missingMonths](err)
		switch {
		case err == nil:
			s.results.add(g.added)
			s.lose(ctx, g.org, g.lost)
			return g.results, nil
		case months && try < 24:
			err = s.ensureMonths(ctx, missing.days)
		case postgres.NoPartition(err) && try < 5: // another process dropped it
			s.months.Clear()
			err = nil
		case (postgres.Met(err) || errors.Is(err, errMoved) || errors.Is(err, tlsreport.ErrMoved)) && try < 5:
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// poisoned settles an item that could not be stored for a reason of ours: the
// log has the cause, the owner a receipt, and the original is kept if it is
// that of a report.
func (s *Service) poisoned(ctx context.Context, org org.ID, it item, cause error, advance advance) (result, error) {
	s.Log.ErrorContext(ctx, "a report mail could not be stored", "org", org, "mailbox", it.mailbox, "mail", it.mail, "error", cause)
	ri := receiptItem{verdict: Refused, reason: ReasonOurFault, label: "report"}
	if !it.stored && !s.mayKeep(ctx, it) {
		ri.reason, ri.label, it.content = ReasonNotKept, "mail", nil
		it.label = "" // not even a file's name: it may be private
	}
	g := &group{s: s, org: org, now: s.Now(), items: []item{it}, results: []result{{receipt: it.receipt, items: []receiptItem{ri}}}}
	err := g.store(ctx, advance)
	return g.results[0], err
}

// Survey implements mailbox.Intake.
func (s *Service) Survey(ctx context.Context, content io.ReaderAt, size int64) ([]mailbox.Found, error) {
	var v survey
	_, err := s.readItem(ctx, item{source: FromMailbox, content: content, size: size}, &v)
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
