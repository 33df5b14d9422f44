package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres/cluster"
)

// visitsPerPage is how many random filters each page is asked for.
const visitsPerPage = 200

// crowdSizes are the millions of rows that pages are measured at; BENCH_ROWS
// names others, such as 1,5.
func crowdSizes() (sizes []int, err error) {
	list := os.Getenv("BENCH_ROWS")
	if list == "" {
		list = "1,5,20"
	}
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("BENCH_ROWS holds millions of rows, such as 1,5,20, not %q", word)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// pages measures how long pages take at several sizes of the database, and what
// PostgreSQL takes for the sums behind them.
func pages(ctx context.Context, t *table) error {
	sizes, err := crowdSizes()
	if err != nil {
		return err
	}
	server, end, err := crowdServer(ctx)
	if err != nil {
		return err
	}
	var before map[string]float64 // p95 at the smallest size
	for _, millions := range sizes {
		h, err := openCrowd(ctx, server, millions)
		if err != nil {
			return errors.Join(err, end())
		}
		at, err := h.measure(ctx, t, before)
		if before == nil {
			before = at
		}
		if err == nil {
			err = h.inPostgres(ctx, t)
		}
		if err = errors.Join(err, h.close(ctx)); err != nil {
			return errors.Join(err, end())
		}
	}
	return end()
}

// crowdServer starts PostgreSQL for the crowds: below BENCH_HOME, where they
// are kept, or in a folder that goes with it.
func crowdServer(ctx context.Context) (server *cluster.Cluster, end func() error, err error) {
	binaries, err := dbtest.Binaries(ctx)
	if err != nil {
		return nil, nil, err
	}
	dir := os.Getenv("BENCH_HOME")
	keep := dir != ""
	if !keep {
		if dir, err = os.MkdirTemp("", "sendvery-bench-"); err != nil {
			return nil, nil, err
		}
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the user that PostgreSQL runs as must be able to enter
			return nil, nil, err
		}
	}
	home, err := cluster.Home(dir)
	if err != nil {
		return nil, nil, err
	}
	if server, err = cluster.Start(ctx, cluster.Options{Home: home, Binaries: binaries}); err != nil {
		return nil, nil, err
	}
	return server, func() error {
		if err := server.Stop(); err != nil || keep {
			return err
		}
		return os.RemoveAll(dir) //nolint:gosec // made above, or named by whoever runs this
	}, nil
}

// measure asks for every page, and compares with a smaller database.
func (h *crowdHouse) measure(ctx context.Context, t *table, before map[string]float64) (map[string]float64, error) {
	places, err := h.places(ctx)
	if err != nil {
		return nil, err
	}
	at := map[string]float64{}
	for _, p := range pagesMeasured {
		took, queries, err := h.visit(ctx, p, visitsPerPage, func(r *rand.Rand) watched { return places.anywhere[r.IntN(len(places.anywhere))] })
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%s, %d M rows", p.name, h.millions)
		at[p.name] = p95(took)
		t.row(row{figure: name + ", p95", value: at[p.name], baseline: 100, unit: fmt.Sprintf("ms, median %s, up to %d queries", number(median(took)), queries), against: "as promised", share: true})
		if small, ok := before[p.name]; ok {
			t.row(row{figure: name + " against fewest", value: at[p.name], baseline: small, unit: "ms", against: "p95 at the smallest size"})
		}
		if !p.ofDomain {
			many, _, err := h.visit(ctx, p, visitsPerPage/4, func(*rand.Rand) watched { return places.agency })
			if err != nil {
				return nil, err
			}
			t.row(row{figure: name + ", agency", value: p95(many), baseline: 100, unit: fmt.Sprintf("ms, median %s; %d domains", number(median(many)), places.agency.Domains), against: "as promised", share: true})
			continue
		}
		big, _, err1 := h.visit(ctx, p, visitsPerPage, func(*rand.Rand) watched { return places.largest })
		mid, _, err2 := h.visit(ctx, p, visitsPerPage, func(*rand.Rand) watched { return places.median })
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		t.row(row{figure: name + ", largest domain", value: p95(big), baseline: p95(mid), unit: "ms", against: fmt.Sprintf("p95 of the median domain (%d rows of %d)", places.median.Rows, places.largest.Rows)})
	}
	h.plans.print(os.Stderr)
	return at, nil
}

// visit asks for a page under random filters, each once to warm up, and
// returns how many milliseconds each took, and the most queries of any.
func (h *crowdHouse) visit(ctx context.Context, p page, n int, of func(*rand.Rand) watched) (took []float64, queries int, err error) {
	r := rand.New(rand.NewPCG(1, uint64(len(p.name))))
	for range n {
		d := of(r)
		path := p.path(d, r)
		if err := h.send(ctx, http.MethodGet, path, nil); err != nil {
			return nil, 0, err
		}
		h.statements.take()
		start := time.Now()
		if err := h.send(ctx, http.MethodGet, path, nil); err != nil {
			return nil, 0, err
		}
		ms := time.Since(start).Seconds() * 1000
		list := h.statements.take()
		took, queries = append(took, ms), max(queries, len(list))
		if err := h.plans.look(ctx, h.admin, p.name, path, ms, list); err != nil {
			return nil, 0, err
		}
	}
	return took, queries, nil
}

// p95 is what 95 of 100 stay within.
func p95(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)*95/100]
}
