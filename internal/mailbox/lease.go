package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// The lease: valid for 30 seconds, renewed every 10 while its slice runs.
const (
	leaseTime  = 30 * time.Second
	renewEvery = 10 * time.Second
	// DispatchEvery is how often each process looks for mailboxes that are due.
	DispatchEvery = 5 * time.Second
)

// Bounds of one claim: how many slices may run at once against one server and
// for one organization, counted over all processes.
const (
	perHost  = 4
	perOrg   = 4
	perClaim = 4 // no more than this process can begin: a lease does not wait in a queue
)

// Slice is the job that does the next bit of work for a mailbox under a lease.
type Slice struct {
	Org        org.ID `json:"org" river:"unique"`
	Mailbox    ID     `json:"mailbox" river:"unique"`
	Generation int64  `json:"generation" river:"unique"`
}

// Kind implements work.Args.
func (Slice) Kind() string { return "mailbox_slice" }

// Dispatch claims the mailboxes that are due and free and enqueues a slice for
// each. A crash between the two costs one lease time.
func (s *Service) Dispatch(ctx context.Context) error {
	var claimed []Slice
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		claimed, err = claim(ctx, tx, s.Holder, s.Now())
		return err
	})
	if err != nil || len(claimed) == 0 {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		for _, c := range claimed {
			if err := s.Queue.Enqueue(ctx, tx, c, work.On(work.QueueMailbox), work.Once(), work.Attempts(1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// dispatchSoon dispatches after a change that is committed already: if it
// fails, the loop comes by in a few seconds.
func (s *Service) dispatchSoon(ctx context.Context) { _ = s.Dispatch(ctx) }

// DispatchLoop dispatches until the context ends.
func (s *Service) DispatchLoop(ctx context.Context, failed func(error)) {
	ticker := time.NewTicker(DispatchEvery)
	defer ticker.Stop()
	for {
		if err := s.Dispatch(ctx); err != nil && ctx.Err() == nil {
			failed(fmt.Errorf("dispatch mailboxes: %w", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// errLeaseLost means that another process has taken the mailbox over.
var errLeaseLost = fault.New(fault.Conflict, "The mailbox is being read by another process.")

// underLease runs do while renewing the lease of the slice. do's context ends
// when the lease is lost.
func (s *Service) underLease(ctx context.Context, j Slice, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.renew(ctx, j); err != nil {
		return err
	}
	stopped := make(chan struct{})
	defer func() { cancel(nil); <-stopped }()
	go func() {
		defer close(stopped)
		s.keepRenewing(ctx, j, cancel)
	}()
	err := do(ctx)
	if errors.Is(context.Cause(ctx), errLeaseLost) {
		return errLeaseLost
	}
	return err
}

func (s *Service) keepRenewing(ctx context.Context, j Slice, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	renewed := s.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// A database that is away for a moment is no reason to stop: the next
		// commit checks the lease again. Once the lease is over, another process
		// may have the mailbox, and its mails are no longer ours to touch.
		began := s.Now()
		err := s.renew(ctx, j)
		if err == nil {
			renewed = began
		}
		if errors.Is(err, errLeaseLost) || s.Now().Sub(renewed) > leaseTime-renewEvery {
			cancel(errLeaseLost)
			return
		}
	}
}

func (s *Service) renew(ctx context.Context, j Slice) error {
	return s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		return renewLease(ctx, tx, j, s.Holder, s.Now().Add(leaseTime))
	})
}
