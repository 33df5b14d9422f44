// Package archtest holds the drawing of the house: which package stands on
// which floor, who may import whom, and where each outside technology lives.
// internal/README.md says it in words.
package archtest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestHouse(t *testing.T) {
	t.Parallel()
	files := readHouse(t, "../..")
	if len(files) < 100 {
		t.Fatalf("only %d Go files were found", len(files))
	}
	for _, problem := range slices.Concat(checkRooms(files), checkFiles(files)) {
		t.Error(problem)
	}
}

// checkRooms compares the drawing with the folders.
func checkRooms(files []file) (problems []string) {
	built := map[string]bool{}
	for _, f := range files {
		built[f.dir()] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(built)) {
		if _, ok := house[dir]; !ok {
			problems = append(problems, dir+" is not in the drawing: give it a floor in internal/archtest/drawing_test.go")
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(house)) {
		if !built[dir] {
			problems = append(problems, dir+" is in the drawing, but not in the tree")
		}
		if house[dir] == core && rank(dir) < 0 {
			problems = append(problems, dir+" is a slice core without a place in the order")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(systemCallers)) {
		if !slices.ContainsFunc(files, func(f file) bool { return f.name == name && f.names("InSystem") }) {
			problems = append(problems, name+" is listed as a caller of InSystem and calls it no more")
		}
	}
	return problems
}

// checkFiles checks each file against the rules.
func checkFiles(files []file) (problems []string) {
	for _, f := range files {
		for _, imported := range f.imports {
			if why := f.forbids(imported); why != "" {
				problems = append(problems, fmt.Sprintf("%s imports %s: %s", f.name, strings.TrimPrefix(imported, module), why))
			}
		}
		problems = append(problems, f.checkCalls()...)
	}
	return problems
}

// forbids says why the file may not import it, or nothing.
func (f file) forbids(imported string) string {
	if own, ok := strings.CutPrefix(imported, module); ok {
		return f.forbidsOwn(own)
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return f.forbidsOutside(imported)
	}
	if f.floor() == ground && !f.test() && !pure[imported] {
		for _, p := range impure {
			if within(imported, p) {
				return "the ground is pure"
			}
		}
	}
	return ""
}

// forbidsOwn judges a package of this module.
func (f file) forbidsOwn(imported string) string {
	from, to := f.dir(), house[imported]
	switch {
	case to == command || to == tool:
		return "it is a program"
	case f.test():
		return "" // a test may stand on anything that is below its package or supports it; the compiler forbids circles
	case to == support && f.floor() != support:
		return "it supports tests only"
	case to == development && f.floor() != roof && f.floor() != development:
		return "it is for development; only the roof may import it"
	case f.floor() >= development:
		return ""
	case to > f.floor() && to != development:
		return "it stands on a higher floor"
	case f.floor() == core && to == core && rank(imported) >= rank(from):
		return "it does not come before it in the order of slices"
	case f.floor() == pages && to == pages && imported != from:
		return "pages of slices do not import one another"
	case f.floor() == command && to == pages:
		return "pages are the roof's"
	}
	return ""
}

// forbidsOutside judges a package of another module.
func (f file) forbidsOutside(imported string) string {
	if f.test() {
		return ""
	}
	for tech, places := range technologies {
		if !within(imported, tech) {
			continue
		}
		for _, place := range places {
			if matches(place, f.name) || matches(place, f.dir()) {
				return ""
			}
		}
		return tech + " is used in " + strings.Join(places, ", ") + " only"
	}
	return "the drawing does not say where this library may be used"
}

// checkCalls judges what the file names.
func (f file) checkCalls() (problems []string) {
	if f.test() {
		return nil
	}
	clockless := f.floor() == ground || f.floor() == core || f.floor() == pages || f.floor() == look
	for _, c := range f.calls {
		allowed, losing := imapLosses[c.name]
		switch {
		case clockless && c.on == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep"}, c.name):
			problems = append(problems, f.name+" asks the clock with time."+c.name+": the clock is passed in")
		case c.name == "InSystem" && systemCallers[f.name] == "" && f.dir() != "internal/postgres":
			problems = append(problems, f.name+" calls InSystem and is not among its callers in the drawing")
		case losing && f.name != allowed && slices.ContainsFunc(f.imports, isIMAP):
			problems = append(problems, f.name+" calls the IMAP client's "+c.name+", which loses mail")
		}
	}
	return problems
}

func isIMAP(imported string) bool { return strings.Contains(imported, "/go-imap/") }

func (f file) names(name string) bool {
	return slices.ContainsFunc(f.calls, func(c call) bool { return c.name == name })
}

// within reports whether a package is the other or stands below it.
func within(pkg, other string) bool { return pkg == other || strings.HasPrefix(pkg, other+"/") }

// rank is the line of a slice core in the order, -1 without one.
func rank(dir string) int {
	return slices.IndexFunc(order, func(line []string) bool { return slices.Contains(line, dir) })
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
