package main

import (
	"fmt"
	"io"
	"slices"
)

// table prints its rows as they come.
type table struct {
	out    io.Writer
	headed bool
}

// row is one figure beside its baseline.
type row struct {
	figure          string
	value, baseline float64
	unit            string
	against         string  // what the baseline is
	wanted          float64 // least ratio; or, where atMost, greatest difference
	atMost          bool
	share           bool // the value says it all
}

func (t *table) row(r row) {
	if !t.headed {
		t.headed = true
		fmt.Fprintf(t.out, "%-52s %12s %12s %10s %10s  %s\n", "figure", "measured", "baseline", "compared", "wanted", "unit; baseline")
	}
	compared, wanted := fmt.Sprintf("× %.2f", r.value/r.baseline), fmt.Sprintf("≥ × %.1f", r.wanted)
	if r.atMost {
		compared, wanted = fmt.Sprintf("+ %.1f", r.value-r.baseline), fmt.Sprintf("≤ + %.0f", r.wanted)
	}
	if r.share {
		compared = "–"
	}
	if r.wanted == 0 {
		wanted = "–"
	}
	fmt.Fprintf(t.out, "%-52s %12s %12s %10s %10s  %s; %s\n", r.figure, number(r.value), number(r.baseline), compared, wanted, r.unit, r.against)
}

// number keeps three digits of small figures.
func number(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
