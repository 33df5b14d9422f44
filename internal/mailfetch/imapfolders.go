package mailfetch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
)

// mostFolders is how many folders are offered to choose from.
const mostFolders = 500

// folders lists the folders that can be opened, INBOX first. It only helps to
// choose: what the server refuses to list, or lists under a name that cannot be
// shown as it is, is left out.
func (s *imapSession) folders(ctx context.Context) []string {
	var names []string
	_ = s.run(ctx, StepFolder, slackBytes, func() error { // a broken session is seen by the caller
		cmd := s.client.List("", "*", nil)
		for f := cmd.Next(); f != nil; f = cmd.Next() {
			shown := f.Mailbox != "" && printable(f.Mailbox) == f.Mailbox && !strings.ContainsRune(f.Mailbox, utf8.RuneError)
			closed := slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) || slices.Contains(f.Attrs, imap.MailboxAttrNonExistent)
			if shown && !closed {
				names = append(names, f.Mailbox)
			}
		}
		return cmd.Close()
	})
	inbox := func(name string) int {
		if name == "INBOX" {
			return 0
		}
		return 1
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(inbox(a)-inbox(b), cmp.Compare(a, b)) })
	names = slices.Compact(names)
	return names[:min(len(names), mostFolders)]
}

// again replaces a session whose connection ended by listing the folders: the
// library gives up on a name that is not encoded as it should be, and such
// folders must not keep their owner from connecting the mailbox.
func (s *imapSession) again(ctx context.Context) *Error {
	s.hangUp()
	fresh, err := s.fetcher.Open(ctx, s.account, nil)
	if err != nil {
		failure, ok := errors.AsType[*Error](err)
		if !ok {
			failure = s.refusal(Odd, s.account.Folder, err)
		}
		return failure
	}
	if fresh, ok := fresh.(*imapSession); ok {
		*s = *fresh
	}
	return nil
}
