package mailfetch

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Finish marks mails as seen, as one UID set per batch. The folder is opened
// for writing only now, and only when the owner chose so.
func (s *imapSession) Finish(ctx context.Context, ids []MailID, d Disposal) (onlyMarked bool, err error) {
	if d.Action == Leave || len(ids) == 0 {
		return false, nil
	}
	if d.Action != MarkSeen {
		acc := s.account
		return false, &Error{Kind: NotYet, Step: StepRead, Host: acc.Host, Port: acc.Port, Folder: acc.Folder, Cause: errNotSupported}
	}
	var set imap.UIDSet
	for _, id := range ids {
		uid, err := parseUID(id)
		if err != nil {
			return false, err
		}
		set.AddNum(uid)
	}
	if !s.writable {
		data, err := s.choose(ctx, StepFolder, false)
		if err != nil {
			return false, err
		}
		if data.UIDValidity != s.validity {
			// These UIDs may now be other mails.
			return false, s.fail(ctx, StepFolder, errRenumbered)
		}
		s.writable = true
	}
	budget := int64(slackBytes + len(ids)*perMailBytes)
	return false, asError(s.run(ctx, StepRead, budget, func() error {
		return s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	}))
}

func (s *imapSession) CanWatch() bool { return false }

func (s *imapSession) Watch(context.Context, time.Duration) (bool, error) {
	return false, s.fail(context.Background(), StepRead, errNotSupported)
}
