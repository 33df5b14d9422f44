package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
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
// unless nil, is told the address once requests are answered. A process that
// only works answers there how it is, and nothing else.
func (a *App) Run(ctx context.Context, roles []string, ready func(net.Addr)) error {
	// First of all: where the port is taken, no job is begun.
	listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(roles, RoleWorker) {
		stop, err := a.startWork(ctx)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer stop()
	}
	handler := a.health()
	if slices.Contains(roles, RoleWeb) {
		handler = a.Handler()
	}
	return a.serve(ctx, listener, handler, ready)
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

func (a *App) listen(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program already listens on %s: stop it, or set LISTEN and PUBLIC_URL to another port (%w)", a.cfg.Listen, err)
	}
	if err != nil {
		return nil, fmt.Errorf("LISTEN: %w", err)
	}
	return l, nil
}

// serve answers requests until the context ends.
func (a *App) serve(ctx context.Context, listener net.Listener, handler http.Handler, ready func(net.Addr)) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return server.Close()
	}
	return nil
}
