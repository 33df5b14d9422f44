package report

import (
	"context"
	"io"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
)

// Authenticator says who a mail comes from; mailauth.Checker does. A nil
// verdict means that nothing could be asked.
type Authenticator interface {
	Check(ctx context.Context, mail io.ReaderAt, size int64, trusted string) *mailauth.Verdict
}

const (
	// authenticateTime bounds how long a group of mails waits for DNS; what is
	// not known by then is not authenticated.
	authenticateTime = 10 * time.Second
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
	ctx, cancel := context.WithTimeout(ctx, authenticateTime)
	defer cancel()
	var wait sync.WaitGroup
	slots := make(chan struct{}, authenticateAtOnce)
	for i := range g.items {
		it := &g.items[i]
		if it.source != FromMailbox || it.auth != nil || it.content == nil || len(g.results[i].items) == 0 {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			it.auth = g.s.Mails.Check(ctx, it.content, it.size, it.authserv)
			<-slots
		})
	}
	wait.Wait()
}
