package work

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Status is how the queue is.
type Status struct {
	Counts []Count
	Failed []Failed // the latest failure first, at most failedJobs
	Worked bool     // some process does jobs at the moment
}

// Count is how many jobs of one queue are in one state.
type Count struct {
	Queue string     `db:"queue"`
	State string     `db:"state"` // in River's words: available, running, retryable, …
	Jobs  int64      `db:"jobs"`
	Since *time.Time `db:"since"` // for what is available: when the oldest was due
}

// Failed is a job whose last attempt failed. What failed is a Class, never the
// error's own words: those may repeat what a customer's server or mail said.
// The log has them under the job's number.
type Failed struct {
	ID       int64
	Kind     string
	State    string // retryable: it is tried again; discarded: it never is; cancelled: trying again would not help
	Attempts int
	Allowed  int       // attempts in all
	At       time.Time // of the last failure
	Next     time.Time // of the next attempt; zero when there is none
	Class    Class
	Code     string // of a Database error: its five characters (SQLSTATE)
}

// Class is what sort of error ended an attempt.
type Class string

// The classes.
const (
	Panicked Class = "panicked" // a fault of the program
	Lost     Class = "lost"     // its process ended, or did not answer
	Unknown  Class = "unknown"  // no program that runs knows the kind
	Refused  Class = "refused"  // what it was about is gone or not as it should be
	Database Class = "database"
	TimedOut Class = "timed out"
	Network  Class = "network"
	Other    Class = "other"
)

var (
	sqlState = regexp.MustCompile(`\(SQLSTATE ([0-9A-Z]{5})\)`)
	overTime = regexp.MustCompile(`deadline exceeded|i/o timeout`)
	network  = regexp.MustCompile(`dial tcp|connection re(fused|set)|no such host|broken pipe|tls: `)
)

// classify sorts the words that were stored with a failure.
func classify(state, words, trace string) (class Class, code string) {
	switch {
	case trace != "":
		return Panicked, ""
	case strings.HasPrefix(words, "Stuck job rescued"):
		return Lost, ""
	case strings.HasPrefix(words, "job kind is not registered"):
		return Unknown, ""
	case state == "cancelled":
		return Refused, ""
	case sqlState.MatchString(words):
		return Database, sqlState.FindStringSubmatch(words)[1]
	case overTime.MatchString(words):
		return TimedOut, ""
	case network.MatchString(words):
		return Network, ""
	}
	return Other, ""
}

// failedJobs bounds the list of them.
const failedJobs = 50

// Status tells how the queue is, for whoever runs the installation.
func (q *Queue) Status(ctx context.Context) (Status, error) {
	var s Status
	b := &pgx.Batch{}
	b.Queue(`SELECT EXISTS (SELECT FROM river.river_leader WHERE expires_at > now())`).QueryRow(func(row pgx.Row) error { return row.Scan(&s.Worked) })
	b.Queue(`SELECT queue, state::text AS state, count(*) AS jobs, min(scheduled_at) FILTER (WHERE state = 'available') AS since
		FROM river.river_job GROUP BY queue, state ORDER BY queue, state`).Query(func(rows pgx.Rows) (err error) {
		s.Counts, err = pgx.CollectRows(rows, pgx.RowToStructByName[Count])
		return err
	})
	b.Queue(`SELECT id, kind, state::text, attempt, max_attempts, scheduled_at, coalesce(e->>'at', ''), coalesce(e->>'error', ''), coalesce(e->>'trace', '')
		FROM river.river_job CROSS JOIN LATERAL (SELECT errors[array_upper(errors, 1)]) last (e)
		WHERE state IN ('retryable', 'discarded', 'cancelled') AND errors IS NOT NULL
		ORDER BY e->>'at' DESC, id DESC LIMIT $1`, failedJobs).Query(func(rows pgx.Rows) (err error) {
		s.Failed, err = pgx.CollectRows(rows, scanFailed)
		return err
	})
	if err := q.pool.SendBatch(ctx, b).Close(); err != nil {
		return s, fmt.Errorf("status of the queue: %w", err)
	}
	return s, nil
}

func scanFailed(row pgx.CollectableRow) (f Failed, err error) {
	var at, words, trace string
	if err := row.Scan(&f.ID, &f.Kind, &f.State, &f.Attempts, &f.Allowed, &f.Next, &at, &words, &trace); err != nil {
		return f, err
	}
	f.Class, f.Code = classify(f.State, words, trace)
	if f.State != "retryable" {
		f.Next = time.Time{}
	}
	f.At, err = time.Parse(time.RFC3339Nano, at)
	return f, err
}
