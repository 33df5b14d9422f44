package mimepart

import (
	"context"
	"io"

	"sendvery.com/sendvery/internal/finding"
)

// budget is what is left of the limits of one walk.
type budget struct {
	ctx        context.Context
	limits     Limits
	inflated   int64
	held       int64
	parts      int
	entries    int
	containers int // archives open inside each other right now
}

// charge counts n decompressed bytes. It also notices that the time is up,
// because a small input can inflate for a long time.
func (b *budget) charge(n int) error {
	b.inflated += int64(n)
	if b.inflated > b.limits.Inflated {
		return refuse(RefusedInflated, "")
	}
	return b.ctx.Err()
}

// spent says why nothing more may be decompressed: the walk ends there. It is
// nil while there is something left.
func (b *budget) spent() *finding.Refusal {
	switch {
	case b.inflated > b.limits.Inflated:
		return refuse(RefusedInflated, "")
	case b.entries > b.limits.Entries:
		return refuse(RefusedEntries, "")
	}
	return nil
}

// hold counts n bytes that stay in memory until release.
func (b *budget) hold(n int64) error {
	if b.held+n > b.limits.Held {
		return refuse(RefusedHeld, "")
	}
	b.held += n
	return nil
}

func (b *budget) release(n int64) { b.held -= n }

// charged counts what is read from r.
type charged struct {
	r io.Reader
	b *budget
}

func (c charged) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if over := c.b.charge(n); over != nil {
		return 0, over
	}
	return n, err
}
