package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
)

// Role is a part of the program that a process may run alone.
const (
	RoleWeb    = "web"
	RoleWorker = "worker"
)

// shutdownTime is how long requests under way may take when the program ends,
// and after them the jobs.
const shutdownTime = 10 * time.Second

// headroom is counted by the garbage collector and never touched, so that it
// takes no memory itself. Without it a worker, of which little is alive at any
// time, collects garbage a hundred times a second; a limit of memory would do
// the same, but collect all the time once more than that is alive.
const headroom = 24 << 20

// Run serves and works, as far as roles say, until the context ends; then
// first the requests under way end, then the dispatcher, then the jobs. ready,
// unless nil, is told where requests are answered, by the names of the options,
// once they are. A process that only works answers how it is, and nothing else.
func (a *App) Run(ctx context.Context, roles []string, ready func(map[string]string)) error {
	doors, err := a.doors(slices.Contains(roles, RoleWeb))
	if err != nil {
		return err
	}
	// First of all: where a port is taken, no job is begun.
	if err := open(ctx, doors); err != nil {
		return err
	}
	if slices.Contains(roles, RoleWorker) {
		stop, err := a.startWork(ctx)
		if err != nil {
			return errors.Join(err, shut(doors))
		}
		defer stop()
	}
	if ready != nil {
		ready(addresses(doors))
	}
	return serve(ctx, doors)
}

// startWork starts the jobs and the dispatcher that hands them mailboxes.
// They outlive ctx until stop, so that requests under way find them working.
func (a *App) startWork(ctx context.Context) (stop func(), err error) {
	ctx = context.WithoutCancel(ctx)
	a.headroom = make([]byte, headroom)
	if a.cfg.Idle > 0 {
		a.mailboxes.Idlers = mailbox.NewIdlers(a.cfg.Idle)
	}
	if err := a.queue.Start(ctx); err != nil {
		return nil, fmt.Errorf("start jobs: %w", err)
	}
	dispatching, cancel := context.WithCancel(ctx)
	var dispatcher sync.WaitGroup
	dispatcher.Go(func() {
		a.mailboxes.DispatchLoop(dispatching, func(err error) { a.log.Error("mailboxes", "error", err) })
	})
	return func() {
		cancel()
		dispatcher.Wait()
		ctx, cancel := context.WithTimeout(ctx, shutdownTime)
		defer cancel()
		if err := a.queue.Stop(ctx); err != nil {
			a.log.Error("jobs did not stop in order", "error", err)
		}
		if a.mailboxes.Idlers != nil {
			a.mailboxes.Idlers.Close()
		}
	}, nil
}
