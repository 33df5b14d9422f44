package cluster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/postgres/cluster"
)

// pretend puts programs into a folder that only tell their version.
func pretend(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %d.1'\n", name, major)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// homeWith is a home with the data of versions.
func homeWith(t *testing.T, majors ...int) string {
	t.Helper()
	home := t.TempDir()
	for _, m := range majors {
		dir := filepath.Join(home, fmt.Sprintf("pg%d", m))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), fmt.Appendf(nil, "%d\n", m), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What is no data folder does not count.
	for _, name := range []string{"pg99", "pg98.new", "pg"} {
		if err := os.Mkdir(filepath.Join(home, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

func TestServerFitsTheDataThatIsThere(t *testing.T) {
	old := pretend(t, 41)
	found := cluster.Binaries{Dir: pretend(t, 44), Major: 44}
	t.Setenv("PATH", old+string(os.PathListSeparator)+os.Getenv("PATH"))
	bin := ""
	getenv := func(name string) string { return map[string]string{"PG_BIN": bin}[name] }
	for name, c := range map[string]struct {
		majors []int
		bin    string
		want   int // 0 = refused
	}{
		"nothing yet":                  {nil, "", 44},
		"its own":                      {[]int{44}, "", 44},
		"its own beside an old one":    {[]int{41, 44}, "", 44},
		"an old one that can be run":   {[]int{41}, "", 41},
		"an old one, another is named": {[]int{41}, found.Dir, 0},
		"one that cannot be run":       {[]int{42}, "", 0},
		"a newer one":                  {[]int{45}, "", 0},
		"two others":                   {[]int{41, 42}, "", 0},
	} {
		bin = c.bin
		home := homeWith(t, c.majors...)
		b, err := cluster.Fit(t.Context(), home, found, getenv)
		if c.want > 0 {
			if err != nil || b.Major != c.want {
				t.Errorf("%s: %v, %v, want version %d", name, b, err, c.want)
			}
			continue
		}
		major := c.majors[len(c.majors)-1]
		for _, want := range []string{filepath.Join(home, fmt.Sprintf("pg%d", major)), "PostgreSQL 44", fmt.Sprintf("install PostgreSQL %d", major), "dump", "DATA_DIR"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}
