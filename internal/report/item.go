package report

import (
	"context"
	"fmt"
	"runtime/debug"

	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

// newReader makes a reader for what came in by a way. Somebody waits for an
// import, and may have a file that no mail could carry: it takes the time it
// takes.
func (s *Service) newReader(source Source) *reading.Reader {
	l := s.Limits
	if source == FromImport {
		l.Time = -1
	}
	return reading.NewReader(l, s.Now)
}

// readItem reads one item. A panic in the readers is a failure of that item
// alone: the job goes on with the others.
func (s *Service) readItem(ctx context.Context, r *reading.Reader, it item, v reading.Visitor) (out reading.Outcome, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.Log.ErrorContext(ctx, "reading a mail panicked", "mailbox", it.mailbox, "mail", it.mail, "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("reading panicked: %v", cause)
		}
	}()
	return r.Read(ctx, mimepart.Source{ReaderAt: it.content, Size: it.size, Name: it.label}, v)
}

// mayKeep reports whether the bytes of an item that could not be stored may
// be kept: only on the clean reading of a report, and never those of a mail
// with a failure report, whatever happened to it.
func (s *Service) mayKeep(ctx context.Context, it item) bool {
	if it.content == nil || it.size > maxOriginal {
		return false
	}
	out, err := s.readItem(ctx, s.newReader(it.source), it, &survey{})
	return err == nil && !out.NotReport() && !out.Private
}
