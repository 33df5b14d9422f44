package mailfetch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Byte budgets of the small commands: what a server may answer at most.
const (
	signInBytes = 64 << 10
	folderBytes = 256 << 10
)

// imapSession is a Session over IMAP4rev1 or rev2 (RFC 3501, RFC 9051).
type imapSession struct {
	fetcher  *Fetcher
	account  Account
	limits   Limits
	raw      *idleConn
	conn     *watchConn
	client   *imapclient.Client
	arrivals *arrivals
	idleFor  time.Duration
	validity uint32
	mails    int
	writable bool   // the folder is open by SELECT, not EXAMINE
	broken   *Error // why the session is over
}

// newIMAP starts the library on a secured connection. After STARTTLS there is
// no second greeting, which the library waits for: it is given one without
// capabilities, so that it asks for them under TLS.
func newIMAP(o *opening) *imapSession {
	conn := &watchConn{Conn: o.tls, raw: o.raw, budget: signInBytes}
	if o.account.Security == STARTTLS {
		conn.greeting = []byte("* OK secured\r\n")
	}
	arrivals := newArrivals()
	return &imapSession{
		fetcher: o.Fetcher, account: o.account, limits: o.limits(), raw: o.raw, conn: conn, arrivals: arrivals, idleFor: idleFor,
		client: imapclient.New(conn, &imapclient.Options{
			UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: arrivals.mailbox, Expunge: arrivals.expunge},
		}),
	}
}

// enter takes the steps from the secured connection to the counted folder.
func (s *imapSession) enter(ctx context.Context, w walk) error {
	if err := w.do(StepSignIn, "Signing in.", func(step *Step) *Error { return s.signIn(ctx, step) }); err != nil {
		return err
	}
	if err := w.do(StepFolder, "Opening the folder "+s.account.Folder+".", func(step *Step) *Error { return s.examine(ctx, step, w.on != nil) }); err != nil {
		return err
	}
	if w.on == nil {
		return nil // a poll lists what it needs by itself
	}
	return w.do(StepCount, "Counting mails.", func(step *Step) *Error { return s.count(ctx, step) })
}

