package mailfetch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// errTooLarge is a mail that turns out larger than it may be.
var errTooLarge = errors.New("the mail is larger than allowed")

// dotReader reads a mail out of an answer that ends with a dot (RFC 1939
// section 3). Every byte stays as the server sent it, line ends of any kind
// included; only the dots are gone that the protocol puts before dots. A line
// begins after CR LF and nowhere else, or a mail with bare LFs could end early.
type dotReader struct {
	r    *bufio.Reader
	most int64 // a larger mail fails with errTooLarge

	size   int64  // of the mail, as far as it came
	piece  []byte // of it, not handed out yet
	inside bool   // of a line: a dot is a dot
	cr     bool   // the byte before was CR
	err    error  // io.EOF after the end of the mail, else how it was cut
}

func (d *dotReader) Read(p []byte) (int, error) {
	for len(d.piece) == 0 && d.err == nil {
		d.next()
	}
	switch {
	case d.size > d.most:
		return 0, errTooLarge
	case len(d.piece) == 0:
		return 0, d.err
	}
	n := copy(p, d.piece)
	d.piece = d.piece[n:]
	return n, nil
}

// next reads a line, or a part of a long one.
func (d *dotReader) next() {
	piece, err := d.r.ReadSlice('\n')
	switch {
	case err == nil, errors.Is(err, bufio.ErrBufferFull):
	case errors.Is(err, io.EOF):
		d.err = io.ErrUnexpectedEOF
		return
	default:
		d.err = err
		return
	}
	if !d.inside && piece[0] == '.' {
		if string(piece) == ".\r\n" {
			d.piece, d.err = nil, io.EOF
			return
		}
		piece = piece[1:]
	}
	d.inside = !bytes.HasSuffix(piece, []byte("\r\n")) && (!d.cr || string(piece) != "\n")
	d.cr = piece[len(piece)-1] == '\r'
	d.piece, d.size = piece, d.size+int64(len(piece))
}

// drain reads what is left, so that the next answer can come. It fails when the
// mail was cut.
func (d *dotReader) drain() error {
	for d.err == nil {
		d.next()
	}
	d.piece = nil
	if errors.Is(d.err, io.EOF) {
		return nil
	}
	return d.err
}
