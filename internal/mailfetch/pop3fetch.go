package mailfetch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// retrieval is the fetch of one mail.
type retrieval struct {
	mail    popMail
	outcome *Outcome
	refused *imap.Error // the server's last word, when it was no
}

func (s *popSession) Fetch(ctx context.Context, ids []MailID, fn func(Mail) error) ([]Outcome, error) {
	if len(ids) > MaxBatch {
		return nil, fmt.Errorf("fetch %d mails: at most %d at once", len(ids), MaxBatch)
	}
	asked := make(map[MailID]bool, len(ids))
	var outcomes []Outcome
	for _, id := range ids {
		if !asked[id] {
			asked[id] = true
			outcomes = append(outcomes, Outcome{ID: id})
		}
	}
	return outcomes, s.fetchBatch(ctx, outcomes, fn)
}

// fetchBatch asks for all, then alone for each that the server refused.
func (s *popSession) fetchBatch(ctx context.Context, outcomes []Outcome, fn func(Mail) error) error {
	drop, err := s.list(ctx, StepRead)
	if err != nil {
		return err
	}
	if err := s.sizes(ctx, drop); err != nil {
		return err
	}
	wanted := drop.wanted(outcomes, s.limits.MailBytes)
	if err := s.retrieve(ctx, wanted, fn); err != nil {
		return err
	}
	for i, r := range wanted {
		if r.refused == nil {
			continue
		}
		if err := s.retrieve(ctx, wanted[i:i+1], fn); err != nil {
			return err
		}
		if r.refused != nil && ofAll(r.refused) {
			return s.fail(ctx, StepRead, r.refused)
		}
	}
	return asError(s.judge(ctx, wanted))
}

// ofAll reports refusals that say of themselves that they will pass, so they
// are not about one mail.
func ofAll(refused *imap.Error) bool {
	kind, known := saidKind(refused)
	switch kind {
	case Throttled, OverQuota, MailboxInUse, Unavailable, Dropped:
		return known
	default:
		return false
	}
}

// judge fails a batch of which nothing came from some mail on: Undelivered is
// for good, and a server in trouble refuses every mail. A mail that was refused
// last, and no other with it, is given up where the server is well otherwise.
func (s *popSession) judge(ctx context.Context, wanted []*retrieval) *Error {
	refused := func(r *retrieval) bool { return r.refused != nil }
	first := slices.IndexFunc(wanted, refused)
	if first < 0 || slices.ContainsFunc(wanted[first:], func(r *retrieval) bool { return !refused(r) }) {
		return nil
	}
	said := wanted[first].refused
	kind, _ := saidKind(said)
	if first < len(wanted)-1 || len(wanted) == 1 && kind == ServerFault {
		return s.fail(ctx, StepRead, said)
	}
	return s.ask(ctx, "NOOP")
}

// wanted returns the mails to download, and settles the others.
func (d *maildrop) wanted(outcomes []Outcome, limit int64) []*retrieval {
	var wanted []*retrieval
	for i := range outcomes {
		o := &outcomes[i]
		at, there := d.index[o.ID]
		if !there {
			o.State = Gone
			continue
		}
		m := d.mails[at]
		o.Size = m.size
		if m.size > limit {
			o.State = TooLarge
			continue
		}
		wanted = append(wanted, &retrieval{mail: m, outcome: o})
	}
	return wanted
}

// retrieve downloads mails, each streamed to the callback before the next is
// read. A size that the server keeps to itself counts as the largest.
func (s *popSession) retrieve(ctx context.Context, wanted []*retrieval, fn func(Mail) error) error {
	if len(wanted) == 0 {
		return nil
	}
	budget := int64(slackBytes)
	for _, r := range wanted {
		size := r.mail.size
		if size == 0 {
			size = s.limits.MailBytes
		}
		budget += 2*size + perMailBytes
	}
	var refused error
	err := s.run(ctx, StepRead, budget, func() error {
		return s.pop.pipeline(len(wanted), s.caps.ahead(), func(i int) string {
			return fmt.Sprintf("RETR %d", wanted[i].mail.number)
		}, func(i int) error {
			r := wanted[i]
			_, err := s.pop.answer()
			r.refused, _ = asRefusal(err)
			if err != nil && r.refused == nil {
				return err
			}
			if r.refused == nil {
				refused = s.hand(r, fn)
			}
			if refused != nil {
				_ = s.raw.abort(refused) // the rest of the batch may be on its way
			}
			return refused
		})
	})
	if errors.Is(refused, errCut) || refused == nil {
		return asError(err)
	}
	return refused
}

// hand gives a mail to the callback. It counts as delivered when the end of it
// came, also where the callback had no need to read that far.
func (s *popSession) hand(r *retrieval, fn func(Mail) error) error {
	o := r.outcome
	body := &dotReader{r: s.pop.r, most: s.limits.MailBytes}
	err := fn(Mail{ID: o.ID, Size: r.mail.size, Body: body})
	if over := body.size > body.most; err == nil || over || body.err != nil {
		if cut := body.drain(); cut != nil {
			return fmt.Errorf("mail %s: %w (%w)", o.ID, errCut, cut)
		}
	}
	switch {
	case body.size > body.most:
		o.State, o.Size = TooLarge, body.size
	case err != nil:
		return fmt.Errorf("mail %s: %w", o.ID, err)
	default:
		o.State, o.Size = Delivered, body.size
	}
	return nil
}