// run does one exchange with the server: under its own byte budget, ended by
// the context through closing the connection, because no method of the library
// takes one. Only one exchange is ever in progress: the library deadlocks when
// a FETCH meets another command.
func (s *imapSession) run(ctx context.Context, step StepName, budget int64, exchange func() error) *Error {
	if s.broken != nil {
		return s.broken
	}
	s.conn.allow(budget)
	s.raw.patience(0)
	stop := context.AfterFunc(ctx, func() { _ = s.raw.abort(context.Cause(ctx)) })
	err := exchange()
	stop()
	s.raw.patience(owesNothing)
	if err == nil && ctx.Err() == nil {
		return nil
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return s.fail(ctx, step, err)
}

// fail names a failure. Anything but a plain answer of the server ends the
// session, since what the server says next could belong to the lost exchange.
func (s *imapSession) fail(ctx context.Context, step StepName, err error) *Error {
	cause := s.raw.reason(ctx, err)
	if text, ok := s.conn.bye(); ok && errors.Is(cause, errConnectionEnded) {
		cause = fmt.Errorf("%w (%w)", byeAnswer(text), cause)
	}
	e := s.failure(kindOf(step, cause), s.account.Folder, cause)
	e.Step = step
	answer, plain := errors.AsType[*imap.Error](err)
	if !plain || answer.Type != imap.StatusResponseTypeNo {
		s.broken = e
		_ = s.raw.abort(err) // already failing
	}
	return e
}

// failure is an error that leaves the session as it is.
func (s *imapSession) failure(kind Kind, folder string, cause error) *Error {
	return &Error{Kind: kind, Step: StepRead, Host: s.account.Host, Port: s.account.Port, Folder: folder, Cause: cause}
}

// byeAnswer splits the response code off the text of a BYE.
func byeAnswer(text string) *imap.Error {
	e := &imap.Error{Type: imap.StatusResponseTypeBye, Text: text}
	if rest, ok := cutPrefixByte(text, '['); ok {
		for i := range len(rest) {
			if rest[i] == ' ' || rest[i] == ']' {
				e.Code = imap.ResponseCode(rest[:i])
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

// signIn uses AUTHENTICATE PLAIN where offered, else LOGIN, else nothing:
// LOGINDISABLED forbids LOGIN (RFC 9051 section 6.2.3).
func (s *imapSession) signIn(ctx context.Context, step *Step) *Error {
	err := s.run(ctx, StepSignIn, signInBytes, func() error {
		if err := s.client.WaitGreeting(); err != nil {
			return err
		}
		caps := s.client.Caps()
		switch {
		case caps == nil:
			return errors.New("the server did not list its capabilities")
		case caps.Has(imap.AuthCap(sasl.Plain)):
			return s.client.Authenticate(sasl.NewPlainClient("", s.account.Username, s.account.Password))
		case caps.Has(imap.CapLoginDisabled):
			return errNoPasswords
		default:
			return s.client.Login(s.account.Username, s.account.Password).Wait()
		}
	})
	step.Sentence = "Signed in as " + s.account.Username + "."
	return err
}

// examine opens the folder for reading. EXAMINE keeps \Recent as it is, but is
// no protection: that nothing is written is up to this package.
func (s *imapSession) examine(ctx context.Context, step *Step, list bool) *Error {
	data, err := s.choose(ctx, StepFolder, true)
	if list && (err == nil || err.Kind == FolderMissing) {
		step.Folders = s.folders(ctx)
	}
	if err != nil {
		return err
	}
	s.validity, s.mails = data.UIDValidity, int(data.NumMessages)
	s.arrivals.opened(data.NumMessages)
	if s.broken != nil {
		if err := s.again(ctx); err != nil {
			return err
		}
	}
	step.Sentence = "Opened the folder " + s.account.Folder + "."
	return nil
}

func (s *imapSession) choose(ctx context.Context, step StepName, readOnly bool) (*imap.SelectData, *Error) {
	var data *imap.SelectData
	err := s.run(ctx, step, folderBytes, func() (err error) {
		data, err = s.client.Select(s.account.Folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		if err == nil && data.UIDValidity == 0 {
			err = errNotNumbered
		}
		return err
	})
	return data, err
}

func (s *imapSession) count(ctx context.Context, step *Step) *Error {
	step.Mails = s.mails
	if !s.account.Since.IsZero() {
		uids, err := s.search(ctx, StepCount, 0, s.account.Since)
		if err != nil {
			return err
		}
		step.Mails = len(uids)
	}
	switch step.Mails {
	case 0:
		step.Sentence = "There is no mail to look through yet."
	case 1:
		step.Sentence = "There is one mail to look through."
	default:
		step.Sentence = fmt.Sprintf("There are %d mails to look through.", step.Mails)
	}
	return nil
}

func (s *imapSession) Folder() Folder {
	return Folder{Name: s.account.Folder, Generation: strconv.FormatUint(uint64(s.validity), 10), Mails: s.mails}
}

// hangUp ends the connection and waits for the library's reader.
func (s *imapSession) hangUp() {
	_ = s.raw.Close()    // first, so that TLS does not wait to say good-bye
	_ = s.client.Close() // its error is that the connection is closed
}

// farewell is how long Close waits for the answer to LOGOUT.
const farewell = 2 * time.Second

func (s *imapSession) Close() error {
	if s.broken == nil {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		_ = s.run(ctx, StepRead, signInBytes, func() error { return s.client.Logout().Wait() }) // courtesy only
	}
	s.hangUp()
	if s.broken == nil {
		s.broken = s.failure(Cancelled, s.account.Folder, errors.New("session is closed"))
	}
	return nil
}
