// Package work runs durable jobs and schedules on River, inside the same
// PostgreSQL as everything else.
//
// A job's arguments are ids only: the queue's tables have no tenant scope and
// keep finished jobs for a while.
package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// schema holds the queue's tables; the first migration makes it.
const schema = "river"

// jobTimeout ends a job that does not end by itself. Long work is cut into
// slices that stay well below.
const jobTimeout = 40 * time.Second

// Args names a kind of job and carries its ids.
type Args = river.JobArgs

// Queues. Mail that a person waits for never stands behind a mailbox.
const (
	QueueDefault = river.QueueDefault
	QueueMailbox = "mailbox"
	QueueSignIn  = "sign_in"
)

// Migrate brings the queue's tables to the version of the library and grants
// the app role what it needs.
func Migrate(ctx context.Context, ownerURL string) error {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS river`); err != nil {
		return fmt.Errorf("make the queue's schema: %w", err)
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("read the queue's migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	_, err = pool.Exec(ctx, `
		GRANT USAGE ON SCHEMA river TO sendvery_app;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO sendvery_app;
		GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA river TO sendvery_app;
		GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA river TO sendvery_app`)
	if err != nil {
		return fmt.Errorf("grant the queue's tables: %w", err)
	}
	return nil
}

// Registry collects what the program can do in the background.
type Registry struct {
	workers   *river.Workers
	periodic  []*river.PeriodicJob
	scheduled []Scheduled
}

// Scheduled is a job that is done at regular times.
type Scheduled struct {
	Args  Args
	Every time.Duration
}

// Scheduled lists the jobs that Every was called for, in that order.
func (r *Registry) Scheduled() []Scheduled { return r.scheduled }

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{workers: river.NewWorkers()} }

// Handle registers the function that does jobs of one kind, within timeout (0
// = the usual one). An error of kind Invalid, NotFound, Denied or Conflict
// ends the job; any other is tried again with growing pauses.
func Handle[T Args](r *Registry, timeout time.Duration, do func(context.Context, T) error) {
	river.AddWorker(r.workers, &worker[T]{timeout: timeout, do: do})
}

type worker[T Args] struct {
	river.WorkerDefaults[T]
	timeout time.Duration
	do      func(context.Context, T) error
}

// Timeout implements river.Worker.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	err := w.do(ctx, job.Args)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Denied, fault.Conflict:
		return river.JobCancel(err)
	}
	return err
}

// Every registers a job that is enqueued at absolute times, multiples of
// period in UTC, whichever replica leads at the time, and once when a replica
// begins to lead: the schedule lives in the leader's memory, so that a time at
// which nobody led would be passed over. In one period a job is done once, or
// once more when the lead changes after the queue has forgotten that it was
// done (CompletedJobRetentionPeriod): doing it again must do no harm.
func (r *Registry) Every(period time.Duration, args Args) {
	r.scheduled = append(r.scheduled, Scheduled{args, period})
	r.periodic = append(r.periodic, river.NewPeriodicJob(every(period), func() (river.JobArgs, *river.InsertOpts) {
		return args, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: period}}
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

type every time.Duration

// Next implements river.PeriodicSchedule.
func (e every) Next(now time.Time) time.Time {
	return now.UTC().Truncate(time.Duration(e)).Add(time.Duration(e))
}

// Again is what a job's function returns to be run again after d, without
// counting as a failure.
func Again(d time.Duration) error { return river.JobSnooze(d) }

// Enqueuer is all that a use case needs of the queue.
type Enqueuer interface {
	// Enqueue adds a job to the transaction: it exists if and only if tx commits.
	Enqueue(ctx context.Context, tx postgres.Tx, args Args, opts ...Option) error
}

var _ Enqueuer = (*Queue)(nil)

// Queue puts jobs into the database and, once started, does them.
type Queue struct {
	client *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
}

// New makes a queue on the app pool. It works only after Start.
func New(db *postgres.DB, r *Registry, log *slog.Logger) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(db.AppPool()), &river.Config{
		Schema:  schema,
		Workers: r.workers,
		Queues: map[string]river.QueueConfig{
			QueueDefault: {MaxWorkers: 4},
			QueueMailbox: {MaxWorkers: 4},
			QueueSignIn:  {MaxWorkers: 4},
		},
		PeriodicJobs:                r.periodic,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        jobTimeout + 5*time.Second,
		CompletedJobRetentionPeriod: time.Hour,
		// The app role does not own the indexes that would be rebuilt.
		ReindexerSchedule: river.NeverSchedule(),
		SoftStopTimeout:   5 * time.Second,
		Logger:            log,
		ErrorHandler:      errorLog{log},
	})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &Queue{client: client, pool: db.AppPool()}, nil
}

// Start begins to do jobs until Stop. The context's end stops them at once.
func (q *Queue) Start(ctx context.Context) error { return q.client.Start(ctx) }

// Stop lets running jobs end for five seconds, then cancels them; they are
// done again at the next start.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// Option changes how a job is enqueued.
type Option func(*river.InsertOpts)

// On puts the job into a queue other than the default.
func On(queue string) Option { return func(o *river.InsertOpts) { o.Queue = queue } }

// Attempts bounds how often the job is tried; the default is 25.
func Attempts(n int) Option { return func(o *river.InsertOpts) { o.MaxAttempts = n } }

// Once refuses the job while an equal one is waiting or running.
func Once() Option {
	return func(o *river.InsertOpts) {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
}

// Enqueue implements Enqueuer.
func (q *Queue) Enqueue(ctx context.Context, tx postgres.Tx, args Args, opts ...Option) error {
	insert := &river.InsertOpts{}
	for _, o := range opts {
		o(insert)
	}
	if _, err := q.client.InsertTx(ctx, tx, args, insert); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// errorLog says once, where the error stops, that a job failed.
type errorLog struct{ log *slog.Logger }

func (e errorLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	e.log.WarnContext(ctx, "job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
	return nil
}

func (e errorLog) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	e.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "job", job.ID, "panic", fmt.Sprint(panicked), "trace", trace)
	return nil
}
