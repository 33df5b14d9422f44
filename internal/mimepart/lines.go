package mimepart

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// lines reads a source line by line through one window, without holding more.
type lines struct {
	ctx  context.Context
	src  io.ReaderAt
	size int64
	buf  []byte
	base int64 // where buf[0] lies in the source
	r, w int   // unread part of buf
	err  error // a failure of the source other than its end
}

const lineWindow = 32 << 10

func (l *lines) reset(ctx context.Context, src io.ReaderAt, size int64) {
	l.ctx, l.src, l.size = ctx, src, size
	if l.buf == nil {
		l.buf = make([]byte, lineWindow)
	}
	l.seek(0)
}

// seek continues at the given place.
func (l *lines) seek(at int64) { l.base, l.r, l.w, l.err = at, 0, 0, nil }

// at returns where the next line begins.
func (l *lines) at() int64 { return l.base + int64(l.r) }

// next returns the next line with its line end, or a window's worth of a
// longer one; nil at the end of the source. The slice is valid until the next
// call.
func (l *lines) next() []byte {
	for {
		if i := bytes.IndexByte(l.buf[l.r:l.w], '\n'); i >= 0 {
			line := l.buf[l.r : l.r+i+1]
			l.r += i + 1
			return line
		}
		full := l.r == 0 && l.w == len(l.buf)
		if full || !l.fill() {
			line := l.buf[l.r:l.w]
			l.r = l.w
			if len(line) == 0 {
				return nil
			}
			return line
		}
	}
}

func (l *lines) fill() bool {
	if l.r > 0 {
		l.base += int64(l.r)
		l.w = copy(l.buf, l.buf[l.r:l.w])
		l.r = 0
	}
	at := l.base + int64(l.w)
	n := min(int64(len(l.buf)-l.w), l.size-at)
	if n <= 0 || l.err != nil {
		return false
	}
	if l.err = l.ctx.Err(); l.err != nil {
		return false
	}
	got, err := l.src.ReadAt(l.buf[l.w:l.w+int(n)], at)
	l.w += got
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return got > 0
}
