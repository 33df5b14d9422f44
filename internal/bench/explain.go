package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// plans are how PostgreSQL carries out statements of slow pages, each at its
// slowest. BENCH_SLOW says from how many milliseconds on a page is slow; without
// it nobody asks.
type plans struct {
	from    float64
	of      map[string]plan
	slowest map[string]float64 // of each page so far
}

type plan struct {
	ms   float64
	path string
	args []any
	text string
}

func newPlans() *plans {
	from, _ := strconv.ParseFloat(os.Getenv("BENCH_SLOW"), 64)
	return &plans{from, map[string]plan{}, map[string]float64{}}
}

// look explains the statements of a page that took so many milliseconds, if no
// other of its kind was slower.
func (p *plans) look(ctx context.Context, admin *pgx.Conn, kind, path string, ms float64, list []statement) error {
	if p.from == 0 || ms < p.from || ms < p.slowest[kind] {
		return nil
	}
	p.slowest[kind] = ms
	for _, s := range list {
		if !strings.Contains(s.sql, "SELECT") {
			continue
		}
		found, err := explain(ctx, admin, s)
		if err != nil {
			return fmt.Errorf("explain %s: %w", s.sql, err)
		}
		if found.path = path; found.ms > p.of[s.sql].ms {
			p.of[s.sql] = found
		}
	}
	return nil
}

// print writes those that take a tenth of a slow page or more, the slowest first.
func (p *plans) print(out io.Writer) {
	for _, sql := range slices.SortedFunc(maps.Keys(p.of), func(a, b string) int { return cmp.Compare(p.of[b].ms, p.of[a].ms) }) {
		if found := p.of[sql]; found.ms > p.from/10 {
			fmt.Fprintf(out, "\n=== %.0f ms: %s\n%s\n%v\n%s\n", found.ms, found.path, sql, found.args, found.text)
		}
	}
}

// explain carries a statement out as the app's role did.
func explain(ctx context.Context, admin *pgx.Conn, s statement) (found plan, err error) {
	tx, err := admin.Begin(ctx)
	if err != nil {
		return found, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, set := range append(s.settings, statement{sql: `SELECT set_config('jit', 'off', true), set_config('role', 'sendvery_app', true)`}) {
		if _, err := tx.Exec(ctx, set.sql, set.args...); err != nil {
			return found, err
		}
	}
	rows, err := tx.Query(ctx, `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) `+s.sql, s.args...)
	if err != nil {
		return found, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return found, err
	}
	for _, l := range lines {
		for _, part := range []string{"Execution Time: %f", "Planning Time: %f"} {
			var ms float64
			if n, _ := fmt.Sscanf(l, part, &ms); n == 1 {
				found.ms += ms
			}
		}
	}
	found.args, found.text = s.args, strings.Join(lines, "\n")
	return found, nil
}
