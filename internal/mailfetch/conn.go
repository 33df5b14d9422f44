package mailfetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// errConnectionEnded marks any other end of the connection than one of ours.
var errConnectionEnded = errors.New("the connection ended")

// idleConn bounds how long the server may stay silent. It lies beneath TLS and
// closes itself at the first failure, because the IMAP library sets and clears
// deadlines of its own and goes on reading after a time-out; its deadlines are
// ignored. The clock runs only while we wait, not while the caller works.
type idleConn struct {
	net.Conn
	silence time.Duration

	mu    sync.Mutex
	more  time.Duration // see patience
	cause error         // why it was closed; the first one stays
}

// owesNothing is the patience with a server that nobody asked anything.
const owesNothing = 100 * 365 * 24 * time.Hour

// patience sets how much longer than usual the server may be silent from now
// on. It also reaches a read in progress, because the IMAP library always reads.
func (c *idleConn) patience(more time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.more = more
	_ = c.startClock() // what is closed fails in the next read
}

// startClock begins to wait for the server's next bytes; c.mu is held.
func (c *idleConn) startClock() error {
	return c.Conn.SetReadDeadline(time.Now().Add(c.silence + c.more))
}

func (c *idleConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	err := c.startClock()
	c.mu.Unlock()
	if err != nil {
		return 0, c.abort(err)
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		err = c.abort(err)
	}
	return n, err
}

func (c *idleConn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, c.abort(err)
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		err = c.abort(err)
	}
	return n, err
}

// abort closes the connection for a reason and returns the failure at hand.
func (c *idleConn) abort(cause error) error {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	_ = c.Close() // the cause matters, not how closing went
	return cause
}

// reason finds the real cause behind a failure on this connection, which the
// layers above flatten into text: first the context, then what closed the
// connection, then err itself.
func (c *idleConn) reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	if keepsItsName(err) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause == nil:
		return err
	case errors.Is(c.cause, os.ErrDeadlineExceeded), errors.Is(c.cause, errTooMuch):
		return fmt.Errorf("%w (%w)", c.cause, err)
	default:
		return fmt.Errorf("%w: %w (%w)", errConnectionEnded, c.cause, err)
	}
}

// keepsItsName reports failures that say more than the end of the connection
// that came with them.
func keepsItsName(err error) bool {
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, answer := errors.AsType[*imap.Error](err)
	return cert || record || answer
}

func (c *idleConn) SetDeadline(time.Time) error      { return nil }
func (c *idleConn) SetReadDeadline(time.Time) error  { return nil }
func (c *idleConn) SetWriteDeadline(time.Time) error { return nil }

// watchConn lies above TLS, where the protocols are read. It counts what the
// server sends against a budget per command, because the IMAP library buffers
// text of any length, and keeps the last of it, because that library forgets
// why a server said "* BYE".
type watchConn struct {
	*tls.Conn
	raw *idleConn

	mu       sync.Mutex
	greeting []byte // read before anything of the server: see newIMAP
	budget   int64
	tail     []byte
}

const tailBytes = 1024

func (c *watchConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if len(c.greeting) > 0 {
		n := copy(b, c.greeting)
		c.greeting = c.greeting[n:]
		c.mu.Unlock()
		return n, nil
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budget -= int64(n)
	c.keep(b[:n])
	if c.budget < 0 {
		return 0, c.raw.abort(errTooMuch)
	}
	if err != nil {
		_ = c.raw.abort(err) // also a good-bye of TLS, which the socket does not show
	}
	return n, err
}

// keep remembers the last of what was read.
func (c *watchConn) keep(b []byte) {
	if len(b) >= tailBytes {
		c.tail = append(c.tail[:0], b[len(b)-tailBytes:]...)
		return
	}
	if over := len(c.tail) + len(b) - tailBytes; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	c.tail = append(c.tail, b...)
}

// allow sets how many bytes the server may send until the next call.
func (c *watchConn) allow(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budget = n
}

// bye returns the text of a "* BYE" among the last lines, and whether one was.
// A mail that ends in such a line could pass for it, which changes no more
// than the advice on a connection that broke anyway.
func (c *watchConn) bye() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := bytes.LastIndex(c.tail, []byte("* BYE"))
	if at < 0 || (at > 0 && c.tail[at-1] != '\n') {
		return "", false
	}
	line, _, _ := bytes.Cut(c.tail[at+len("* BYE"):], []byte("\r\n"))
	return string(bytes.TrimSpace(line)), true
}
