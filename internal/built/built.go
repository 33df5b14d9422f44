// Package built builds the real program and runs it, for tests and for
// measurements.
package built

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sendvery.com/sendvery/web"
)

// Program builds the program of the repository at root into dir and returns its
// path. It is the one that people get, without the race detector.
func Program(ctx context.Context, root, dir string) (path string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "sendvery")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/sendvery")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program does not build: %w\n%s", err, out)
	}
	return path, nil
}

// Main builds the program of the repository at root, runs tests on it and
// returns the exit code of both. What the tests may use is in path by then.
func Main(tests interface{ Run() int }, root string, path *string) (code int) {
	run := func() (code int, err error) {
		if err := web.Check(); err != nil {
			return 1, err // says how to build them
		}
		dir, err := os.MkdirTemp("", "sendvery-bin-")
		if err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if *path, err = Program(context.Background(), root, dir); err != nil {
			return 1, err
		}
		return tests.Run(), nil
	}
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
