package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// smallOriginal is up to where an original is compressed in one piece, which
// is faster; a larger one never lies in memory as a whole.
const smallOriginal = 64 << 10

// compress packs an original for storage.
func (s *Service) compress(original io.ReaderAt, size int64) ([]byte, error) {
	e, ok := s.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		if e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)); err != nil {
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
	var packed bytes.Buffer
	e.Reset(&packed)
	if n, err := io.Copy(e, source); err != nil || n != size {
		return nil, fmt.Errorf("read original: %d of %d bytes: %w", n, size, err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("compress original: %w", err)
	}
	return packed.Bytes(), nil
}

// decompress returns the bytes that compress packed. They are as many as size
// says, which spares making room for them again and again, or it is not known.
func decompress(content []byte, size int64) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(2*maxOriginal), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	raw, err := d.DecodeAll(content, make([]byte, 0, min(max(size, 0), maxOriginal)))
	if err != nil {
		return nil, fmt.Errorf("decompress original: %w", err)
	}
	return raw, nil
}
