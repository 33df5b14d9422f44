package report

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// compress packs an original for storage.
func (s *Service) compress(raw []byte) ([]byte, error) {
	e, ok := s.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		if e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, fmt.Errorf("compress original: %w", err)
		}
	}
	defer s.encoders.Put(e)
	return e.EncodeAll(raw, nil), nil
}

// decompress returns the bytes that keepOriginal compressed.
func decompress(content []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(2*maxOriginal))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	raw, err := d.DecodeAll(content, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress original: %w", err)
	}
	return raw, nil
}
