package mailfetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// farewell is how long Close waits for the server's answer.
const farewell = 2 * time.Second

// link is what sessions of both protocols stand on: the secured connection,
// and how an exchange on it begins, ends and fails.
type link struct {
	account Account
	limits  Limits
	raw     *idleConn
	conn    *watchConn
	broken  *Error // why the session is over
}

func newLink(o *opening) link {
	return link{account: o.account, limits: o.limits(), raw: o.raw, conn: &watchConn{Conn: o.tls, raw: o.raw, budget: signInBytes}}
}

// run does one exchange with the server: under its own byte budget, ended by
// the context through closing the connection, because nothing that reads here
// takes one. Only one exchange is ever in progress: the IMAP library deadlocks
// when a FETCH meets another command.
func (l *link) run(ctx context.Context, step StepName, budget int64, exchange func() error) *Error {
	if l.broken != nil {
		return l.broken
	}
	l.conn.allow(budget)
	l.raw.patience(0)
	stop := context.AfterFunc(ctx, func() { _ = l.raw.abort(context.Cause(ctx)) })
	err := exchange()
	stop()
	l.raw.patience(owesNothing)
	if err == nil && ctx.Err() == nil {
		return nil
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return l.fail(ctx, step, err)
}

// fail names a failure. Anything but a plain answer of the server ends the
// session, since what the server says next could belong to the lost exchange.
func (l *link) fail(ctx context.Context, step StepName, err error) *Error {
	cause := l.raw.reason(ctx, err)
	if text, ok := l.conn.bye(); ok && errors.Is(cause, errConnectionEnded) {
		cause = fmt.Errorf("%w (%w)", coded(imap.StatusResponseTypeBye, text), cause)
	}
	e := l.failure(step, cause)
	answer, plain := errors.AsType[*imap.Error](err)
	if !plain || answer.Type != imap.StatusResponseTypeNo {
		l.broken = e
		_ = l.raw.abort(err) // already failing
	}
	return e
}

func (l *link) failure(step StepName, cause error) *Error {
	return l.account.failure(kindOf(step, cause), step, cause)
}

// over ends the session for good.
func (l *link) over() {
	if l.broken == nil {
		l.broken = l.account.failure(Cancelled, StepRead, errors.New("session is closed"))
	}
}

// coded splits the response code off a server's answer.
func coded(status imap.StatusResponseType, text string) *imap.Error {
	e := &imap.Error{Type: status, Text: text}
	if rest, ok := cutPrefixByte(text, '['); ok {
		for i := range len(rest) {
			if rest[i] == ' ' || rest[i] == ']' {
				e.Code = imap.ResponseCode(strings.ToUpper(rest[:i]))
				break
			}
		}
	}
	return e
}

func cutPrefixByte(s string, c byte) (string, bool) {
	if s == "" || s[0] != c {
		return s, false
	}
	return s[1:], true
}
