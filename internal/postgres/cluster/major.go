package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// dataDir is the data folder of a major version: one version's server cannot
// open another's.
func dataDir(home string, major int) string {
	return filepath.Join(home, "pg"+strconv.Itoa(major))
}

// Fit returns the server programs for the data in home: those found, unless
// home holds the data of another version only. Then that version's are used
// when they are on this machine, and anything else is refused: a new and empty
// database beside the old one would look as if everything was lost.
func Fit(ctx context.Context, home string, found Binaries, getenv func(string) string) (Binaries, error) {
	majors, err := majorsIn(home)
	if err != nil {
		return Binaries{}, err
	}
	if len(majors) == 0 || slices.Contains(majors, found.Major) {
		return found, nil
	}
	major := majors[len(majors)-1]
	if len(majors) == 1 && getenv("PG_BIN") == "" { // a PG_BIN is never passed over
		for _, dirs := range append(places(), []string{npmBin(home)}) {
			for _, dir := range dirs {
				if b, err := inspect(ctx, dir); err == nil && b.Major == major {
					return b, nil
				}
			}
		}
	}
	return Binaries{}, fmt.Errorf("the data in %s is PostgreSQL %d's, and the server here (%s) is PostgreSQL %d, which cannot read it: "+
		"install PostgreSQL %d to go on with it or to dump it, or set DATA_DIR to a new folder to start empty",
		dataDir(home, major), major, found.Dir, found.Major, major)
}

var dataName = regexp.MustCompile(`^pg(\d+)$`)

// majorsIn lists the versions that home holds data of, in rising order.
func majorsIn(home string) ([]int, error) {
	entries, err := os.ReadDir(home)
	if err != nil {
		return nil, err
	}
	var majors []int
	for _, e := range entries {
		m := dataName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		major, err := strconv.Atoi(m[1])
		if err != nil {
			continue // no version has so many digits
		}
		if _, err := os.Stat(filepath.Join(home, e.Name(), "PG_VERSION")); err == nil {
			majors = append(majors, major)
		}
	}
	slices.Sort(majors)
	return majors, nil
}
