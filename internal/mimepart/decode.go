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
		used, wrote := r.decode(p[n:], run)
		n += wrote
		if _, err := r.src.Discard(used); err != nil {
			return n, err
		}
	}
	return n, nil
}

// decode takes letters off run until either slice is used up or the data ends.
func (r *base64Reader) decode(p, run []byte) (used, n int) {
	for used < len(run) && n+3 <= len(p) {
		if q := run[used:]; r.have == 0 && len(q) >= 4 {
			a, b, c, d := base64Values[q[0]], base64Values[q[1]], base64Values[q[2]], base64Values[q[3]]
			if a|b|c|d < 64 {
				p[n], p[n+1], p[n+2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
				used, n = used+4, n+3
				continue
			}
		}
		v := base64Values[run[used]]
		used++
		if v == 64 {
			r.ended = true
			break
		}
		if v > 64 {
			continue
		}
		r.acc = r.acc<<6 | uint32(v)
		if r.have++; r.have == 4 {
			p[n], p[n+1], p[n+2] = byte(r.acc>>16), byte(r.acc>>8), byte(r.acc)
			n, r.acc, r.have = n+3, 0, 0
		}
	}
	return used, n
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

// base64Values maps a byte to the value of its letter: 64 for the padding, 255
// for what is no letter. A constant, because a table that decides per byte
// cannot be a switch.
const base64Values = "" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x3e\xff\xff\xff\x3f" +
	"\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\xff\xff\xff\x40\xff\xff" +
	"\xff\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e" +
	"\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\xff\xff\xff\xff\xff" +
	"\xff\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28" +
	"\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

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
