package mailbox

import (
	"context"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
)

// Bounds of watching. A mailbox that is watched is looked into at most so
// often; that it is still the same one is asked so often.
const (
	newsPause  = 30 * time.Second
	stillEvery = time.Minute
)

// Idlers keep connections open between polls where the server tells of new
// mail by itself, so that it is read within seconds. They only shorten the
// wait: no lease is held, and the next poll comes at its time whatever happens
// here.
type Idlers struct {
	ctx    context.Context //nolint:containedctx // of goroutines that outlive the slice they come from
	stop   context.CancelFunc
	places chan struct{}
	all    sync.WaitGroup
}

// NewIdlers makes room for so many connections.
func NewIdlers(most int) *Idlers {
	ctx, stop := context.WithCancel(context.Background())
	return &Idlers{ctx: ctx, stop: stop, places: make(chan struct{}, most)}
}

// Close ends all of them and waits.
func (i *Idlers) Close() {
	i.stop()
	i.all.Wait()
}

// idle takes the session of a slice over until the next poll, and reports
// whether it did.
func (s *Service) idle(j Slice, session mailfetch.Session, until time.Duration) bool {
	if s.Idlers == nil || s.Idlers.ctx.Err() != nil || !session.CanWatch() {
		return false
	}
	select {
	case s.Idlers.places <- struct{}{}:
	default:
		return false
	}
	s.Idlers.all.Go(func() {
		defer func() { <-s.Idlers.places }()
		defer func() { _ = recover() }() // watching only makes the next poll come sooner
		defer func() { _ = session.Close() }()
		ctx, cancel := context.WithTimeout(s.Idlers.ctx, until+time.Minute)
		defer cancel()
		s.Idlers.all.Go(func() { s.endWhenChanged(ctx, j, cancel) })
		if news, err := session.Watch(ctx, until); err == nil && news {
			s.noteNews(ctx, j)
		}
	})
	return true
}

// endWhenChanged ends the watching of a mailbox that was deleted, changed,
// paused, or is being read: each takes another generation.
func (s *Service) endWhenChanged(ctx context.Context, j Slice, end func()) {
	ticker := time.NewTicker(stillEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		same := true
		err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
			same, err = sameGeneration(ctx, tx, j)
			return err
		})
		if err == nil && !same {
			end()
			return
		}
	}
}

// noteNews has the mailbox read soon. If that fails, the next poll finds the
// mail.
func (s *Service) noteNews(ctx context.Context, j Slice) {
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		return dueSoon(ctx, tx, j, s.Now(), newsPause)
	})
	if err == nil {
		s.dispatchSoon(ctx)
	}
}
