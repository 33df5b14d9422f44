package report

import (
	"context"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Authenticator says who a mail comes from; mailauth.Checker does. A nil
// verdict means that nothing could be asked.
type Authenticator interface {
	Check(ctx context.Context, mail io.ReaderAt, size int64, trusted string) *mailauth.Verdict
}

const (
	// authenticateTime bounds how long one mail waits for DNS; a key that is not
	// known by then is asked for again later, see AuthenticateAgain.
	authenticateTime = 3 * time.Second
	// authenticateAtOnce is how many mails are checked at the same time: they
	// wait for DNS, not for us.
	authenticateAtOnce = 16
)

// authenticate finds out who the mails of the group come from that hold a
// report; the others are none of our business. It asks DNS and so comes before
// the transaction.
func (g *group) authenticate(ctx context.Context) {
	if g.s.Mails == nil {
		return
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, authenticateAtOnce)
	for i := range g.items {
		it := &g.items[i]
		if !it.source.ByMail() || it.auth != nil || it.content == nil || len(g.results[i].items) == 0 {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			it.auth = g.s.check(ctx, it)
			<-slots
		})
	}
	wait.Wait()
}

// check asks who one mail comes from. A mail that makes the readers of
// signatures panic comes from nobody.
func (s *Service) check(ctx context.Context, it *item) (v *mailauth.Verdict) {
	defer func() {
		if cause := recover(); cause != nil {
			s.Log.ErrorContext(ctx, "authenticating a mail panicked", "mailbox", it.mailbox, "mail", it.mail, "panic", cause, "stack", string(debug.Stack()))
			v = &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.Fail}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, authenticateTime)
	defer cancel()
	return s.Mails.Check(ctx, it.content, it.size, it.authserv)
}

// AuthenticateAgain is the job that asks once more who mails come from whose
// key DNS did not give, as long as that may pass.
type AuthenticateAgain struct{}

// Kind implements work.Args.
func (AuthenticateAgain) Kind() string { return "authenticate_again" }

// authenticateFor is how long keys are asked for again.
const authenticateFor = 3 * 24 * time.Hour

// AuthenticateAgain does an AuthenticateAgain job.
func (s *Service) AuthenticateAgain(ctx context.Context, _ AuthenticateAgain) error {
	since := s.Now().Add(-authenticateFor)
	var orgs []org.ID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		orgs, err = withUnknownSenders(ctx, tx, since)
		return err
	})
	for _, o := range orgs {
		if err == nil {
			_, err = s.Reparse(ctx, o, Originals{Unknown: true, Since: since})
		}
	}
	return err
}
