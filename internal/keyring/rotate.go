package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
)

// Run is a rotation: every value is sealed again with one key. It works in
// slices, can stop after any of them and goes on where it was.
type Run struct {
	Key        string // id of the key that seals
	StartedAt  time.Time
	AdvancedAt time.Time
	FinishedAt *time.Time // nil: it has not come to its end
	Total      int64      // values that were sealed with another key when it began
	Done       int64
	Failed     int64  // that could not be opened, and stay as they are
	Failure    string // the first of them, and why; may be empty
	At         position
}

// position is how far a run has come.
type position struct{ Column, Org, Row string }

// Rotation is the job that carries a run to its end.
type Rotation struct {
	Key string `json:"key"`
}

// Kind implements work.Args.
func (Rotation) Kind() string { return "rotate_keys" }

// Bounds of the work at a time.
const (
	perSlice  = 100
	jobTime   = 20 * time.Second
	otherKeys = time.Minute // until a process with other keys leaves the job to another
)

// Rotate begins to seal everything with the first key of the ring, or goes on
// with it. The job that it leaves behind does the work; so does Advance.
func (s *Service) Rotate(ctx context.Context) (Run, error) {
	key := s.Ring.IDs()[0]
	uses, err := s.Uses(ctx)
	if err != nil {
		return Run{}, err
	}
	total := int64(0)
	for _, u := range uses {
		if u.Key != key {
			total += int64(u.Values)
		}
	}
	var run Run
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		began, err := start(ctx, tx, key, total, s.Now())
		if err != nil {
			return err
		}
		if run, err = runOf(ctx, tx, key); err != nil {
			return err
		}
		if err := s.Queue.Enqueue(ctx, tx, Rotation{Key: key}, work.Once()); err != nil || !began || total == 0 {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Action: "key.rotate", Subject: key, At: s.Now()})
	})
	return run, err
}

// Runs returns all rotations, the latest first.
func (s *Service) Runs(ctx context.Context) (list []Run, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		list, err = runs(ctx, tx)
		return err
	})
	return list, err
}

// Work does a Rotation job. A process that has other keys, because it was not
// started anew yet, leaves it to another.
func (s *Service) Work(ctx context.Context, job Rotation) error {
	if s.Ring.IDs()[0] != job.Key {
		return work.Again(otherKeys)
	}
	for began := s.Now(); s.Now().Sub(began) < jobTime; {
		run, err := s.Advance(ctx)
		if err != nil || run.FinishedAt != nil {
			return err
		}
	}
	return work.Again(0)
}

// Advance does a slice of the run that Rotate began, and returns how far it has
// come. Several may do so at once: it costs them time and nothing else.
func (s *Service) Advance(ctx context.Context) (Run, error) {
	var run Run
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		run, err = runOf(ctx, tx, s.Ring.IDs()[0])
		return err
	})
	if err != nil || run.FinishedAt != nil {
		return run, err
	}
	column, values, err := s.next(ctx, run.At)
	if err != nil {
		return run, err
	}
	step := step{from: run.At, to: run.At, at: s.Now(), last: len(values) == 0}
	for _, v := range values {
		if err := s.pass(ctx, column, v, &step); err != nil {
			return run, err
		}
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		if err := advance(ctx, tx, run.Key, step); err != nil {
			return err
		}
		run, err = runOf(ctx, tx, run.Key)
		return err
	})
	return run, err
}

// step is what a slice did.
type step struct {
	from, to     position
	at           time.Time
	done, failed int64
	failure      string
	last         bool // there was nothing more
}

// pass seals one value again and moves the step behind it.
func (s *Service) pass(ctx context.Context, c Column, v value, step *step) error {
	changed, err := s.reseal(ctx, c, v)
	switch {
	case errors.Is(err, seal.ErrUnknownKey), errors.Is(err, seal.ErrNotOpened):
		if step.failed++; step.failure == "" {
			step.failure = err.Error()
		}
	case err != nil:
		return err
	case changed:
		step.done++
	}
	step.to = position{Column: c.String(), Row: v.Row}
	if v.Org != nil {
		step.to.Org = v.Org.String()
	}
	return nil
}

// next returns the next values that are sealed with another key than the
// first; none when there are no more.
func (s *Service) next(ctx context.Context, at position) (c Column, values []value, err error) {
	begin := 0
	if at.Column != "" {
		begin = slices.IndexFunc(s.Columns, func(c Column) bool { return c.String() == at.Column })
		if begin < 0 {
			return c, nil, fault.New(fault.Internal, fmt.Sprintf("a rotation stands in %s, which is not a sealed column of this version", at.Column))
		}
	}
	for _, c = range s.Columns[begin:] {
		if c.String() != at.Column {
			at = position{}
		}
		err = s.read(ctx, c, func(ctx context.Context, tx postgres.Tx) error {
			values, err = others(ctx, tx, c, s.Ring.Prefix(), at, perSlice)
			return err
		})
		if err != nil || len(values) > 0 {
			return c, values, err
		}
	}
	return c, nil, nil
}
