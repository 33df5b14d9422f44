package mailfetch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
)

// popSession is a Session over POP3 (RFC 1939). Its maildrop is as it was at
// sign-in; mail that comes later shows in the next session. POP3 has no way to
// read that the server could not take note of: signing in makes mail no longer
// recent, and when a session breaks, Dovecot may set \Seen on what it handed out.
type popSession struct {
	link
	fetcher *Fetcher // opens the second session of Finish
	pop     *popConn
	caps    popCaps
	mails   int
	drop    *maildrop // nil: not listed yet
	left    bool      // signed out by Finish
}

func newPOP3(o *opening) *popSession {
	l := newLink(o)
	l.limits.Mails = min(l.limits.Mails, popMails)
	return &popSession{link: l, fetcher: o.Fetcher, pop: newPOPConn(l.conn)}
}

// enter takes the steps from the secured connection to the counted folder.
func (s *popSession) enter(ctx context.Context, w walk) error {
	if err := w.do(StepSignIn, "Signing in.", func(step *Step) *Error { return s.signIn(ctx, step) }); err != nil {
		return err
	}
	if err := w.do(StepFolder, "Opening the folder "+inbox+".", func(step *Step) *Error { return s.stat(ctx, step) }); err != nil {
		return err
	}
	if w.on == nil {
		return nil
	}
	return w.do(StepCount, "Counting mails.", func(step *Step) *Error {
		step.Mails, step.Sentence = s.mails, countSentence(s.mails)
		return nil
	})
}

// signIn asks what the server can do, now that its word can be trusted, and
// signs in. After STLS there is no second greeting.
func (s *popSession) signIn(ctx context.Context, step *Step) *Error {
	err := s.run(ctx, StepSignIn, signInBytes, func() (err error) {
		if s.account.Security == ImplicitTLS {
			if err := s.pop.greeting(); err != nil {
				return err
			}
		}
		if s.caps, err = s.pop.capabilities(); err != nil {
			return err
		}
		return s.authenticate()
	})
	step.Sentence = "Signed in as " + s.account.Username + "."
	return err
}

// authenticate uses the token where the account has one, else AUTH PLAIN where
// offered, else USER and PASS. Servers that list other mechanisms and not USER
// mean it; those that list neither have forgotten to.
func (s *popSession) authenticate() error {
	offers := func(mechanism string) bool { return slices.Contains(s.caps.sasl, mechanism) }
	switch a := s.account; {
	case a.Token != "" && !offers(xoauth2):
		return errNoTokens
	case a.Token != "":
		return tokenAnswer(s.say(&tokenClient{a}))
	case offers(sasl.Plain):
		return s.say(sasl.NewPlainClient("", a.Username, a.Password))
	case len(s.caps.sasl) > 0 && !s.caps.user:
		return errNoPasswords
	default:
		if _, err := s.pop.command("USER " + a.Username); err != nil {
			return err
		}
		_, err := s.pop.command("PASS " + a.Password)
		return err
	}
}

func (s *popSession) say(client sasl.Client) error {
	mechanism, says, err := client.Start()
	if err != nil {
		return err
	}
	return s.pop.auth(mechanism, says)
}

// stat opens the one folder. A server that does not say it has UIDL shows
// whether it has.
func (s *popSession) stat(ctx context.Context, step *Step) *Error {
	err := s.run(ctx, StepFolder, signInBytes, func() error {
		said, err := s.pop.command("STAT")
		if err != nil {
			return err
		}
		s.mails, err = parseStat(said, s.limits.Mails)
		return err
	})
	if err == nil && !s.caps.uidl {
		_, err = s.list(ctx, StepFolder)
	}
	step.Sentence = "Opened the folder " + inbox + "."
	return err
}

// parseStat reads the number of mails from the answer to STAT.
func parseStat(said string, most int) (int, error) {
	count, _, _ := strings.Cut(said, " ")
	mails, err := strconv.Atoi(count)
	switch {
	case err != nil || mails < 0:
		return 0, fmt.Errorf("STAT answered %.60q", said)
	case mails > most:
		return 0, fmt.Errorf("%d mails: %w", mails, errTooMuch)
	}
	return mails, nil
}

// Folder has a constant Generation: a server may not give a UIDL to another
// mail, whatever happens (RFC 1939 section 7).
func (s *popSession) Folder() Folder {
	return Folder{Name: inbox, Generation: string(POP3), Mails: s.mails}
}

// CursorAt has no order to stand in.
func (s *popSession) CursorAt(MailID) (Cursor, error) { return Cursor{}, nil }

func (s *popSession) CanWatch() bool { return false }

func (s *popSession) Watch(context.Context, time.Duration) (bool, error) {
	return false, s.failure(StepRead, errOnlyIMAP)
}

func (s *popSession) hangUp() { _ = s.raw.Close() } // not through TLS, which would wait to say good-bye

// Close signs out in a way that leaves no mark: without RSET, Dovecot sets \Seen
// on what was read. A server that may even remove what was read is not told
// QUIT: hanging up forbids that (RFC 1939 section 6).
func (s *popSession) Close() error {
	if s.broken == nil {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if s.ask(ctx, "RSET") == nil && !s.caps.expires {
			_ = s.ask(ctx, "QUIT") // courtesy only
		}
	}
	s.hangUp()
	s.over()
	return nil
}

// ask sends a command whose answer says only whether it was done.
func (s *popSession) ask(ctx context.Context, command string) *Error {
	return s.run(ctx, StepRead, signInBytes, func() error {
		_, err := s.pop.command(command)
		return err
	})
}
