package report

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
)

// file is a mail or file by the digest of its bytes, with what became of it.
type file struct {
	digest  digest
	verdict Verdict
}

// recognise finds what is refused or not counted although the very same file
// was before, with the same result: its receipt only names the first one, so
// that nothing counts twice. It was read all the same, for a newer reader may
// see more. Who stores the same file at the same time waits.
func (g *group) recognise(ctx context.Context) error {
	var again []int // places of items that may have been there before
	var files []file
	for i, r := range g.results {
		if it := &g.items[i]; it.again || !it.keepable() || !r.repeatable() {
			continue
		}
		if err := g.items[i].digestContent(); err != nil {
			return err
		}
		again, files = append(again, i), append(files, file{digest(g.items[i].digest), r.verdict})
	}
	if len(again) == 0 {
		return nil
	}
	first, err := firstReceipts(ctx, g.tx, g.org, files)
	if err != nil {
		return err
	}
	for n, i := range again {
		r := &g.results[i]
		if id, known := first[files[n]]; known {
			r.verdict, r.first, r.notice, r.items = Known, id, ReasonSameFile, nil
		} else {
			first[files[n]] = r.receipt
		}
	}
	return nil
}

// repeatable reports whether the file may be one that was there before: nothing
// of it is new, and it is worth being kept.
func (r result) repeatable() bool {
	return r.keepsOriginal() && (r.verdict == Refused || r.verdict == Conflict || r.verdict == Replaced) &&
		!slices.ContainsFunc(r.items, func(i receiptItem) bool { return i.verdict == Accepted || i.verdict == Repaired || i.verdict == Held })
}

// stored reports whether everything in it counts, now or before.
func (r result) stored() bool { return r.verdict.Stored() && r.first == 0 }

// digestContent sets the digest of the item's bytes, if there are any that can
// be kept.
func (it *item) digestContent() error {
	if it.digest != nil || !it.keepable() {
		return nil
	}
	h := sha256.New()
	buffer := make([]byte, max(1, min(it.size, smallOriginal))) // most are far smaller than what is made without one
	if n, err := io.CopyBuffer(h, io.NewSectionReader(it.content, 0, it.size), buffer); err != nil || n != it.size {
		return fmt.Errorf("read original: %d of %d bytes: %w", n, it.size, err)
	}
	it.digest = h.Sum(nil)[:len(digest{})]
	return nil
}

// keepable reports whether the item has bytes that are no more than are kept.
func (it *item) keepable() bool { return it.content != nil && it.size <= maxOriginal }
