package mailfetch

import (
	"context"
	"errors"
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
	link
	fetcher  *Fetcher
	client   *imapclient.Client
	arrivals *arrivals
	idleFor  time.Duration
	validity uint32
	mails    int
	writable bool // the folder is open by SELECT, not EXAMINE
}

// newIMAP starts the library on a secured connection. After STARTTLS there is
// no second greeting, which the library waits for: it is given one without
// capabilities, so that it asks for them under TLS.
func newIMAP(o *opening) *imapSession {
	l := newLink(o)
	if o.account.Security == STARTTLS {
		l.conn.greeting = []byte("* OK secured\r\n")
	}
	arrivals := newArrivals()
	return &imapSession{
		link: l, fetcher: o.Fetcher, arrivals: arrivals, idleFor: idleFor,
		client: imapclient.New(l.conn, &imapclient.Options{
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

// refusal is an error about a folder that leaves the session as it is.
func (s *imapSession) refusal(kind Kind, folder string, cause error) *Error {
	e := s.account.failure(kind, StepRead, cause)
	e.Folder = folder
	return e
}

// signIn uses the token where the account has one. Else it uses AUTHENTICATE
// PLAIN where offered, else LOGIN, else nothing: LOGINDISABLED forbids LOGIN
// (RFC 9051 section 6.2.3).
func (s *imapSession) signIn(ctx context.Context, step *Step) *Error {
	err := s.run(ctx, StepSignIn, signInBytes, func() error {
		if err := s.client.WaitGreeting(); err != nil {
			return err
		}
		caps := s.client.Caps()
		switch {
		case caps == nil:
			return errors.New("the server did not list its capabilities")
		case s.account.Token != "":
			if !caps.Has(imap.AuthCap(xoauth2)) {
				return errNoTokens
			}
			return tokenAnswer(s.client.Authenticate(&tokenClient{s.account}))
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
	step.Sentence = countSentence(step.Mails)
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

func (s *imapSession) Close() error {
	if s.broken == nil {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		_ = s.run(ctx, StepRead, signInBytes, func() error { return s.client.Logout().Wait() }) // courtesy only
	}
	s.hangUp()
	s.over()
	return nil
}
