package archtest

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// headings of the map, for the floors whose packages it lists.
var headings = map[floor]string{
	ground:      "Ground",
	machinery:   "Machinery",
	core:        "Slice cores",
	pages:       "Slices' pages",
	roof:        "Roof",
	development: "Development and tests",
	support:     "Development and tests",
	tool:        "Development and tests",
}

var mapLine = regexp.MustCompile("^- `([a-z0-9/]+)` ")

// TestMap checks that internal/README.md lists the packages of the drawing,
// each under its floor.
func TestMap(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, dir := range slices.Sorted(maps.Keys(house)) {
		if name, ok := strings.CutPrefix(dir, "internal/"); ok {
			want = append(want, headings[house[dir]]+": "+name)
		}
	}
	heading := ""
	for line := range strings.Lines(string(content)) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			heading, _, _ = strings.Cut(strings.TrimSpace(title), ":")
		} else if strings.HasPrefix(line, "## ") {
			heading = ""
		}
		if m := mapLine.FindStringSubmatch(line); m != nil && heading != "" {
			got = append(got, heading+": "+m[1])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("internal/README.md lacks the line of %q", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("internal/README.md lists %q, which is not in the drawing", line)
		}
	}
}
