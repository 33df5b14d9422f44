package report

import (
	"context"
	"fmt"
	"runtime/debug"

	"sendvery.com/sendvery/internal/org"
)

// readers reads items into groups, each group while the one before it is
// stored: reading needs a processor, storing waits for the database.
type readers struct {
	s     *Service
	org   org.ID
	items []item

	from  int          // first item of the group that is being read ahead
	ahead chan waiting // nil: none is
}

// waiting is a group that was read ahead.
type waiting struct {
	group *group
	err   error
}

// read returns a group of up to n of the items from the given one on, and
// begins to read the next. Reading the same items again reads them anew.
func (r *readers) read(ctx context.Context, from, n int) (*group, error) {
	var next waiting
	if r.ahead != nil && r.from == from && n > 1 {
		next = <-r.ahead
		r.ahead = nil
	} else {
		r.wait()
		next.group, next.err = r.s.readGroup(ctx, r.org, r.items[from:from+n])
	}
	if next.err != nil || n == 1 {
		return next.group, next.err
	}
	r.from = from + len(next.group.items)
	if rest := r.items[r.from:]; len(rest) > 0 {
		ahead := make(chan waiting, 1)
		r.ahead = ahead
		go func() { ahead <- r.s.readAhead(ctx, r.org, rest[:min(groupItems, len(rest))]) }()
	}
	return next.group, nil
}

// readAhead is readGroup in a goroutine of its own, where a panic has to end in
// an error as one in the job does.
func (s *Service) readAhead(ctx context.Context, org org.ID, items []item) (w waiting) {
	defer func() {
		if p := recover(); p != nil {
			w = waiting{err: fmt.Errorf("panic while reading: %v\n%s", p, debug.Stack())}
		}
	}()
	w.group, w.err = s.readGroup(ctx, org, items)
	return w
}

// wait waits until nothing is read any more: what the items are read out of is
// not ours for longer.
func (r *readers) wait() {
	if r.ahead != nil {
		<-r.ahead
		r.ahead = nil
	}
}
