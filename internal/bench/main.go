// Command bench measures what the product promises about speed and size and
// prints one table. Every figure stands beside a baseline measured in the same
// run, because the absolute ones say more about the machine. Without arguments
// it measures everything, which takes an hour; pages alone makes millions of rows
// first, and keeps them for the next time where BENCH_HOME says so.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, chosen []string, out io.Writer) error {
	t := &table{out: out}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *table) error
	}{{"read", read}, {"memory", memory}, {"ingest", ingest}, {"growth", growth}, {"mailbox", firstImport}, {"audit", trail}, {"pages", pages}} {
		if len(chosen) > 0 && !slices.Contains(chosen, part.name) {
			continue
		}
		if err := part.measure(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
