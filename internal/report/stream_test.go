package report

import (
	"maps"
	"slices"
	"testing"
)

// What was written of a large report must not be held until its end, but the
// rows of reports before it still need their results.
func TestCutForgetsWhatOnlyTheRowsCutAwayName(t *testing.T) {
	t.Parallel()
	g := &group{rows: []row{{auth: 1}, {auth: 2}, {auth: 2}, {auth: 3}}, dictionary: map[int64]said{1: {}, 2: {}, 3: {}, 4: {}}}
	p := &pending{from: 2, to: 4}
	g.cut(p)
	if left := slices.Sorted(maps.Keys(g.dictionary)); len(g.rows) != 2 || p.to != 2 || !slices.Equal(left, []int64{1, 2}) {
		t.Errorf("%d rows to %d, results %v", len(g.rows), p.to, left)
	}
}
