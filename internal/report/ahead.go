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

	from  int          // first item of the group that is read ahead
	ahead chan waiting // nil: none is
}

// waiting is a group that was read ahead.
type waiting struct {
	group *group
	err   error
}

// begin reads the first group.
func (r *readers) begin(ctx context.Context) {
	if len(r.items) > 0 {
		r.ahead = make(chan waiting, 1)
		r.readAhead(ctx, r.ahead)
	}
}

// read returns a group of up to n of the items from the given one on, and
// begins to read the next, unless items are tried one by one. Reading the same
// items again reads them anew.
func (r *readers) read(ctx context.Context, from, n int) (*group, error) {
	var next waiting
	if r.ahead != nil && r.from == from {
		next = <-r.ahead
		r.ahead = nil
	}
	if next.err == nil && (next.group == nil || len(next.group.items) > n) {
		r.wait()
		next.group, next.err = r.s.readGroup(ctx, r.org, r.items[from:from+n])
	}
	if next.err != nil || n == 1 {
		return next.group, next.err
	}
	if r.from = from + len(next.group.items); r.from < len(r.items) {
		r.ahead = make(chan waiting, 1)
		go r.readAhead(ctx, r.ahead)
	}
	return next.group, nil
}

// readAhead reads a group where nobody waits for it yet: a panic has to end in
// an error, as one in the job does.
func (r *readers) readAhead(ctx context.Context, to chan<- waiting) {
	var w waiting
	defer func() {
		if p := recover(); p != nil {
			w = waiting{err: fmt.Errorf("panic while reading: %v\n%s", p, debug.Stack())}
		}
		to <- w
	}()
	rest := r.items[r.from:]
	w.group, w.err = r.s.readGroup(ctx, r.org, rest[:min(groupItems, len(rest))])
}

// wait waits until nothing is read any more: what the items are read out of is
// not ours for longer.
func (r *readers) wait() {
	if r.ahead != nil {
		<-r.ahead
		r.ahead = nil
	}
}
