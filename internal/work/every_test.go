package work_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// daily and later are jobs of every day.
type (
	daily struct{}
	later struct{}
)

func (daily) Kind() string { return "daily" }
func (later) Kind() string { return "later" }

// lead runs a replica that leads until the job came that last waits for.
func lead(t *testing.T, db *dbtest.Database, jobs *work.Registry, last <-chan struct{}) {
	t.Helper()
	q, err := work.New(db.DB, jobs, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	select {
	case <-last:
	case <-time.After(time.Minute):
		t.Error("a job of every day is not done by a new leader")
	}
	if err := q.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func TestMissedTimeIsCaughtUpOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	done := make(chan struct{}, 10)
	first := work.NewRegistry()
	work.Handle(first, 0, func(context.Context, daily) error { done <- struct{}{}; return nil })
	first.Every(24*time.Hour, daily{})
	lead(t, db, first, done)

	// The next leader of the day brings a job that stands after it in the same
	// batch: when that one is done, the first was enqueued again or never is.
	last := make(chan struct{}, 10)
	second := work.NewRegistry()
	work.Handle(second, 0, func(context.Context, daily) error { done <- struct{}{}; return nil })
	work.Handle(second, 0, func(context.Context, later) error { last <- struct{}{}; return nil })
	second.Every(24*time.Hour, daily{})
	second.Every(24*time.Hour, later{})
	lead(t, db, second, last)

	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var days, jobs int
	err = conn.QueryRow(t.Context(), `SELECT count(DISTINCT date_trunc('day', scheduled_at AT TIME ZONE 'UTC')), count(*) FROM river.river_job WHERE kind = 'daily'`).Scan(&days, &jobs)
	if err != nil || jobs != days || len(done) != jobs-1 {
		t.Errorf("%d jobs on %d days, %d done after the first, %v", jobs, days, len(done), err)
	}
}
