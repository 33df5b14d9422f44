package mailfetch

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// finishChunk is how many mails one command names: a line of at most 5.5 KB,
// which every server reads, and what is done twice at most after a break.
const finishChunk = 500

// Finish carries out the owner's choice in chunks. The folder is opened for
// writing only now, and nothing is done unless the UIDs still mean the same
// mails. Only the given mails are ever removed: with UID EXPUNGE (RFC 4315), or
// not at all, because a bare EXPUNGE takes with it what others have marked.
//
// Without the server's MOVE (RFC 6851), moving is copying, then marking as
// deleted what was copied: the mails that the server names (COPYUID, RFC 4315),
// or all that it was told to copy where it names none. No break loses a mail;
// one between the two leaves it in both folders, and doing it again copies it
// once more.
// Mails that bear the mark already are not moved: they are what an earlier try
// left behind, or what their owner deleted.
func (s *imapSession) Finish(ctx context.Context, ids []MailID, d Disposal) (onlyMarked bool, err error) {
	if d.Action == Leave || len(ids) == 0 {
		return false, nil
	}
	uids := make([]imap.UID, len(ids))
	for i, id := range ids {
		if uids[i], err = parseUID(id); err != nil {
			return false, err
		}
	}
	if d.Action == Move && (d.Folder == "" || sameFolder(d.Folder, s.account.Folder)) {
		return false, s.refusal(SameFolder, d.Folder, errors.New("the target is the source"))
	}
	if err := s.openForWriting(ctx); err != nil {
		return false, err
	}
	for chunk := range slices.Chunk(uids, finishChunk) {
		if err := s.finish(ctx, imap.UIDSetNum(chunk...), d); err != nil {
			return false, err
		}
	}
	removes := d.Action == Delete || d.Action == Move && !s.can(imap.CapMove)
	return removes && !s.can(imap.CapUIDPlus), nil
}

// sameFolder compares names as a server does: only INBOX has no case (RFC 9051
// section 5.1).
func sameFolder(a, b string) bool {
	return a == b || strings.EqualFold(a, "INBOX") && strings.EqualFold(b, "INBOX")
}

// openForWriting opens the folder again, by SELECT.
func (s *imapSession) openForWriting(ctx context.Context) error {
	if s.writable {
		return nil
	}
	data, err := s.choose(ctx, StepFolder, false)
	if err != nil {
		return err
	}
	if data.UIDValidity != s.validity {
		// These UIDs may now be other mails.
		return s.fail(ctx, StepFolder, errRenumbered)
	}
	s.arrivals.counted(data.NumMessages)
	s.writable = true
	return nil
}

func (s *imapSession) finish(ctx context.Context, set imap.UIDSet, d Disposal) error {
	switch d.Action {
	case MarkSeen:
		return asError(s.mark(ctx, set, imap.FlagSeen))
	case Delete:
		return asError(s.remove(ctx, set))
	default:
		return asError(s.move(ctx, set, d.Folder))
	}
}

// can reports whether the server has a capability.
func (s *imapSession) can(c imap.Cap) bool { return s.client.Caps().Has(c) }

func (s *imapSession) move(ctx context.Context, set imap.UIDSet, target string) *Error {
	criteria := imap.SearchCriteria{UID: []imap.UIDSet{set}, NotFlag: []imap.Flag{imap.FlagDeleted}}
	found, err := s.searchBy(ctx, StepRead, &criteria, 0)
	found = slices.DeleteFunc(found, func(uid imap.UID) bool { return !set.Contains(uid) })
	if err != nil || len(found) == 0 {
		return err
	}
	set = imap.UIDSetNum(found...)
	if s.can(imap.CapMove) {
		return s.into(ctx, target, func() error { return s.moveAtOnce(set, target) })
	}
	var said *imap.CopyData
	err = s.into(ctx, target, func() (err error) {
		said, err = s.client.Copy(set, target).Wait()
		return err
	})
	if err != nil {
		return err
	}
	if said.UIDValidity != 0 {
		found = slices.DeleteFunc(found, func(uid imap.UID) bool { return !said.SourceUIDs.Contains(uid) })
	}
	if len(found) == 0 {
		return nil
	}
	return s.remove(ctx, imap.UIDSetNum(found...))
}

// moveAtOnce is for servers with MOVE only: without, the library would delete
// what it could not copy. Hence the second look, right before.
func (s *imapSession) moveAtOnce(set imap.UIDSet, target string) error {
	if !s.can(imap.CapMove) {
		return errors.New("the server no longer offers MOVE")
	}
	_, err := s.client.Move(set, target).Wait() //nolint:forbidigo // the server has MOVE, so the library sends nothing else
	return err
}

// remove marks mails as deleted and, where the server can remove single ones,
// removes them.
func (s *imapSession) remove(ctx context.Context, set imap.UIDSet) *Error {
	if err := s.mark(ctx, set, imap.FlagDeleted); err != nil || !s.can(imap.CapUIDPlus) {
		return err
	}
	return s.change(ctx, func() error { return s.client.UIDExpunge(set).Close() })
}

func (s *imapSession) mark(ctx context.Context, set imap.UIDSet, flag imap.Flag) *Error {
	return s.change(ctx, func() error {
		return s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

// into puts mails into another folder, and creates that once if need be.
func (s *imapSession) into(ctx context.Context, target string, put func() error) *Error {
	err := s.change(ctx, put)
	if err == nil || s.broken != nil {
		return err
	}
	// Most servers say by a code that the folder is missing (RFC 9051 section
	// 6.4.7); to one that says nothing, creating it does no harm.
	code := codeOf(err)
	missing := code == imap.ResponseCodeTryCreate || code == imap.ResponseCodeNonExistent || code == imap.ResponseCodeCannot
	if !missing && code != "" {
		return err
	}
	created := s.change(ctx, func() error { return s.client.Create(target, nil).Wait() })
	switch {
	case s.broken != nil:
		return created
	case created == nil:
		return s.change(ctx, put)
	case missing:
		return s.refusal(TargetMissing, target, created)
	default:
		return err
	}
}

// change is run for what changes the mailbox.
func (s *imapSession) change(ctx context.Context, exchange func() error) *Error {
	err := s.run(ctx, StepRead, slackBytes+finishChunk*perMailBytes, exchange)
	if err != nil && codeOf(err) == imap.ResponseCodeNoPerm {
		err.Kind = NotPermitted
	}
	return err
}

// codeOf returns the response code of the server's answer, if it has one.
func codeOf(err *Error) imap.ResponseCode {
	if answer, ok := errors.AsType[*imap.Error](err.Cause); ok {
		return answer.Code
	}
	return ""
}
