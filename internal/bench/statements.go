package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// statements counts what a page asks the database, without what only sets the
// scope of a transaction, and keeps the slowest.
type statements struct {
	mu      sync.Mutex
	n       int
	last    time.Time
	slowest map[string]slow
}

// slow is a statement at its slowest.
type slow struct {
	took time.Duration // until its result was read
	args []any
}

var (
	_ pgx.QueryTracer = (*statements)(nil)
	_ pgx.BatchTracer = (*statements)(nil)
)

// reset begins to count anew, and returns how many there were.
func (s *statements) reset() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.n
	s.n = 0
	return n
}

func (s *statements) count(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(sql)), " ")
	switch word {
	case "begin", "commit", "rollback":
		return
	}
	if !strings.HasPrefix(sql, "select set_config") {
		s.n++
	}
}

// done notes a statement that took since the last one.
func (s *statements) done(sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := time.Since(s.last)
	if s.slowest == nil {
		s.slowest = map[string]slow{}
	}
	if took > s.slowest[sql].took {
		s.slowest[sql] = slow{took, args}
	}
	s.last = time.Now()
}

func (s *statements) begin() {
	s.mu.Lock()
	s.last = time.Now()
	s.mu.Unlock()
}

type statementKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.count(data.SQL)
	s.begin()
	return context.WithValue(ctx, statementKey{}, data)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (s *statements) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if data, ok := ctx.Value(statementKey{}).(pgx.TraceQueryStartData); ok {
		s.done(data.SQL, data.Args)
	}
}

// TraceBatchStart implements pgx.BatchTracer.
func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	s.begin()
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.count(data.SQL)
	s.done(data.SQL, data.Args)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
