package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/spool"
)

const (
	// maxOriginal is the largest mail whose bytes are kept; larger files come by
	// the import command, whose user has them.
	maxOriginal = 50 << 20
	// smallOriginal is up to where an original is compressed in one piece, which
	// is faster.
	smallOriginal = 64 << 10
	// originalPart is the most of a compressed original that is in memory, and in
	// one row, at once.
	originalPart = 1 << 20
)

// Original returns a mail or file as it came, to be closed by the caller;
// NotFound when it is not kept, Conflict when it cannot be unpacked any more.
func (s *Service) Original(ctx context.Context, org org.ID, id ReceiptID) (original *spool.File, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		original, err = s.unpack(ctx, tx, org, id)
		return err
	})
	if err != nil && original != nil {
		_ = original.Close() // nobody reads it
	}
	switch {
	case errors.Is(err, errDamaged):
		return nil, fault.Wrap(fault.Conflict, "The original of this mail is damaged and cannot be read any more.", err)
	case errors.Is(err, errNotKept):
		return nil, fault.Wrap(fault.NotFound, "The original of this mail is not kept.", err)
	}
	return original, err
}

var (
	errNotKept = errors.New("there is no stored original")
	errDamaged = errors.New("the stored original is damaged")
)

// pack compresses an original. All but the last part go to full as they come
// about.
func (s *Service) pack(original io.ReaderAt, size int64, full func(part []byte) error) (last []byte, err error) {
	e, ok := s.encoders.Get().(*zstd.Encoder)
	if !ok {
		if e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20)); err != nil {
			return nil, fmt.Errorf("compress original: %w", err)
		}
	}
	defer s.encoders.Put(e)
	source := io.NewSectionReader(original, 0, size)
	if size <= smallOriginal {
		raw := make([]byte, size)
		if _, err := io.ReadFull(source, raw); err != nil {
			return nil, fmt.Errorf("read original: %w", err)
		}
		return e.EncodeAll(raw, nil), nil
	}
	parts := &partWriter{full: full}
	e.Reset(parts)
	defer e.Reset(nil) // or it keeps what it wrote to
	if n, err := io.Copy(e, source); err != nil || n != size {
		return nil, fmt.Errorf("read original: %d of %d bytes: %w", n, size, err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("compress original: %w", err)
	}
	return parts.last, nil
}

// partWriter cuts what is written into parts.
type partWriter struct {
	last []byte
	full func([]byte) error
}

func (w *partWriter) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		if len(w.last) == originalPart {
			if err := w.full(w.last); err != nil {
				return 0, err
			}
			w.last = w.last[:0]
		}
		n := min(len(rest), originalPart-len(w.last))
		w.last, rest = append(w.last, rest[:n]...), rest[n:]
	}
	return len(b), nil
}

// unpack returns a stored original as it came, to be closed by the caller;
// errNotKept when there is none, errDamaged when it cannot be unpacked.
func (s *Service) unpack(ctx context.Context, tx postgres.Tx, org org.ID, id ReceiptID) (*spool.File, error) {
	parts := &partReader{next: func(n int) ([]byte, error) { return originalAt(ctx, tx, org, id, n) }}
	if err := parts.fill(); errors.Is(err, io.EOF) {
		return nil, errNotKept
	} else if err != nil {
		return nil, err
	}
	d, ok := s.decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20)); err != nil {
			return nil, fmt.Errorf("decompress original: %w", err)
		}
	}
	defer func() {
		_ = d.Reset(nil) // or it keeps what it read from
		s.decoders.Put(d)
	}()
	if err := d.Reset(parts); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	original, err := spool.Keep(io.LimitReader(d, maxOriginal+1), 0)
	_, ours := errors.AsType[*os.PathError](err)
	switch {
	case parts.failed != nil:
		return nil, parts.failed
	case ours:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	case original.Size() > maxOriginal:
		return nil, errors.Join(errDamaged, original.Close())
	}
	return original, nil
}

// partReader reads parts one after the other as one stream. All but the last
// are of originalPart bytes.
type partReader struct {
	next   func(n int) ([]byte, error) // nil: there is none
	n      int
	size   int // of the latest
	rest   []byte
	failed error // why one could not be had
}

func (r *partReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// fill gets the next part; io.EOF when there is none.
func (r *partReader) fill() error {
	if r.n > 0 && r.size != originalPart {
		return io.EOF
	}
	part, err := r.next(r.n)
	switch {
	case err != nil:
		r.failed = err
		return err
	case part == nil:
		return io.EOF
	}
	r.n, r.size, r.rest = r.n+1, len(part), part
	return nil
}
