package dmarcrpt

import "strings"

// slabSize is how much text shares one allocation, in bytes.
const slabSize = 8 << 10

// slab makes strings that share allocations: one for dozens of records. A
// string that is kept keeps its slab.
type slab struct{ b strings.Builder }

func (s *slab) text(v []byte) string {
	if s.b.Cap()-s.b.Len() < len(v) {
		s.b = strings.Builder{}
		s.b.Grow(max(slabSize, len(v)))
	}
	from := s.b.Len()
	s.b.Write(v)
	return s.b.String()[from:]
}
