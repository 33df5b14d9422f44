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
	slices.Sort(sizes)
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
	crowds, err := openCrowds(ctx, server, sizes)
	if err == nil {
		err = measurePages(ctx, t, crowds)
	}
	for _, h := range crowds {
		err = errors.Join(err, h.close(ctx))
	}
	return errors.Join(err, end())
}

// openCrowds opens those of several sizes; on an error it returns what is open.
func openCrowds(ctx context.Context, server databases, sizes []int) (crowds []*crowdHouse, err error) {
	for _, millions := range sizes {
		h, err := openCrowd(ctx, server, millions)
		if err != nil {
			return crowds, err
		}
		crowds = append(crowds, h)
	}
	return crowds, nil
}

func measurePages(ctx context.Context, t *table, crowds []*crowdHouse) error {
	for _, p := range pagesMeasured {
		if err := measure(ctx, t, p, crowds); err != nil {
			return err
		}
	}
	for _, h := range crowds {
		h.plans.print(os.Stderr)
		if err := h.inPostgres(ctx, t); err != nil {
			return err
		}
	}
	return nil
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

// visits are those to a page of some domains of a crowd.
type visits struct {
	crowd   *crowdHouse
	n       int
	of      func(*rand.Rand) watched
	took    []float64 // milliseconds
	queries int       // the most of any
}

// measure asks for a page of every crowd, and compares with the first, the smallest.
func measure(ctx context.Context, t *table, p page, crowds []*crowdHouse) error {
	all := make([][]*visits, len(crowds))
	for i, h := range crowds {
		at := func(w watched) func(*rand.Rand) watched { return func(*rand.Rand) watched { return w } }
		all[i] = []*visits{{crowd: h, n: visitsPerPage, of: func(r *rand.Rand) watched { return h.places.anywhere[r.IntN(len(h.places.anywhere))] }}}
		if p.ofDomain {
			all[i] = append(all[i], &visits{crowd: h, n: visitsPerPage, of: at(h.places.largest)}, &visits{crowd: h, n: visitsPerPage, of: at(h.places.median)})
		} else {
			all[i] = append(all[i], &visits{crowd: h, n: visitsPerPage / 4, of: at(h.places.agency)})
		}
	}
	if err := byTurns(ctx, p, slices.Concat(all...)); err != nil {
		return err
	}
	for i, h := range crowds {
		anywhere, one := all[i][0], all[i][1]
		name := fmt.Sprintf("%s, %d M rows", p.name, h.millions)
		t.row(row{figure: name + ", p95", value: p95(anywhere.took), baseline: 100, unit: fmt.Sprintf("ms, median %s, up to %d queries", number(median(anywhere.took)), anywhere.queries), against: "as promised", share: true})
		if i > 0 {
			t.row(row{figure: name + " against fewest", value: p95(anywhere.took), baseline: p95(all[0][0].took), unit: "ms", against: "p95 at the smallest size"})
		}
		if p.ofDomain {
			t.row(row{figure: name + ", largest domain", value: p95(one.took), baseline: p95(all[i][2].took), unit: "ms", against: fmt.Sprintf("p95 of the median domain (%d rows of %d)", h.places.median.Rows, h.places.largest.Rows)})
		} else {
			t.row(row{figure: name + ", agency", value: p95(one.took), baseline: 100, unit: fmt.Sprintf("ms, median %s; %d domains", number(median(one.took)), h.places.agency.Domains), against: "as promised", share: true})
		}
	}
	return nil
}

// byTurns asks for a page under random filters, each once to warm up: all
// visits in turn, beginning with another one each time, so that whatever slows
// the machine down slows all of them.
func byTurns(ctx context.Context, p page, all []*visits) error {
	random := make([]*rand.Rand, len(all))
	for i := range all {
		random[i] = rand.New(rand.NewPCG(1, uint64(len(p.name))))
	}
	for turn := range visitsPerPage {
		for k := range all {
			i := (turn + k) % len(all)
			v := all[i]
			if turn*v.n/visitsPerPage == (turn+1)*v.n/visitsPerPage {
				continue
			}
			if err := v.one(ctx, p, p.path(v.of(random[i]), random[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

// one asks for a page twice, and notes how long the second time took.
func (v *visits) one(ctx context.Context, p page, path string) error {
	h := v.crowd
	if err := h.send(ctx, http.MethodGet, path, nil); err != nil {
		return err
	}
	h.statements.take()
	start := time.Now()
	if err := h.send(ctx, http.MethodGet, path, nil); err != nil {
		return err
	}
	ms := time.Since(start).Seconds() * 1000
	list := h.statements.take()
	v.took, v.queries = append(v.took, ms), max(v.queries, len(list))
	return h.plans.look(ctx, h.admin, p.name, path, ms, list)
}

// p95 is what 95 of 100 stay within.
func p95(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)*95/100]
}
