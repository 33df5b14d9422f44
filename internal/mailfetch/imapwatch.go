package mailfetch

import (
	"context"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// idleFor is how long one IDLE command lasts. Providers and routers forget
// connections that are quiet for ten minutes.
const idleFor = 9 * time.Minute

// arrivals notes when the folder grows. The library's reader calls it between
// any two lines, so it never waits.
type arrivals struct {
	news chan struct{} // holds one

	mu    sync.Mutex
	count uint32
}

func newArrivals() *arrivals { return &arrivals{news: make(chan struct{}, 1)} }

// opened sets how many mails there are at first.
func (a *arrivals) opened(count uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count = count
}

func (a *arrivals) mailbox(said *imapclient.UnilateralDataMailbox) {
	if said.NumMessages != nil {
		a.counted(*said.NumMessages)
	}
}

// counted sets how many mails there are now. What came since the server last
// said so is news: on opening the folder again it does not say it apart.
func (a *arrivals) counted(count uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if count > a.count {
		select {
		case a.news <- struct{}{}:
		default: // said already
		}
	}
	a.count = count
}

func (a *arrivals) expunge(uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count = max(a.count, 1) - 1
}

// listed forgets what arrived so far, because it is about to be listed.
func (a *arrivals) listed() {
	select {
	case <-a.news:
	default:
	}
}

func (s *imapSession) CanWatch() bool { return s.broken == nil && s.can(imap.CapIdle) }

// Watch answers at once when mail arrived since the last List or Watch.
func (s *imapSession) Watch(ctx context.Context, most time.Duration) (news bool, err error) {
	if s.broken == nil && !s.can(imap.CapIdle) {
		return false, s.refusal(NotYet, s.account.Folder, errNotSupported)
	}
	end := time.Now().Add(most)
	for left := most; left > 0; left = time.Until(end) {
		news, err := s.idle(ctx, min(left, s.idleFor))
		if news || err != nil {
			return news, asError(err)
		}
	}
	return false, nil
}

// idle is one IDLE command. The server may be silent as long as it lasts, and
// has to answer its end as any other command: that is how a dead connection
// shows.
func (s *imapSession) idle(ctx context.Context, most time.Duration) (news bool, failure *Error) {
	failure = s.run(ctx, StepRead, slackBytes, func() error {
		cmd, err := s.client.Idle()
		if err != nil {
			return err
		}
		s.raw.patience(most)
		end := time.NewTimer(most)
		defer end.Stop()
		select {
		case <-s.arrivals.news:
			news = true
		case <-end.C:
		case <-s.client.Closed():
		}
		s.raw.patience(0)
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
	return news && failure == nil, failure
}
