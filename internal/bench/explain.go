package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// explainSlow prints how PostgreSQL carries out the slowest statements, when
// BENCH_SLOW says from how many milliseconds on a statement is slow.
func (h *crowdHouse) explainSlow(ctx context.Context) error {
	from, err := strconv.ParseFloat(os.Getenv("BENCH_SLOW"), 64)
	if err != nil {
		return nil //nolint:nilerr // nobody asks
	}
	kept := h.statements.slowest
	sorted := slices.SortedFunc(maps.Keys(kept), func(a, b string) int { return cmp.Compare(kept[b].took, kept[a].took) })
	for _, sql := range sorted {
		s := kept[sql]
		if s.took.Seconds()*1000 < from {
			break
		}
		fmt.Fprintf(os.Stderr, "\n=== %s ===\n%s\n%v\n", s.took.Round(time.Millisecond), sql, s.args)
		if err := h.explain(ctx, sql, s.args); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return nil
}

// explain prints the plan of a statement, carried out as the app's role would.
func (h *crowdHouse) explain(ctx context.Context, sql string, args []any) error {
	tx, err := h.admin.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	var org any
	for _, a := range args {
		if named, ok := a.(pgx.NamedArgs); ok {
			org = named["org"]
		}
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('sendvery.org_id', $1, true)`, fmt.Sprint(org)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL ROLE sendvery_app`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL jit = off`); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) `+sql, args...)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, l := range lines {
		fmt.Fprintln(os.Stderr, l)
	}
	return err
}
