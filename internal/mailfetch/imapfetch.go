package mailfetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Byte budgets of a FETCH beside the mails themselves.
const (
	perMailBytes = 1 << 10 // the response around one mail
	slackBytes   = 1 << 20 // unsolicited responses, and sizes that a server only estimates
)

// batch is one Fetch in progress: what is known of each mail asked for.
type batch struct {
	asked   []imap.UID
	known   map[imap.UID]*Outcome
	consume func(Mail) error
}

func (s *imapSession) Fetch(ctx context.Context, ids []MailID, fn func(Mail) error) ([]Outcome, error) {
	b := &batch{known: make(map[imap.UID]*Outcome, len(ids)), consume: fn}
	if len(ids) > MaxBatch {
		return nil, fmt.Errorf("fetch %d mails: at most %d at once", len(ids), MaxBatch)
	}
	for _, id := range ids {
		uid, err := parseUID(id)
		if err != nil {
			return nil, err
		}
		if b.known[uid] == nil {
			b.asked = append(b.asked, uid)
			b.known[uid] = &Outcome{ID: id}
		}
	}
	err := s.fetchBatch(ctx, b)
	outcomes := make([]Outcome, len(b.asked))
	for i, uid := range b.asked {
		outcomes[i] = *b.known[uid]
	}
	return outcomes, err
}

// fetchBatch asks for all, then for each that did not come. The library drops
// a mail in silence when the server names its UID after its body or reports
// its flags in between, and servers leave mails out, so the answer is checked
// against the question every time.
func (s *imapSession) fetchBatch(ctx context.Context, b *batch) error {
	if len(b.asked) == 0 {
		return nil
	}
	if err := s.fetchSizes(ctx, b, b.asked); err != nil {
		return err
	}
	if err := s.fetchBodies(ctx, b, b.wanted(s.limits.MailBytes)); err != nil {
		return err
	}
	missing := b.missing()
	if len(missing) == 0 {
		return nil
	}
	there, err := s.searchBy(ctx, StepRead, &imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(missing...)}}, 0)
	if err != nil {
		return err
	}
	still := make(map[imap.UID]bool, len(there))
	for _, uid := range there {
		still[uid] = true
	}
	for _, uid := range missing {
		if !still[uid] {
			b.known[uid].State = Gone
			continue
		}
		if err := s.fetchSizes(ctx, b, []imap.UID{uid}); err != nil {
			return err
		}
		if b.known[uid].Size > s.limits.MailBytes {
			b.known[uid].State = TooLarge
			continue
		}
		if err := s.fetchBodies(ctx, b, []imap.UID{uid}); err != nil {
			return err
		}
	}
	return nil
}

// wanted returns the mails whose size is known and within the limit, and marks
// those above it.
func (b *batch) wanted(limit int64) []imap.UID {
	var uids []imap.UID
	for _, uid := range b.asked {
		switch o := b.known[uid]; {
		case o.Size > limit:
			o.State = TooLarge
		case o.Size > 0:
			uids = append(uids, uid)
		}
	}
	return uids
}

func (b *batch) missing() []imap.UID {
	var uids []imap.UID
	for _, uid := range b.asked {
		if b.known[uid].State == Undelivered {
			uids = append(uids, uid)
		}
	}
	return uids
}

// fetchSizes learns sizes and arrival times, so that no mail above the limit
// is ever downloaded.
func (s *imapSession) fetchSizes(ctx context.Context, b *batch, uids []imap.UID) error {
	budget := int64(slackBytes + len(uids)*perMailBytes)
	return asError(s.run(ctx, StepRead, budget, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			var uid imap.UID
			var size int64
			var received time.Time
			for item := msg.Next(); item != nil; item = msg.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = item.UID
				case imapclient.FetchItemDataRFC822Size:
					size = item.Size
				case imapclient.FetchItemDataInternalDate:
					received = item.Time
				}
			}
			if o := b.known[uid]; o != nil && size > 0 {
				o.Size, o.Received = size, received
			}
		}
		return cmd.Close()
	}))
}

// fetchBodies downloads mails, each streamed to the callback before the next
// is read. BODY.PEEK leaves \Seen alone. Neither ENVELOPE nor BODYSTRUCTURE is
// asked for: the library would buffer them without limit.
func (s *imapSession) fetchBodies(ctx context.Context, b *batch, uids []imap.UID) error {
	if len(uids) == 0 {
		return nil
	}
	budget := int64(slackBytes)
	for _, uid := range uids {
		budget += 2*b.known[uid].Size + perMailBytes
	}
	var refused error
	err := s.run(ctx, StepRead, budget, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if refused = s.takeMail(b, msg); refused != nil {
				_ = s.raw.abort(refused) // or closing would download the rest of the batch
				_ = cmd.Close()
				return refused
			}
		}
		return cmd.Close()
	})
	if errors.Is(refused, errCut) || refused == nil {
		return asError(err)
	}
	return refused
}

// takeMail reads one FETCH response and hands its body to the callback. The
// mail counts as delivered when every byte of it came.
func (s *imapSession) takeMail(b *batch, msg *imapclient.FetchMessageData) error {
	var uid imap.UID
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			o := b.known[uid]
			if o == nil || o.State == Delivered || item.Literal == nil || item.Literal.Size() == 0 {
				continue
			}
			if item.Literal.Size() > s.limits.MailBytes {
				o.State, o.Size = TooLarge, item.Literal.Size()
				continue
			}
			if err := b.hand(o, item.Literal); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) hand(o *Outcome, literal imap.LiteralReader) error {
	body := &wholeReader{r: literal, left: literal.Size()}
	err := b.consume(Mail{ID: o.ID, Size: literal.Size(), Received: o.Received, Body: body})
	if err == nil || body.cut {
		_, rest := io.Copy(io.Discard, body)
		err = errors.Join(err, rest)
	}
	switch {
	case body.cut:
		return fmt.Errorf("mail %s: %w (%w)", o.ID, errCut, err)
	case err != nil:
		return fmt.Errorf("mail %s: %w", o.ID, err)
	}
	o.State, o.Size = Delivered, literal.Size()
	return nil
}

// errCut is a mail that ended before its announced size.
var errCut = errors.New("the mail was cut off")

// wholeReader fails where the library would report a clean end: when the
// connection closes within a mail. A callback must not take half a mail for a
// whole one.
type wholeReader struct {
	r    io.Reader
	left int64
	cut  bool
}

func (w *wholeReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.left -= int64(n)
	if err != nil && w.left > 0 {
		w.cut = true
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// asError keeps a nil *Error from becoming a non-nil error.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}
