package mailfetch

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// popLine is the longest line taken outside of mails. RFC 2449 section 4 allows
// servers 512 bytes; the listings of some have more.
const popLine = 8 << 10

// popConn speaks POP3 (RFC 1939). A -ERR of the server is an *imap.Error with
// the status NO, so that one table judges the answers of both protocols.
type popConn struct {
	r *bufio.Reader
	w io.Writer
}

func newPOPConn(conn io.ReadWriter) *popConn {
	return &popConn{r: bufio.NewReaderSize(conn, popLine), w: conn}
}

// line reads a line, without its end. It is valid until the next read.
func (c *popConn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = errTooMuch
	}
	if err != nil {
		return nil, fmt.Errorf("read a line: %w", err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// send writes a command, or several. What the server said unasked would pass
// for the answer; one that fails something unasked is about to hang up.
func (c *popConn) send(command string) error {
	if n := c.r.Buffered(); n > 0 {
		if said, _ := c.r.Peek(min(n, len("-ERR"))); string(said) == "-ERR" {
			return fmt.Errorf("the server ends the session: %w", io.ErrUnexpectedEOF)
		}
		return errors.New("the server speaks unasked")
	}
	_, err := io.WriteString(c.w, command+"\r\n")
	return err
}

// answer reads the first line of an answer and returns the text after +OK.
func (c *popConn) answer() (string, error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	return popStatus(line)
}

func popStatus(line []byte) (string, error) {
	status, said, _ := bytes.Cut(line, []byte(" "))
	switch string(bytes.ToUpper(status)) {
	case "+OK":
		return string(said), nil
	case "-ERR":
		return "", coded(imap.StatusResponseTypeNo, string(said))
	}
	return "", fmt.Errorf("answer %.60q is not POP3", line)
}

// asRefusal finds a -ERR in an error's chain.
func asRefusal(err error) (*imap.Error, bool) { return errors.AsType[*imap.Error](err) }

func (c *popConn) command(command string) (string, error) {
	if err := c.send(command); err != nil {
		return "", err
	}
	return c.answer()
}

// greeting reads what the server says first. A refusal ends the connection, as
// BYE does in IMAP.
func (c *popConn) greeting() error {
	_, err := c.answer()
	if refusal, ok := asRefusal(err); ok {
		refusal.Type = imap.StatusResponseTypeBye
	}
	return err
}

// stls speaks the few lines of POP3 that come before TLS (RFC 2595 section 4):
// greeting, STLS, answer. As with startTLS, nothing said here is kept, and a
// byte between the answer and the handshake is refused.
func stls(conn io.ReadWriter) error {
	c := newPOPConn(conn)
	if err := c.greeting(); err != nil {
		return err
	}
	if _, err := c.command("STLS"); err != nil {
		if refusal, ok := asRefusal(err); ok {
			return fmt.Errorf("%w: %.60q", errNoTLS, refusal.Text)
		}
		return err
	}
	if c.r.Buffered() > 0 {
		return errInjected
	}
	return nil
}

// lines reads the lines of an answer that ends with a dot.
func (c *popConn) lines(most int, take func(line []byte) error) error {
	for n := 0; ; n++ {
		line, err := c.line()
		if err != nil {
			return err
		}
		if string(line) == "." {
			return nil
		}
		if n >= most {
			return fmt.Errorf("more than %d lines in one answer: %w", most, errTooMuch)
		}
		if err := take(bytes.TrimPrefix(line, []byte("."))); err != nil {
			return err
		}
	}
}

// popCaps is what a server says it can do (RFC 2449).
type popCaps struct {
	user, uidl, pipelining bool
	expires                bool     // EXPIRE 0: what was read may be removed on QUIT
	sasl                   []string // mechanisms, in upper case
}

// mostCaps is how many capabilities are listened to.
const mostCaps = 200

// capabilities asks for them; a server that has no such list has none.
func (c *popConn) capabilities() (popCaps, error) {
	var caps popCaps
	_, err := c.command("CAPA")
	if _, refused := asRefusal(err); refused {
		return caps, nil
	}
	if err != nil {
		return caps, err
	}
	err = c.lines(mostCaps, func(line []byte) error {
		words := strings.Fields(strings.ToUpper(string(line)))
		if len(words) == 0 {
			return nil
		}
		switch words[0] {
		case "USER":
			caps.user = true
		case "UIDL":
			caps.uidl = true
		case "PIPELINING":
			caps.pipelining = true
		case "EXPIRE":
			caps.expires = len(words) > 1 && words[1] == "0"
		case "SASL":
			caps.sasl = words[1:]
		}
		return nil
	})
	return caps, err
}

// ahead is how many commands may be under way at once.
func (p popCaps) ahead() int {
	if p.pipelining {
		return 32
	}
	return 1
}

// auth signs in by SASL (RFC 5034 section 4) in the form that every server
// takes: the mechanism first, its words when the server asks for them. A second
// question holds the reason of a refusal; an empty line lets the server refuse.
func (c *popConn) auth(mechanism string, says []byte) error {
	for _, line := range [...]string{"AUTH " + mechanism, base64.StdEncoding.EncodeToString(says), ""} {
		if err := c.send(line); err != nil {
			return err
		}
		answer, err := c.line()
		if err != nil {
			return err
		}
		if string(answer) != "+" && !bytes.HasPrefix(answer, []byte("+ ")) {
			_, err := popStatus(answer)
			return err
		}
	}
	return errors.New("the server goes on asking during AUTH " + mechanism)
}

// pipeline sends n commands, so many ahead of their answers, and has each
// answer taken in order.
func (c *popConn) pipeline(n, ahead int, command func(i int) string, take func(i int) error) error {
	sent := 0
	for i := range n {
		if i == sent {
			sent = min(n, i+ahead)
			next := make([]string, 0, sent-i)
			for at := i; at < sent; at++ {
				next = append(next, command(at))
			}
			if err := c.send(strings.Join(next, "\r\n")); err != nil {
				return err
			}
		}
		if err := take(i); err != nil {
			return err
		}
	}
	return nil
}
