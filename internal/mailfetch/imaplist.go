package mailfetch

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
)

// numberBytes is what a mail's number takes in a listing, at most.
const numberBytes = 12

func (s *imapSession) List(ctx context.Context, q Query) (Listing, error) {
	var l Listing
	after := q.After.uid
	if !q.After.IsZero() && q.After.validity != s.validity {
		l.Reset, after = true, 0
	}
	s.arrivals.listed()
	uids, err := s.search(ctx, StepRead, imap.UID(after), q.Since)
	if err != nil {
		return Listing{}, err
	}
	if q.Newest > 0 {
		uids = uids[max(0, len(uids)-q.Newest):]
		slices.Reverse(uids)
	}
	l.IDs = make([]MailID, len(uids))
	for i, uid := range uids {
		l.IDs[i] = mailID(uid)
	}
	return l, nil
}

// search returns the UIDs above after, in order. Servers answer a range that
// begins above the last mail with the last mail (RFC 9051 section 9, "*" is
// the highest number even when the range is turned around), hence the filter.
func (s *imapSession) search(ctx context.Context, step StepName, after imap.UID, since time.Time) ([]imap.UID, *Error) {
	if after == math.MaxUint32 {
		return nil, nil
	}
	criteria := &imap.SearchCriteria{Since: since.UTC()}
	if after > 0 {
		criteria.UID = []imap.UIDSet{{imap.UIDRange{Start: after + 1, Stop: 0}}}
	}
	return s.searchBy(ctx, step, criteria, after)
}

func (s *imapSession) searchBy(ctx context.Context, step StepName, criteria *imap.SearchCriteria, after imap.UID) ([]imap.UID, *Error) {
	var uids []imap.UID
	err := s.run(ctx, step, int64(slackBytes+s.limits.Mails*numberBytes), func() error {
		var options *imap.SearchOptions
		if s.client.Caps().Has(imap.CapESearch) || s.client.Caps().Has(imap.CapIMAP4rev2) {
			options = &imap.SearchOptions{ReturnAll: true}
		}
		data, err := s.client.UIDSearch(criteria, options).Wait()
		if err != nil {
			return err
		}
		uids, err = above(data.All, after, s.limits.Mails)
		return err
	})
	return uids, err
}

// above lists the UIDs of a search answer that are greater than after. A server
// can claim four billion in a line of twenty characters, hence most.
func above(all imap.NumSet, after imap.UID, most int) ([]imap.UID, error) {
	set, _ := all.(imap.UIDSet)
	var uids []imap.UID
	for _, r := range set {
		first, last := uint64(max(r.Start, after+1)), uint64(r.Stop)
		if r.Start == 0 || last < first {
			continue
		}
		if last-first >= uint64(most-len(uids)) {
			return nil, fmt.Errorf("more than %d mails in one listing: %w", most, errTooMuch)
		}
		for uid := first; uid <= last; uid++ {
			uids = append(uids, imap.UID(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

func mailID(uid imap.UID) MailID { return MailID(strconv.FormatUint(uint64(uid), 10)) }

func parseUID(id MailID) (imap.UID, error) {
	n, err := strconv.ParseUint(string(id), 10, 32)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("mail id %q is no IMAP UID", id)
	}
	return imap.UID(n), nil
}

func (s *imapSession) CursorAt(id MailID) (Cursor, error) {
	uid, err := parseUID(id)
	if err != nil {
		return Cursor{}, err
	}
	return Cursor{validity: s.validity, uid: uint32(uid)}, nil
}
