package mailfetch

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a listing. RFC 1939 section 7 allows ids of 70 bytes.
const (
	uidlBytes = 255
	popEntry  = 100     // bytes of a line, on average
	popMails  = 300_000 // every session lists all of them, and holds them in memory
)

// maildrop is the mails of a session by their numbers.
type maildrop struct {
	mails   []popMail
	index   map[MailID]int // where in mails
	doubled map[MailID]int // ids that the server gave to several mails, and to how many
	sized   bool
}

type popMail struct {
	id     MailID
	number int
	size   int64 // as the server says; 0 when it does not
}

func (s *popSession) List(ctx context.Context, q Query) (Listing, error) {
	drop, err := s.list(ctx, StepRead)
	if err != nil {
		return Listing{}, err
	}
	mails := drop.mails
	if q.Newest > 0 {
		mails = mails[max(0, len(mails)-q.Newest):]
	}
	ids := make([]MailID, len(mails))
	for i, m := range mails {
		ids[i] = m.id
	}
	if q.Newest > 0 {
		slices.Reverse(ids)
	}
	return Listing{IDs: ids}, nil
}

// list asks for the ids of all mails, once a session.
func (s *popSession) list(ctx context.Context, step StepName) (*maildrop, *Error) {
	if s.drop != nil && s.broken == nil {
		return s.drop, nil
	}
	drop := &maildrop{}
	err := s.run(ctx, step, s.listBytes(), func() error {
		_, err := s.pop.command("UIDL")
		if refusal, ok := asRefusal(err); ok && refusal.Code == "" && !s.caps.uidl {
			return fmt.Errorf("%w: %.60q", errNoUniqueIDs, refusal.Text)
		}
		if err != nil {
			return err
		}
		if err := s.pop.lines(s.limits.Mails, drop.addID); err != nil {
			return err
		}
		return drop.order()
	})
	if err != nil {
		return nil, err
	}
	s.drop = drop
	return drop, nil
}

func (s *popSession) listBytes() int64 { return int64(slackBytes + s.limits.Mails*popEntry) }

// addID takes a line of UIDL: number and id.
func (d *maildrop) addID(line []byte) error {
	number, words, err := popEntryOf(line)
	if err != nil {
		return err
	}
	if len(words) != 1 || len(words[0]) > uidlBytes || bytes.ContainsFunc(words[0], func(r rune) bool { return r < '!' || r > '~' }) {
		return fmt.Errorf("UIDL listed %.60q", line)
	}
	d.mails = append(d.mails, popMail{id: MailID(words[0]), number: number})
	return nil
}

// order ends a listing. An id that came before names another mail: it gets a
// name that no id can be, as ids hold no space.
func (d *maildrop) order() error {
	slices.SortFunc(d.mails, func(a, b popMail) int { return cmp.Compare(a.number, b.number) })
	d.index, d.doubled = make(map[MailID]int, len(d.mails)), map[MailID]int{}
	for i := range d.mails {
		m := &d.mails[i]
		if i > 0 && d.mails[i-1].number == m.number {
			return fmt.Errorf("UIDL listed mail %d twice", m.number)
		}
		if _, again := d.index[m.id]; again {
			d.doubled[m.id] = max(1, d.doubled[m.id]) + 1
			m.id = MailID(fmt.Sprintf("%s %d", m.id, d.doubled[m.id]))
		}
		d.index[m.id] = i
	}
	return nil
}

// popEntryOf splits a line of a listing into the mail's number and the rest.
func popEntryOf(line []byte) (int, [][]byte, error) {
	words := bytes.Fields(line)
	if len(words) < 2 {
		return 0, nil, fmt.Errorf("the server listed %.60q", line)
	}
	number, err := strconv.Atoi(string(words[0]))
	if err != nil || number < 1 {
		return 0, nil, fmt.Errorf("the server listed %.60q", line)
	}
	return number, words[1:], nil
}

// sizes asks for the sizes of all mails, once a session.
func (s *popSession) sizes(ctx context.Context, drop *maildrop) *Error {
	if drop.sized {
		return nil
	}
	err := s.run(ctx, StepRead, s.listBytes(), func() error {
		if _, err := s.pop.command("LIST"); err != nil {
			return err
		}
		return s.pop.lines(s.limits.Mails, drop.addSize)
	})
	drop.sized = err == nil
	return err
}

// addSize takes a line of LIST: number, size, and whatever the server adds.
func (d *maildrop) addSize(line []byte) error {
	number, words, err := popEntryOf(line)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("LIST listed %.60q", line)
	}
	at, known := slices.BinarySearchFunc(d.mails, number, func(m popMail, n int) int { return cmp.Compare(m.number, n) })
	if known {
		d.mails[at].size = size
	}
	return nil
}

// removable reports whether an id names one mail for certain, as far as a
// listing shows; without one (nil) as far as the id shows.
func (d *maildrop) removable(id MailID) bool {
	return !strings.Contains(string(id), " ") && (d == nil || d.doubled[id] == 0)
}
