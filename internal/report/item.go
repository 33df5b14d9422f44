package report

import (
	"context"
	"fmt"
	"runtime/debug"

	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

// readItem reads one item. Somebody waits for an import, and may have a file
// that no mail could carry: it takes the time it takes. A panic in the readers
// is a failure of that item alone: the job goes on with the others.
func (s *Service) readItem(ctx context.Context, it item, v reading.Visitor) (out reading.Outcome, err error) {
	l, pool := s.Limits, &s.readers[0]
	if it.source == FromImport {
		l.Time, pool = -1, &s.readers[1]
	}
	r, ok := pool.Get().(*reading.Reader)
	if !ok {
		r = reading.NewReader(l, s.Now)
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.Log.ErrorContext(ctx, "reading a mail panicked", "mailbox", it.mailbox, "mail", it.mail, "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("reading panicked: %v", cause)
		}
	}()
	out, err = r.Read(ctx, mimepart.Source{ReaderAt: it.content, Size: it.size, Name: it.label}, v)
	pool.Put(r) // not after a panic: who knows in what state it is
	return out, err
}

// mayKeep reports whether the bytes of an item that could not be stored may
// be kept: only on the clean reading of a report, and never those of a mail
// with a failure report, whatever happened to it.
func (s *Service) mayKeep(ctx context.Context, it item) bool {
	if it.content == nil || it.size > maxOriginal {
		return false
	}
	out, err := s.readItem(ctx, it, &survey{})
	return err == nil && !out.NotReport() && !out.Private
}
