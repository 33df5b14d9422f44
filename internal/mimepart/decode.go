package mimepart

import (
	"bufio"
	"io"
)

// base64Reader decodes base64 as it is found in mails: white space and stray
// bytes between the letters are skipped, the data ends at its padding, and
// what a mailing list appends does not matter.
type base64Reader struct {
	src   *bufio.Reader
	acc   uint32
	have  int // letters in acc
	ended bool
	small [3]byte // one group, for a caller that asks for less
	rest  []byte  // what is left of small
}

func (r *base64Reader) Read(p []byte) (int, error) {
	if len(r.rest) > 0 || len(p) > 0 && len(p) < len(r.small) {
		return r.readSmall(p)
	}
	n := 0
	for n+3 <= len(p) {
		run, err := r.window()
		if len(run) == 0 {
			k := r.flush(p[n:])
			if n += k; n > 0 {
				return n, nil
			}
			return 0, err
		}
		used := 0
		for used < len(run) && n+3 <= len(p) {
			v := base64Value(run[used])
			used++
			if v >= 64 {
				if v == 64 {
					r.ended = true
					break
				}
				continue
			}
			r.acc = r.acc<<6 | uint32(v)
			if r.have++; r.have == 4 {
				p[n], p[n+1], p[n+2] = byte(r.acc>>16), byte(r.acc>>8), byte(r.acc)
				n, r.acc, r.have = n+3, 0, 0
			}
		}
		if _, err := r.src.Discard(used); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (r *base64Reader) readSmall(p []byte) (int, error) {
	if len(r.rest) == 0 {
		n, err := r.Read(r.small[:])
		if n == 0 {
			return 0, err
		}
		r.rest = r.small[:n]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// window returns what is buffered, after reading more when nothing is. It is
// empty at the end of the data.
func (r *base64Reader) window() ([]byte, error) {
	if r.ended {
		return nil, io.EOF
	}
	if r.src.Buffered() == 0 {
		if _, err := r.src.Peek(1); err != nil {
			return nil, err
		}
	}
	return r.src.Peek(r.src.Buffered())
}

// flush writes the one or two bytes of an incomplete last group.
func (r *base64Reader) flush(p []byte) int {
	have, acc := r.have, r.acc
	r.have, r.acc = 0, 0
	switch have {
	case 2:
		p[0] = byte(acc >> 4)
		return 1
	case 3:
		p[0], p[1] = byte(acc>>10), byte(acc>>2)
		return 2
	}
	return 0
}

// base64Value returns the value of a letter, 64 for the padding, 255 for
// anything else.
func base64Value(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26
	case c >= '0' && c <= '9':
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	case c == '=':
		return 64
	}
	return 255
}

// qpReader decodes quoted-printable (RFC 2045 section 6.7). A "=" that begins
// no escape is kept.
type qpReader struct {
	src *bufio.Reader
	err error
}

func (r *qpReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.err == nil {
		c, err := r.src.ReadByte()
		if err != nil {
			r.err = err
			break
		}
		if c != '=' {
			p[n] = c
			n++
			continue
		}
		next, _ := r.src.Peek(2)
		switch {
		case len(next) == 2 && hex(next[0]) < 16 && hex(next[1]) < 16:
			p[n] = hex(next[0])<<4 | hex(next[1])
			n++
			r.discard(2)
		case len(next) >= 1 && (next[0] == '\n' || next[0] == ' ' || next[0] == '\t' || next[0] == '\r'):
			r.softBreak()
		default:
			p[n] = c
			n++
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// softBreak drops the rest of the line after "=".
func (r *qpReader) softBreak() {
	for {
		c, err := r.src.ReadByte()
		if err != nil {
			r.err = err
			return
		}
		if c == '\n' {
			return
		}
		if c != ' ' && c != '\t' && c != '\r' {
			r.err = r.src.UnreadByte()
			return
		}
	}
}

func (r *qpReader) discard(n int) {
	if _, err := r.src.Discard(n); err != nil {
		r.err = err
	}
}

func hex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
