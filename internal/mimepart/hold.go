package mimepart

import (
	"errors"
	"io"
)

// held is an archive or mail in memory. It is read in pieces, because a buffer
// that grows would be copied, and hold twice what the budget allows. The pieces
// go back to the walker, for the next one.
type held struct {
	pieces [][]byte
	size   int64
}

const (
	heldPiece   = 256 << 10
	sparePieces = 4
)

// holdAll reads r to its end, within the budget. What was read is to be let go.
func (w *Walker) holdAll(r io.Reader) (*held, error) {
	h := &held{}
	for {
		piece := w.piece()
		n, err := io.ReadFull(r, piece)
		h.pieces, h.size = append(h.pieces, piece), h.size+int64(n)
		if over := w.budget.hold(int64(n)); over != nil {
			h.size -= int64(n)
			return h, over
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return h, nil
		case err != nil:
			return h, err
		}
	}
}

func (w *Walker) piece() []byte {
	if n := len(w.pieces); n > 0 {
		piece := w.pieces[n-1]
		w.pieces = w.pieces[:n-1]
		return piece
	}
	return make([]byte, heldPiece)
}

func (w *Walker) letGo(h *held) {
	w.budget.release(h.size)
	w.pieces = append(w.pieces, h.pieces...)
}

// ReadAt implements io.ReaderAt.
func (h *held) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && at < h.size {
		from := at % heldPiece
		piece := h.pieces[at/heldPiece][from:min(heldPiece, from+h.size-at)]
		k := copy(p[n:], piece)
		n, at = n+k, at+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
